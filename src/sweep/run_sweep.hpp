#pragma once

#include "base/progress.hpp"
#include "base/result_cache.hpp"
#include "sweep/point_key.hpp"
#include "sweep/sweep_store.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ohmloom {

/// How a sweep is computed; results do not depend on it.
struct SweepOptions {
    SweepShard shard;
    std::size_t cache_bytes = std::size_t{1} << 30U; ///< for what points share
    std::function<bool()>
        stop; ///< asked before every point: true ends the sweep once those in flight are done
    Progress progress;
};

/// What became of a sweep's points.
struct SweepOutcome {
    Index points = 0;                    ///< of this shard
    Index known = 0;                     ///< of them, in the store already
    Index computed = 0;                  ///< now
    Index not_converged = 0, failed = 0; ///< of those computed now
    double point_seconds = 0.0;          ///< [s] all points computed now, one after another
    std::string first_failure;           ///< message of the first point that failed
    ResultCache::Use shared;
    [[nodiscard]] bool complete() const { return known + computed == points; }
};

/// Checks the first point, and every value of every axis with the others at their first ones, before hours go by.
/// @throws InputError naming the point that cannot be run.
void check_points(const SweepPlan& plan);

/// Computes one point. What is wrong with its input makes it a failed point.
PointRecord compute_point(const SweepPlan& plan, const SweepPoint& point, const PointKeys& keys,
                          const std::shared_ptr<ResultCache>& shared);

/// Computes the points that the store does not have, on all allowed threads.
/// @throws FileError if the store cannot take them.
SweepOutcome run_sweep(const SweepPlan& plan, const PointKeys& keys, SweepStore& store,
                       const SweepOptions& options);

/// What a sweep will take, from points that were computed to find out.
struct SweepProbe {
    Index computed = 0;           ///< points
    double seconds = 0.0;         ///< [s] mean of a point on one thread
    double slowest = 0.0;         ///< [s]
    double bytes_per_point = 0.0; ///< in the store
    std::size_t shared_bytes = 0; ///< of what points share
    std::size_t memory_bytes = 0; ///< largest that the process has taken
    long shared_made = 0, shared_found = 0;
    Index failed = 0;
    std::string first_failure;
};

/// Computes points spread over the plan until `seconds` have gone, at least two (if there are so many).
SweepProbe probe_sweep(const SweepPlan& plan, const PointKeys& keys, double seconds);

} // namespace ohmloom
