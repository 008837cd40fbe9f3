#pragma once

#include "solver/array_solver.hpp"
#include "solver/lane_outcome.hpp"
#include "solver/line_kernels.hpp"
#include "solver/single_line_kernels.hpp"

#include <array>

namespace ohmloom {

/// Takes a block of operating points, started anywhere, to convergence by Newton's method, whose steps are solved by conjugate
/// gradients preconditioned with the column lines.
///
/// `factorised` says whether the block holds the chains' factors already, as it does after a block with the same linear cells; it is
/// set when they are made.
std::array<LaneOutcome, lane_count> solve_newton(const LineSystem& system, LaneBlock& block,
                                                 const SolveOptions& options, bool& factorised);

/// Likewise for a single operating point.
std::array<LaneOutcome, 1> solve_newton(const LineSystem& system, SinglePoint& point,
                                        const SolveOptions& options, bool& factorised);

} // namespace ohmloom
