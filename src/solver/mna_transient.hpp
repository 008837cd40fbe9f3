#pragma once

#include "solver/array_transient.hpp"

namespace ohmloom {

/// Fills in a solution for arrays that are no chains, run by run, as transients of their circuits in `mna`.
///
/// The sources' corners are the drive's bends and the instants asked for; a jump after t = 0 takes 1e-9 of the run. Charges are voltages
/// of capacitors that copies of the sources' currents charge, so that they are as exact as the others. `residual` is the largest
/// imbalance of charge, in parts of what the largest line current carries in the whole run. Capacitors between sources and ground
/// take no part, as in solve_transient(). `i_final` must be there.
void solve_transient_mna(TransientSolution& solution, const Crossbar& crossbar, const TransientDrive& drive,
                         const TransientOptions& options);

} // namespace ohmloom
