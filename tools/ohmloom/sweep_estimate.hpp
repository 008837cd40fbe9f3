#pragma once

#include "sweep/run_sweep.hpp"
#include "sweep/sweep_sharing.hpp"
#include "sweep_arguments.hpp"

namespace ohmloom::cli {

/// What `ohmloom sweep --dry-run` prints: points, axes, what points share, and what they will take.
void print_estimate(const SweepPlan& plan, const SweepSharing& sharing, const SweepProbe& probe,
                    const SweepArguments& arguments);

/// The same as JSON (schema "ohmloom-sweep-estimate-1").
void print_estimate_json(const SweepPlan& plan, const SweepSharing& sharing, const SweepProbe& probe);

} // namespace ohmloom::cli
