#pragma once

namespace ohmloom {

/// How one lane came out.
struct LaneOutcome {
    double error = 0.0, current = 0.0, rounding = 0.0;
    int iterations = 0;
    bool converged = false;
};

} // namespace ohmloom
