#pragma once

#include "solver/array_solver.hpp"

namespace ohmloom {

/// The general path and the oracle: the nodal matrix of the array, factorised by KLU; damped Newton for
/// nonlinear cells. Knows nothing of the crossbar's structure. Contracts as solve_array() and port_matrix(),
/// whose checks it relies on.
ArraySolution solve_array_mna(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
                              const std::optional<NodeVoltages>& start = {});
PortMatrix port_matrix_mna(const Crossbar& crossbar, const SolveOptions& options);

} // namespace ohmloom
