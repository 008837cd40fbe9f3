#include "sweep/run_sweep.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/process_memory.hpp"
#include "store/file_lock.hpp"
#include "study/run.hpp"
#include "study/run_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <utility>

namespace ohmloom {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The study at a point as a value.
Study study_of(const SweepPlan& plan, const SweepPoint& point, const std::shared_ptr<ResultCache>& shared) {
    Study study = read_study(study_at(plan, point), plan.file);
    study.shared = shared;
    study.comparisons = plan.comparisons;
    return study;
}

/// What stays of a run: everything but what differs from one time to the next.
ResultTable lasting_table(const RunResult& result, bool keep_classes) {
    ResultTable table = point_table(result);
    std::erase_if(table.columns, [&](const ResultColumn& column) {
        return column.name == "wall_s" || (!keep_classes && column.name == "classes");
    });
    return table;
}

/// One point per value of every axis, the other axes at their first values. With constraints not every such point exists.
std::vector<Index> points_to_check(const SweepPlan& plan) {
    std::set<Index> points{0};
    if (!plan.where.empty()) return {points.begin(), points.end()};
    constexpr Index most_of_axis = 64;
    Index stride = 1;
    for (std::size_t g = plan.groups.size(); g-- > 0;) {
        const Index steps = plan.groups[g].steps();
        for (Index step = 0; step < std::min(steps, most_of_axis); ++step) points.insert(step * stride);
        points.insert((steps - 1) * stride);
        stride *= steps;
    }
    return {points.begin(), points.end()};
}

void count(const PointRecord& record, SweepOutcome& outcome) {
    ++outcome.computed;
    outcome.point_seconds += record.wall;
    if (record.status == PointStatus::not_converged) ++outcome.not_converged;
    if (record.status != PointStatus::failed) return;
    if (outcome.failed++ == 0) outcome.first_failure = record.message;
}

/// Numbers of the shard's points that the store has not.
std::vector<Index> open_points(const SweepPlan& plan, const PointKeys& keys, const SweepStore& store,
                               const SweepShard& shard, SweepOutcome& outcome) {
    std::vector<Index> open;
    for (Index n = shard.index; n < plan.points(); n += shard.count) {
        ++outcome.points;
        if (!store.known().empty() && store.known().contains(keys.key(point_at(plan, n))))
            ++outcome.known;
        else
            open.push_back(n);
    }
    return open;
}

} // namespace

void check_points(const SweepPlan& plan) {
    for (const Index number : points_to_check(plan)) {
        const SweepPoint point = point_at(plan, number);
        try {
            static_cast<void>(study_of(plan, point, nullptr));
        } catch (const InputError& error) {
            const std::string where = describe(plan, point);
            throw InputError(where.empty()
                                 ? std::string(error.what())
                                 : fmt::format("{} (at point {}: {})", error.what(), number, where));
        }
    }
}

PointRecord compute_point(const SweepPlan& plan, const SweepPoint& point, const PointKeys& keys,
                          const std::shared_ptr<ResultCache>& shared) {
    const auto started = Clock::now();
    PointRecord record;
    record.key = keys.key(point);
    record.host = this_process();
    try {
        const Study study = study_of(plan, point, shared);
        record.seed = study.seed;
        const RunResult result = run_study(study);
        record.images = result.images;
        record.table = lasting_table(result, plan.keep_classes);
        record.labels = std::make_shared<const std::vector<std::uint8_t>>(result.labels);
        const bool converged = std::ranges::all_of(result.points, &RunPoint::converged);
        record.status = converged ? PointStatus::good : PointStatus::not_converged;
    } catch (const Error& error) {
        record.status = PointStatus::failed;
        record.message = error.what();
    }
    record.wall = seconds_since(started);
    record.ended =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    return record;
}

SweepOutcome run_sweep(const SweepPlan& plan, const PointKeys& keys, SweepStore& store,
                       const SweepOptions& options) {
    SweepOutcome outcome;
    const std::vector<Index> open = open_points(plan, keys, store, options.shard, outcome);
    const auto shared = std::make_shared<ResultCache>(options.cache_bytes);
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    const auto work = [&](int) {
        while (!options.stop || !options.stop()) {
            const std::size_t at = next++;
            if (at >= open.size()) return;
            const PointRecord record = compute_point(
                plan,
                [&] {
                    const std::lock_guard lock(mutex); // formulas are worked out by one thread at a time
                    return point_at(plan, open[at]);
                }(),
                keys, shared);
            store.add(record);
            const std::lock_guard lock(mutex);
            count(record, outcome);
            if (options.progress)
                options.progress("points", outcome.known + outcome.computed, outcome.points);
        }
    };
    const auto workers = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(allowed_threads()),
                                                                std::max<std::size_t>(open.size(), 1)));
    run_workers(workers, work);
    store.flush();
    outcome.shared = shared->use();
    return outcome;
}

SweepProbe probe_sweep(const SweepPlan& plan, const PointKeys& keys, double seconds) {
    const auto shared = std::make_shared<ResultCache>(std::size_t{1} << 30U);
    const auto started = Clock::now();
    SweepProbe probe;
    RecordEncoder encoder;
    constexpr Index most = 64;
    const Index wanted = std::min(plan.points(), most);
    double sum = 0.0;
    for (Index i = 0; i < wanted && (i < 2 || seconds_since(started) < seconds); ++i) {
        // Spread by the golden ratio: any first few of these points lie far from each other.
        const double part = std::fmod(static_cast<double>(i) * 0.6180339887498949, 1.0);
        const Index number = static_cast<Index>(part * static_cast<double>(plan.points()));
        const PointRecord record = compute_point(plan, point_at(plan, number), keys, shared);
        ++probe.computed;
        if (record.status == PointStatus::failed && probe.failed++ == 0) probe.first_failure = record.message;
        sum += record.wall;
        probe.slowest = std::max(probe.slowest, record.wall);
        for (const auto& bytes : encoder.encode(record))
            probe.bytes_per_point += static_cast<double>(bytes.size());
    }
    probe.seconds = sum / static_cast<double>(probe.computed);
    probe.bytes_per_point /= static_cast<double>(probe.computed);
    const ResultCache::Use use = shared->use();
    probe.shared_bytes = use.bytes;
    probe.shared_made = use.made;
    probe.shared_found = use.found;
    probe.memory_bytes = peak_memory();
    return probe;
}

} // namespace ohmloom
