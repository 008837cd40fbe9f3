#pragma once

#include "store/record_file.hpp"
#include "sweep/point_record.hpp"
#include "sweep/sweep_plan.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ohmloom {

/// Part of a sweep's points: those whose number leaves `index` when divided by `count`.
struct SweepShard {
    Index index = 0, count = 1;

    [[nodiscard]] bool has(Index point) const { return point % count == index; }
};

/// What a sweep has computed so far: a folder beside its result, "<result>.parts", of record files that only ever grow, the
/// study, and locks. Nothing in it is ever half written for good: see RecordWriter.
///
/// One process at a time works on a shard; processes on different shards share the folder.
class SweepStore {
public:
    /// Opens or makes the folder and takes its lock. With `extend` the folder may be of another study or version.
    /// @throws InputError if another process works on it (naming it), or if it is of another study, naming the first keys that differ;
    ///         FileError.
    SweepStore(const std::filesystem::path& result, const SweepPlan& plan, const std::string& version,
               const SweepShard& shard, bool extend);
    ~SweepStore();
    SweepStore(const SweepStore&) = delete;
    SweepStore& operator=(const SweepStore&) = delete;

    /// Keys of the points that are there already.
    [[nodiscard]] const std::set<std::string>& known() const;
    /// Places that could not be read when it was opened: their points count as not computed.
    [[nodiscard]] const std::vector<RecordDamage>& damages() const;

    /// Writes a point, so that the end of the process does not touch it any more; a thread of the store's own brings it to the disk within
    /// a hundredth of a second (and as long as the disk takes), together with others that come meanwhile. Thread-safe.
    /// @throws FileError if it, or an earlier one, could not be written, for instance because the disk is full.
    void add(const PointRecord& point);
    /// The same for a point from elsewhere, which counts as known from now on. Not thread-safe.
    void add_known(const PointRecord& point);
    /// Waits until all points are on the disk. @throws FileError likewise.
    void flush();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Folder of a result's parts.
std::filesystem::path parts_folder(const std::filesystem::path& result);

/// Calls `take` with every point of a folder of parts, in no particular order; what cannot be read is returned.
std::vector<RecordDamage> read_parts(const std::filesystem::path& folder,
                                     const std::function<void(PointRecord)>& take);

/// What differs between two studies, key by key, at most so many lines; empty if they mean the same.
std::string study_difference(const std::string& before, const std::string& now, std::size_t most_lines = 8);

} // namespace ohmloom
