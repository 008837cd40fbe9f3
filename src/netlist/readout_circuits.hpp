#pragma once

#include "base/matrix.hpp"
#include "circuit/circuit.hpp"
#include "readout/difference_stage.hpp"
#include "readout/neuron.hpp"

#include <string>

namespace ohmloom {

/// A read-out stage with ideal op-amps as a subcircuit with the ports i_plus, i_minus, out and power. Into `power` it
/// sends what its op-amps deliver, 1 A per W. Two ideal virtual grounds are one transimpedance amplifier of r_feedback
/// per line and the difference of the two.
Subcircuit stage_circuit(const std::string& name, const ReadoutStage& stage);

/// A neuron's transfer() as a subcircuit with the ports in and out: it draws no current, and out is an ideal source.
Subcircuit neuron_circuit(const std::string& name, const Neuron& neuron);

/// The arithmetic mean of voltages, as equal amplifiers' outputs tied together have it: ports in_0, in_1, … and out.
Subcircuit mean_circuit(const std::string& name, Index inputs);

} // namespace ohmloom
