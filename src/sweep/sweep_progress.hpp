#pragma once

#include "sweep/point_key.hpp"
#include "sweep/sweep_store.hpp"

#include <filesystem>
#include <vector>

namespace ohmloom {

/// How far a part of a sweep's points has come.
struct PartProgress {
    Index points = 0;
    Index computed = 0;                  ///< of them, with any outcome
    Index not_converged = 0, failed = 0; ///< of those
    [[nodiscard]] bool complete() const { return computed == points; }
};

/// How far a sweep has come.
struct SweepProgress {
    PartProgress all;
    std::vector<PartProgress> chunks; ///< [chunks]
    double points_per_second = 0.0; ///< [1/s] in the latest stretch of work without a long pause; 0: none yet
};

/// Reads a folder of parts as it is, also while others write to it. The points are told apart as shards of so many `chunks`.
SweepProgress sweep_progress(const SweepPlan& plan, const PointKeys& keys, const std::filesystem::path& parts,
                             Index chunks);

/// The same for one shard.
PartProgress shard_progress(const SweepPlan& plan, const PointKeys& keys, const std::filesystem::path& parts,
                            const SweepShard& shard);

} // namespace ohmloom
