#pragma once

#include "solver/array_solver.hpp"

namespace ohmloom {

/// The default engine: damped Newton outside, conjugate gradients on the Schur complement of the column nodes inside,
/// preconditioned by the exact solution of every column line. One application costs one tridiagonal solve per line, with many input
/// vectors side by side in the SIMD lanes. Vectors that do not converge are solved again by the mna engine, and the result says so.
/// Contract as solve_array(), whose checks it relies on.
ArraySolution solve_array_lines(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
                                const std::optional<NodeVoltages>& start = {});

} // namespace ohmloom
