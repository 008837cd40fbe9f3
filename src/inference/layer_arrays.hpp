#pragma once

#include "array/programming.hpp"
#include "inference/tile_response.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace ohmloom {

class ResultCache; // base/result_cache.hpp
struct TileTable;  // tile_table.hpp

/// What the cells of a network are made of.
struct DeviceUse {
    std::shared_ptr<const DeviceModel>
        model;                        ///< none: ohmic cells that have exactly the conductances of the plan
    ProgrammingOptions programming{}; ///< its `tile` is replaced by each tile's number
    /// Multiplies each tile's outputs by drift_compensation(): right for virtual grounds, whose outputs go with the conductances.
    bool compensate_drift = false;
};

/// The arrays of one layer as they are when images come: programmed, wired, with the loads of their stages.
struct LayerArrays {
    LayerPartition partition;
    Index rows = 0;    ///< inputs and the bias row
    Index outputs = 0; ///< of the layer
    ReadoutStage stage;
    std::uint32_t first_tile = 0; ///< number of the first tile within the network
    std::vector<Tile> tiles;
    std::vector<Crossbar> crossbars; ///< one per tile
    std::vector<double> scale;       ///< factor of each tile's outputs
    ConductanceError error;          ///< over all tiles
    std::vector<std::shared_ptr<const TileTable>>
        tables;                          ///< one per tile, in the place of its circuit; empty: none
    std::shared_ptr<ResultCache> shared; ///< where its response is kept for others; none: nowhere

    /// True if every array is one linear map.
    [[nodiscard]] bool is_linear() const;

    /// The read-out stages of a tile, counted within the layer.
    [[nodiscard]] std::vector<StagePort> stages_of(std::size_t tile) const;
};

/// One of a layer's tiles as a layer of its own.
LayerArrays single_tile(const LayerArrays& layer, std::size_t tile);

/// Builds and programs the arrays of a layer. `first_tile` numbers its first tile within the network: the number names the devices'
/// random numbers.
/// @throws InputError if a conductance of the plan is out of the device's reach or the circuit is not valid.
LayerArrays build_layer(const LayerPlan& layer, const ArrayCircuit& circuit, const DeviceUse& devices = {},
                        std::uint32_t first_tile = 0);

} // namespace ohmloom
