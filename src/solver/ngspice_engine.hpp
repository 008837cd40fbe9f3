#pragma once

#include "solver/array_solver.hpp"

namespace ohmloom {

/// The golden reference: the array as a netlist, solved by the ngspice shared library. Shares no equation
/// with the other engines; currents are ngspice's branch currents, the residual is our own KCL check of its
/// node voltages.
///
/// The deck is loaded once and its sources altered for each input vector. ngspice's matrix package orders a
/// grid badly: good up to about 64x64 cells, minutes beyond. A point that ngspice finds no solution for is
/// reported as not converged, with NaN currents and residual. Contract as solve_array(), whose checks it
/// relies on.
/// @throws BackendError if ngspice is not installed or does not accept the netlist.
ArraySolution solve_array_ngspice(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options);

} // namespace ohmloom
