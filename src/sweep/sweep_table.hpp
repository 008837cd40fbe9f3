#pragma once

#include "sweep/sweep_plan.hpp"

namespace ohmloom {

class TomlTable;

/// Reads the keys of `[sweep]` into a plan: axes, samples, corners, draws, repeats, derived keys and constraints.
/// @throws InputError naming file, line and key.
void read_sweep_table(const TomlTable& sweep, SweepPlan& plan);

} // namespace ohmloom
