#pragma once

#include "inference/inference.hpp"
#include "inference/tile_circuit.hpp"

#include <vector>

namespace ohmloom {

/// The layers of a network as arrays of resistive cells with their read-out stages. Stages say what a weighted sum is in volts by the same
/// arrays without wires, devices and drivers' resistances. The plan must have direct polarity. Without `power` maps have no forms of it.
/// @throws InputError as build_network(); or if stages invert.
std::vector<TiledLayer> resistive_tiles(const Network& network, const Plan& plan,
                                        const NetworkCircuit& circuit, const SolveOptions& options,
                                        bool power);

} // namespace ohmloom
