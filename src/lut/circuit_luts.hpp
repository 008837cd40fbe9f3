#pragma once

#include "circuit/spice_deck.hpp"
#include "lut/refined_table.hpp"
#include "readout/neuron.hpp"
#include "readout/readout_stage.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// What a table of kind `curve` is of: a neuron's output `v_out` [V] over its input `v_in` [V].
RefinedFunction neuron_function(const Neuron& neuron, double v_low, double v_high);

/// Likewise: output `v_out` [V] and line potentials `v_plus`, `v_minus` [V] of a read-out stage over the currents `i_plus` and
/// `i_minus` [A] of its lines, within ±i_scale. Nominal stage, without its spread; it is linear, so that the corners are the whole table.
RefinedFunction stage_function(const ReadoutStage& stage, double i_scale);

/// A source of a deck and the range it takes.
struct SweptSource {
    std::string name;             ///< of the top circuit
    double low = 0.0, high = 0.0; ///< [V or A]
};

/// Likewise: the voltage of a node of any circuit over one or two of its sources, at operating points by the `mna` engine. Axes
/// and array have the names of sources and node.
/// The circuit must live as long as the function, which throws InputError if an operating point does not converge.
/// @throws InputError if a source or the node is none of the circuit's.
RefinedFunction circuit_function(const Circuit& circuit, const std::vector<SweptSource>& sources,
                                 const std::string& node);

} // namespace ohmloom
