#include "sweep/sweep_sharing.hpp"

#include "base/errors.hpp"
#include "base/result_cache.hpp"
#include "study/run_stages.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

namespace ohmloom {

namespace {

constexpr Index most_counted = 500; ///< points, then axes are looked at instead
constexpr Index most_of_axis = 16;  ///< steps

constexpr std::size_t stage_count = 5;
constexpr std::array<std::string_view, stage_count> stage_names{"data sets", "networks", "partitions",
                                                                "programmed layers", "solved layers"};

/// Names of what one point uses, by stage.
struct PointStages {
    std::array<std::vector<std::string>, stage_count> names;
    Index by_image = 0;
};

class StageReader {
public:
    explicit StageReader(const SweepPlan& plan) : plan_(plan) {}

    /// None if the point's study is refused.
    std::optional<PointStages> at(const SweepPoint& point) {
        try {
            Study study = read_study(study_at(plan_, point), plan_.file);
            study.shared = networks_;
            RunStages stages = run_stages(study);
            return PointStages{{std::move(stages.data_sets), std::move(stages.networks),
                                std::move(stages.partitions), std::move(stages.programmed),
                                std::move(stages.solved)},
                               stages.solved_by_image};
        } catch (const Error&) {
            return std::nullopt;
        }
    }

private:
    const SweepPlan& plan_;
    std::shared_ptr<ResultCache> networks_ = std::make_shared<ResultCache>(std::size_t{256} << 20U);
};

/// A group of axes as it is looked at: the first kept point with other steps of this group alone.
struct GroupProbe {
    std::string name;
    Index steps = 0;
    std::vector<PointStages> stages; ///< of those steps that are not refused
    bool all_steps = false;          ///< or only some
};

/// "a + b" of axes that take their steps together; corners are known as such.
std::string name_of(const AxisGroup& group) {
    if (group.axes.front().key == "corner") return "corner";
    std::string name;
    for (const SweepAxis& axis : group.axes) name += (name.empty() ? "" : " + ") + axis.key;
    return name;
}

std::vector<Index> some_steps(Index steps) {
    std::vector<Index> some;
    const Index count = std::min(steps, most_of_axis);
    for (Index i = 0; i < count; ++i) some.push_back(count == 1 ? 0 : i * (steps - 1) / (count - 1));
    return some;
}

std::vector<GroupProbe> probe_groups(const SweepPlan& plan, StageReader& reader, SweepSharing& sharing) {
    const Index first = plan.where.empty() ? 0 : plan.kept.front();
    std::vector<GroupProbe> probes;
    Index stride = plan.combinations;
    for (const AxisGroup& group : plan.groups) {
        stride /= group.steps();
        GroupProbe probe;
        probe.name = name_of(group);
        probe.steps = group.steps();
        probe.all_steps = group.steps() <= most_of_axis;
        const Index others = first - first / stride % group.steps() * stride;
        for (const Index step : some_steps(group.steps())) {
            std::optional<PointStages> stages = reader.at(combination_at(plan, others + step * stride));
            if (stages)
                probe.stages.push_back(std::move(*stages));
            else
                ++sharing.refused;
        }
        probes.push_back(std::move(probe));
    }
    return probes;
}

bool makes_anew(const GroupProbe& probe, std::size_t stage) {
    return std::ranges::any_of(probe.stages, [&](const PointStages& stages) {
        return stages.names[stage] != probe.stages.front().names[stage];
    });
}

/// Names of one use of a stage, say the second layer's, at every step of a group.
std::vector<std::string> names_of_use(const GroupProbe& probe, std::size_t stage, std::size_t use) {
    std::vector<std::string> names;
    for (const PointStages& stages : probe.stages)
        names.push_back(use < stages.names[stage].size() ? stages.names[stage][use] : "");
    return names;
}

/// How many different ones a use of a stage needs over all points: steps of groups that matter to it multiply.
double distinct_of_use(const std::vector<GroupProbe>& probes, std::size_t stage, std::size_t use) {
    double distinct = 1.0;
    for (const GroupProbe& probe : probes) {
        const std::vector<std::string> names = names_of_use(probe, stage, use);
        const auto different = static_cast<Index>(std::set(names.begin(), names.end()).size());
        // Where all steps that were looked at differ, so will the others.
        const bool all_differ = different == static_cast<Index>(names.size()) && different > 1;
        distinct *=
            static_cast<double>(!probe.all_steps && all_differ ? probe.steps : std::max<Index>(different, 1));
    }
    return distinct;
}

/// Numbers from the steps of every axis alone.
void estimate(const SweepPlan& plan, const PointStages& first, const std::vector<GroupProbe>& probes,
              std::array<SharedStage, stage_count>& stages) {
    const auto points = static_cast<double>(plan.points());
    for (std::size_t s = 0; s < stage_count; ++s) {
        std::set<std::vector<std::string>>
            counted; // uses that are the same everywhere, as of devices that differ in their reading only
        stages[s].uses = points * static_cast<double>(first.names[s].size());
        for (std::size_t use = 0; use < first.names[s].size(); ++use) {
            std::vector<std::string> everywhere{first.names[s][use]};
            for (const GroupProbe& probe : probes)
                std::ranges::move(names_of_use(probe, s, use), std::back_inserter(everywhere));
            if (counted.insert(std::move(everywhere)).second)
                stages[s].to_do += std::min(points, distinct_of_use(probes, s, use));
        }
    }
    const double by_image = points * static_cast<double>(first.by_image);
    stages.back().uses += by_image;
    stages.back().to_do += by_image;
    stages.back().by_image = first.by_image > 0;
}

/// Numbers from all points.
void count(const SweepPlan& plan, StageReader& reader, std::array<SharedStage, stage_count>& stages,
           SweepSharing& sharing) {
    std::array<std::set<std::string>, stage_count> distinct;
    for (Index n = 0; n < plan.points(); ++n) {
        const std::optional<PointStages> point = reader.at(point_at(plan, n));
        if (!point) {
            ++sharing.refused;
            continue;
        }
        for (std::size_t s = 0; s < stage_count; ++s) {
            stages[s].uses += static_cast<double>(point->names[s].size());
            distinct[s].insert(point->names[s].begin(), point->names[s].end());
        }
        stages.back().uses += static_cast<double>(point->by_image);
        stages.back().to_do += static_cast<double>(point->by_image);
        stages.back().by_image = stages.back().by_image || point->by_image > 0;
    }
    for (std::size_t s = 0; s < stage_count; ++s) stages[s].to_do += static_cast<double>(distinct[s].size());
}

} // namespace

SweepSharing sweep_sharing(const SweepPlan& plan) {
    SweepSharing sharing;
    StageReader reader(plan);
    const std::vector<GroupProbe> probes = probe_groups(plan, reader, sharing);
    sharing.refused = plan.points() <= most_counted ? 0 : sharing.refused;
    std::array<SharedStage, stage_count> stages;
    sharing.counted = plan.points() <= most_counted;
    if (sharing.counted) {
        count(plan, reader, stages, sharing);
    } else if (const std::optional<PointStages> first = reader.at(point_at(plan, 0))) {
        estimate(plan, *first, probes, stages);
    }
    for (const GroupProbe& probe : probes) {
        bool is_free = !probe.stages.empty();
        for (std::size_t s = 0; s < stage_count; ++s) {
            if (!makes_anew(probe, s)) continue;
            stages[s].anew_with.push_back(probe.name);
            is_free = false;
        }
        if (is_free) sharing.free_axes.push_back(probe.name);
    }
    for (std::size_t s = 0; s < stage_count; ++s) {
        stages[s].name = stage_names[s];
        if (stages[s].uses > 0.0) sharing.stages.push_back(std::move(stages[s]));
    }
    return sharing;
}

} // namespace ohmloom
