#pragma once

#include "charge/charge_weights.hpp"
#include "inference/tile_circuit.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// What tiles that compute in charge are made of.
struct ChargeTiles {
    ChargeArrayDesign design;
    double supply = 0.8;    ///< [V] of a row at 1
    std::uint64_t seed = 1; ///< of mismatch, injected charge and noise, which are keyed by tile
};

/// One tile's arrays and its place in the layer.
struct ChargeTile {
    Tile place;
    std::uint32_t number = 0; ///< within the network
    ChargeArray array;
};

/// A layer on arrays of capacitors: its weights, rounded, and what was made of them.
struct ChargeLayer {
    LayerPartition partition;
    bool row_pairs = false;
    ChargeWeights weights; ///< [columns of all outputs x rows]; the bias is the last row
    std::vector<ChargeTile> tiles;
};

/// Makes the arrays of a network. Single-ended drive takes two columns for every output.
/// @throws InputError unless there is one partition for each layer; or as make_charge_array().
std::vector<ChargeLayer> charge_layers(const Network& network, std::span<const LayerPartition> partitions,
                                       const ChargeTiles& tiles, RowSigns signs);

/// An array as one linear map of its outputs: each of its columns, or the differences of pairs of them.
LayerResponse output_map(const ChargeResponse& response, ChargeDrive drive);

/// The layers of a network for what stands around tiles. A weighted sum in volts is that of the design's capacitors, parasitics included, without
/// mismatch. Without `power` maps have no energy.
std::vector<TiledLayer> charge_tiles(std::span<const ChargeLayer> layers, const ChargeTiles& tiles,
                                     bool power);

} // namespace ohmloom
