#include "sweep/sweep_progress.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace ohmloom {

namespace {

/// When a point was computed.
struct Span {
    double begin = 0.0, end = 0.0; ///< [s] since 1970
};

struct Computed {
    std::unordered_map<std::string, PointStatus> points; ///< by key
    std::vector<Span> spans;
};

Computed read_computed(const std::filesystem::path& parts) {
    Computed computed;
    if (!std::filesystem::exists(parts)) return computed;
    // A record that is half written now counts as not there.
    static_cast<void>(read_parts(parts, [&](const PointRecord& point) {
        computed.points[point.key] = point.status;
        const auto end = static_cast<double>(point.ended);
        computed.spans.push_back({end - point.wall, end});
    }));
    return computed;
}

void count(const Computed& computed, const std::string& key, PartProgress& part) {
    ++part.points;
    const auto found = computed.points.find(key);
    if (found == computed.points.end()) return;
    ++part.computed;
    if (found->second == PointStatus::not_converged) ++part.not_converged;
    if (found->second == PointStatus::failed) ++part.failed;
}

/// Pauses, as between a sweep that was stopped and the one that goes on, are not work.
double latest_rate(std::vector<Span> spans) {
    if (spans.empty()) return 0.0;
    constexpr double long_pause = 60.0;
    std::ranges::sort(spans, [](const Span& a, const Span& b) { return a.end > b.end; });
    const double end = spans.front().end;
    double begin = spans.front().begin;
    std::size_t points = 0;
    for (const Span& span : spans) {
        if (span.end < begin - long_pause) break;
        begin = std::min(begin, span.begin);
        ++points;
    }
    // Ends are whole seconds.
    return static_cast<double>(points) / std::max(end - begin, 1.0);
}

} // namespace

SweepProgress sweep_progress(const SweepPlan& plan, const PointKeys& keys, const std::filesystem::path& parts,
                             Index chunks) {
    const Computed computed = read_computed(parts);
    SweepProgress progress;
    progress.chunks.resize(static_cast<std::size_t>(chunks));
    for (Index n = 0; n < plan.points(); ++n) {
        const std::string key = keys.key(point_at(plan, n));
        count(computed, key, progress.all);
        count(computed, key, progress.chunks[static_cast<std::size_t>(n % chunks)]);
    }
    progress.points_per_second = latest_rate(computed.spans);
    return progress;
}

PartProgress shard_progress(const SweepPlan& plan, const PointKeys& keys, const std::filesystem::path& parts,
                            const SweepShard& shard) {
    const Computed computed = read_computed(parts);
    PartProgress part;
    for (Index n = shard.index; n < plan.points(); n += shard.count)
        count(computed, keys.key(point_at(plan, n)), part);
    return part;
}

} // namespace ohmloom
