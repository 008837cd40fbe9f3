#pragma once

#include "solver/array_solver.hpp"
#include "solver/lane_outcome.hpp"
#include "solver/line_relaxation.hpp"

#include <array>

namespace ohmloom {

/// Relaxes a started block until every lane's KCL error, measured apart from the passes, is below the tolerance; or as long as the
/// passes gain.
std::array<LaneOutcome, lane_count> solve_by_relaxation(const LineSystem& system, const Chord& chord,
                                                        const SolveOptions& options, RelaxationBlock& block);

} // namespace ohmloom
