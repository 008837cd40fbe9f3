#pragma once

#include "solver/time_step.hpp"

#include <string>

namespace ohmloom {

/// Where a transient begins, or why it cannot.
struct TransientStart {
    TimePoint point;
    std::string problem; ///< "" if there is none
    std::string message; ///< what had to be done; "" if there is nothing to say
};

/// The operating point at t = 0, nodes with an initial voltage held. Nodes that only capacitors reach are held near 0 V by gmin.
TransientStart start_from_operating_point(NodalSystem& system, StageSolver& stages);

/// The circuit just after t = 0, when all charges and fluxes are still what the initial values say. `instant` [s]: what counts
/// as just after.
TransientStart start_from_initial_values(NodalSystem& system, StageSolver& stages, double instant);

} // namespace ohmloom
