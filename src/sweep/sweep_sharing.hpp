#pragma once

#include "sweep/sweep_plan.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// One stage of the points' work.
struct SharedStage {
    std::string name;   ///< "data sets", "networks", "partitions", "programmed layers", "solved layers"
    double uses = 0.0;  ///< by all points
    double to_do = 0.0; ///< of them, once each: what points share counts once
    std::vector<std::string>
        anew_with; ///< axes that make new ones; those that take their steps together in one text, "a + b"
    bool by_image = false; ///< some are worked out for every image, and never shared
};

/// What the points of a sweep share.
struct SweepSharing {
    std::vector<SharedStage> stages; ///< those that the points have
    bool counted = true; ///< point by point; else from the steps of every axis, the others standing still
    std::vector<std::string> free_axes; ///< along which no stage begins anew: only images are run
    Index refused = 0;                  ///< of the points that were looked at; they are in no number
};

/// Tells what points share from their keys, computing none of them: up to 500 points one by one, more by the steps of their axes.
SweepSharing sweep_sharing(const SweepPlan& plan);

} // namespace ohmloom
