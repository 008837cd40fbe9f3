#pragma once

#include "solver/moving_transient.hpp"
#include "solver/transient_drive.hpp"
#include "solver/transient_system.hpp"

#include <vector>

namespace ohmloom {

/// Devices that change during a batch of runs.
struct MovingJob {
    const DeviceArray& devices;
    std::uint32_t first_event;
    MovingSolution& solution;
};

/// What stands still during a batch of runs.
struct TransientJob {
    const Crossbar& crossbar;
    const TransientSystem& system;
    const TransientDrive& drive;
    const TransientOptions& options;
    std::vector<DriveEvent> events; ///< of the drive and the instants asked for, up to the last of these
    std::vector<double> v_largest;  ///< [batch]
    double g_largest = 0.0;         ///< [S] of a line
    double kcl_tolerance = 0.0;
    const MovingJob* moving = nullptr; ///< none: nullptr
    TransientSolution& solution;
};

/// Time steps of a block of runs.
struct BlockSteps {
    int taken = 0, rejected = 0;
};

/// Follows the runs [first, first + count), at most lane_count of them, side by side; results go into the job's solution.
BlockSteps run_block(const TransientJob& job, Index first, Index count);

} // namespace ohmloom
