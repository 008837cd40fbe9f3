#pragma once

#include "array/crossbar.hpp"
#include "inference/layer_response.hpp"
#include "readout/readout_stage.hpp"
#include "surrogate/tile_surrogate.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ohmloom {

/// A tile with its stages as a table has it, in the place of its circuit: outputs before drift is made up for. One of the two.
struct TileTable {
    std::optional<LayerResponse> map;       ///< of linear cells, with its power: exact
    std::optional<TileSurrogate> surrogate; ///< of others
    double residual = 0.0; ///< largest KCL residual of the operating points that it was made from
    bool converged = true; ///< all of them
    double error = 0.0;    ///< [V] largest on points that it was not made from
};

/// Tables by the tiles that they stand for.
struct TileTables {
    std::string file;                                                ///< where they are from, for messages
    std::map<std::string, std::shared_ptr<const TileTable>> by_tile; ///< by tile_fingerprint()
};

/// Names a tile by everything that decides its outputs: conductances, law, wires, drivers, stages. SHA-256 of their bits.
std::string tile_fingerprint(const Crossbar& crossbar, std::span<const StagePort> stages);

/// Puts tables in the place of all of a layer's circuits.
/// @throws InputError if a tile has none, naming it by its layer's number.
void use_tables(const TileTables& tables, std::size_t layer_number, LayerArrays& layer);

/// What stood in the place of a network's tiles.
struct TablesUsed {
    std::string file;
    Index tables = 0;   ///< distinct ones
    double error = 0.0; ///< [V] largest of theirs on points that they were not made from; 0 of exact maps
};
TablesUsed tables_used(const TileTables& tables, std::span<const LayerArrays> layers);

} // namespace ohmloom
