#pragma once

#include "solver/circuit_transient_options.hpp"
#include "solver/nodal_system.hpp"

namespace ohmloom {

/// `.tran`: the circuit in time.
///
///     operating point at t = 0, or initial values -> steps of try_step(), restarted at every corner of a source and
///     wherever a switch is thrown -> points accepted, and those of the output's grid between them
///
/// With `uic`, capacitors begin at their initial voltage, or else at that of the initial node voltages (0 where none is
/// given), inductors at their initial current; nodes without capacitance follow at t = 0+. Without it, nodes with an
/// initial voltage are held there during the operating point. Afterwards the circuit is where it was.
/// A step whose error does not fall with its length passes a jump and is accepted at the least length.
/// @throws InputError if the analysis or an option is out of range.
Waveforms transient(NodalSystem& system, const TransientAnalysis& analysis,
                    const CircuitTransientOptions& options);

} // namespace ohmloom
