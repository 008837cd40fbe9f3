#pragma once

#include "store/record_file.hpp"
#include "sweep/point_key.hpp"
#include "sweep/point_record.hpp"
#include "sweep/sweep_plan.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ohmloom {

class Hdf5Reader;

/// Where a result came from, beside what every point tells of itself.
struct SweepProvenance {
    std::string version; ///< of the program
    std::string command; ///< as it was typed
    std::string host;
};

/// What joining made.
struct MergeOutcome {
    Index points = 0;  ///< of the sweep
    Index missing = 0; ///< of them, not computed
    Index not_converged = 0, failed = 0;
    std::string first_failure;
    std::vector<RecordDamage> damages;
};

/// Joins what a folder of parts holds into the sweep's result (schema "ohmloom-sweep-1"), complete or not at all. Unless `partial`, no file
/// is written while points are missing. The file's points are the same bytes whoever computed them, in whatever order.
/// @throws FileError.
MergeOutcome merge_sweep(const SweepPlan& plan, const PointKeys& keys, const std::filesystem::path& parts,
                         const std::filesystem::path& result, const SweepProvenance& provenance,
                         bool partial);

/// In the place of the status of a point that a result has not.
inline constexpr std::uint8_t point_not_computed = 255;

/// Right classes of the images of a result's points.
struct SweepLabels {
    std::vector<std::vector<std::uint8_t>> sets; ///< [sets] [images]; none if no point has images
    std::vector<Index> set_of_point;             ///< [points] -1: none
};
SweepLabels read_sweep_labels(const Hdf5Reader& reader, Index points);

/// What a result file says of itself.
struct SweepFile {
    std::string study;   ///< text
    std::string version; ///< of the program
    Index points = 0, missing = 0, not_converged = 0, failed = 0;
};

/// @throws FileError if it is no result of a sweep.
SweepFile read_sweep_file(const std::filesystem::path& result);

/// How many points of a result were computed from other files or data than the plan's values name now.
/// Limits: the result must be of that plan, see study_difference().
Index count_outdated(const std::filesystem::path& result, const SweepPlan& plan, const PointKeys& keys);

/// Calls `take` with every computed point of a result.
void read_sweep_points(const std::filesystem::path& result, const std::function<void(PointRecord)>& take);

} // namespace ohmloom
