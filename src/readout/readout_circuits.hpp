#pragma once

#include "base/matrix.hpp"
#include "circuit/circuit.hpp"
#include "readout/neuron.hpp"
#include "readout/readout_stage.hpp"

#include <string>

namespace ohmloom {

/// A read-out stage as a subcircuit with the ports i_plus, i_minus (not with one line per output), out and, unless it is left out, power.
/// Into `power` it sends what its amplifiers and offsets deliver, 1 A per W. `out` is an ideal source. A single line is I+, and what belongs to
/// I− is left out; a difference stage has two lines.
///
/// The circuits are those of ReadoutStage's table, ideal op-amps as in DifferenceStageCircuit. An integrator stands as what it is to
/// currents that do not change, as in StagePort: what it does in time is in netlists/integrator_stage.cir.
Subcircuit stage_circuit(const std::string& name, const ReadoutStage& stage, const StageSample& sample = {},
                         bool with_power = true, Index lines_per_output = 2);

/// A neuron's transfer() as a subcircuit with the ports in and out: it draws no current, and out is an ideal source.
Subcircuit neuron_circuit(const std::string& name, const Neuron& neuron);

/// The arithmetic mean of voltages, as equal amplifiers' outputs tied together have it: ports in_0, in_1, … and out.
Subcircuit mean_circuit(const std::string& name, Index inputs);

} // namespace ohmloom
