#pragma once

#include "inference/charge_tiles.hpp"
#include "inference/mixed_signal.hpp"

#include <span>
#include <variant>

namespace ohmloom {

/// What resistive tiles are made of.
struct ResistiveTiles {
    ConductanceWindow window{1.0 / 15e3, 1.0 / 5e3};
    NetworkCircuit circuit; ///< with one gain per layer
};

/// What the tiles between a network's converters are made of.
using TileDesign = std::variant<ResistiveTiles, ChargeTiles>;

/// The layers of a network as tiles of a design. @throws InputError as resistive_tiles() or charge_layers().
std::vector<TiledLayer> make_tiles(const TileDesign& design, const Network& network,
                                   std::span<const LayerPartition> partitions, RowSigns signs,
                                   const SolveOptions& options, bool power);

/// Voltage of a row at 1. [V]
double full_voltage(const TileDesign& design);

/// Makes the tiles of a network and puts converters around them, see build_mixed() for these.
MixedNetwork build_mixed(const Network& network, std::span<const LayerPartition> partitions,
                         const TileDesign& design, const MixedReadout& readout,
                         const Matrix<double>& calibration_inputs, const SolveOptions& options = {},
                         bool power = true);

} // namespace ohmloom
