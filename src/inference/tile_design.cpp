#include "inference/tile_design.hpp"

#include "inference/resistive_tiles.hpp"

namespace ohmloom {

std::vector<TiledLayer> make_tiles(const TileDesign& design, const Network& network,
                                   std::span<const LayerPartition> partitions, RowSigns signs,
                                   const SolveOptions& options, bool power) {
    if (const auto* charge = std::get_if<ChargeTiles>(&design))
        return charge_tiles(charge_layers(network, partitions, *charge, signs), *charge, power);
    const auto& [window, circuit] = std::get<ResistiveTiles>(design);
    return resistive_tiles(network, make_plan(network, partitions, window, Polarity::direct, signs), circuit,
                           options, power);
}

double full_voltage(const TileDesign& design) {
    if (const auto* charge = std::get_if<ChargeTiles>(&design)) return charge->supply;
    return std::get<ResistiveTiles>(design).circuit.neuron.v_supply;
}

MixedNetwork build_mixed(const Network& network, std::span<const LayerPartition> partitions,
                         const TileDesign& design, const MixedReadout& readout,
                         const Matrix<double>& calibration_inputs, const SolveOptions& options, bool power) {
    return build_mixed(network, make_tiles(design, network, partitions, readout.signs, options, power),
                       full_voltage(design), readout, calibration_inputs, options);
}

} // namespace ohmloom
