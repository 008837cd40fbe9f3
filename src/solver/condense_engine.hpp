#pragma once

#include "solver/array_solver.hpp"

namespace ohmloom {

/// Exact reduction of a linear array to its terminals, see CondensedArray; operating points by back substitution. Contracts as
/// solve_array() and port_matrix(), for linear cells, whose checks they rely on.
ArraySolution solve_array_condense(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options);
PortMatrix port_matrix_condense(const Crossbar& crossbar, const SolveOptions& options);

} // namespace ohmloom
