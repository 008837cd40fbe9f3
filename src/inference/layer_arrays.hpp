#pragma once

#include "inference/programmed_tile.hpp"
#include "inference/tile_response.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace ohmloom {

struct TileTable; // tile_table.hpp

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
        tables; ///< one per tile, in the place of its circuit; empty: none
    std::shared_ptr<ResultCache>
        shared; ///< where what it is made of, and its response, are kept for others; none: nowhere

    /// True if every array is one linear map.
    [[nodiscard]] bool is_linear() const;

    /// The read-out stages of a tile, counted within the layer.
    [[nodiscard]] std::vector<StagePort> stages_of(std::size_t tile) const;
};

/// One of a layer's tiles as a layer of its own.
LayerArrays single_tile(const LayerArrays& layer, std::size_t tile);

/// Builds and programs the arrays of a layer. `first_tile` numbers its first tile within the network: the number names the devices'
/// random numbers. With `shared`, tiles that others have programmed just so are not programmed again.
/// @throws InputError if a conductance of the plan is out of the device's reach or the circuit is not valid.
LayerArrays build_layer(const LayerPlan& layer, const ArrayCircuit& circuit, const DeviceUse& devices = {},
                        std::uint32_t first_tile = 0, const std::shared_ptr<ResultCache>& shared = {});

} // namespace ohmloom
