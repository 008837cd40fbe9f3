#pragma once

#include "readout/readout_stage.hpp"

#include <vector>

namespace ohmloom::testing {

/// A stage of every kind with all of its flaws, and the ideal ones.
inline std::vector<ReadoutStage> sample_stages() {
    const StageSpread spread{2e-3, 0.03, 7};
    return {
        {.kind = StageKind::virtual_ground, .gain = 3.0},
        {.kind = StageKind::virtual_ground, .gain = 3.0, .spread = {0.0, 0.05, 3}},
        {.kind = StageKind::difference, .gain = 3.0},
        {.kind = StageKind::difference, .gain = 30.0, .open_loop_gain = 2e3, .spread = spread},
        {.kind = StageKind::op_amp, .gain = 3.0, .open_loop_gain = 500.0},
        {.kind = StageKind::op_amp,
         .gain = 3.0,
         .open_loop_gain = 500.0,
         .r_amplifier = 5e3,
         .spread = spread},
        {.kind = StageKind::current_conveyor, .gain = 3.0, .current_gain = 0.98},
        {.kind = StageKind::current_conveyor,
         .gain = 3.0,
         .r_conveyor = 80.0,
         .current_gain = 0.98,
         .spread = spread},
        {.kind = StageKind::divider, .gain = 8.0, .r_input = 200.0, .spread = spread},
        {.kind = StageKind::integrator, .gain = 3.0, .open_loop_gain = 5e3, .r_leak = 20e3, .spread = spread},
        {.kind = StageKind::integrator, .gain = 3.0},
    };
}

} // namespace ohmloom::testing
