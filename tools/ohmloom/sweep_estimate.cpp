#include "sweep_estimate.hpp"

#include "base/parallel.hpp"
#include "base/si.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace ohmloom::cli {

namespace {

std::string bytes_text(double bytes) {
    return format_si(bytes, "B");
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Axes with their steps, a line each.
void print_axes(const SweepPlan& plan) {
    for (const AxisGroup& group : plan.groups) {
        const SweepAxis& first = group.axes.front();
        const bool is_corners = first.kind == AxisKind::corner;
        std::string names = first.key;
        for (std::size_t a = 1; a < group.axes.size() && !is_corners; ++a) names += ", " + group.axes[a].key;
        const std::string together = group.axes.size() == 1 ? ""
                                     : is_corners ? fmt::format(" of {} keys", group.axes.size() - 1)
                                                  : ", together";
        fmt::print("  {:<40} {:>9} steps, {}{}\n", names, group.steps(), name_of(first.kind), together);
    }
    for (const DerivedKey& derived : plan.derived)
        fmt::print("  {:<40} = {}\n", derived.key, derived.formula.text());
    for (const Expression& constraint : plan.where) fmt::print("  where {}\n", constraint.text());
}

/// What is to be computed, what makes it new, and along which axes nothing is.
void print_sharing(const SweepSharing& sharing) {
    fmt::print("  {:<20} {:>9} {:>9}   {}\n", sharing.counted ? "shared" : "shared (about)", "to do", "used",
               "anew with");
    bool by_image = false;
    for (const SharedStage& stage : sharing.stages) {
        std::string anew = joined(stage.anew_with);
        if (stage.by_image) anew = "every point, as cells are solved image by image";
        by_image = by_image || stage.by_image;
        fmt::print("  {:<20} {:>9.0f} {:>9.0f}{}{}\n", stage.name, stage.to_do, stage.uses,
                   anew.empty() ? "" : "   ", anew);
    }
    if (!sharing.free_axes.empty())
        fmt::print("  along {} nothing {}is done anew\n", joined(sharing.free_axes), by_image ? "else " : "");
}

} // namespace

void print_estimate(const SweepPlan& plan, const SweepSharing& sharing, const SweepProbe& probe,
                    const SweepArguments& arguments) {
    const int threads = allowed_threads();
    const auto points = static_cast<double>(plan.points());
    fmt::print("{} points", plan.points());
    if (!plan.where.empty()) fmt::print(" of {} combinations", plan.combinations);
    fmt::print("{}\n", plan.groups.empty() ? " (no [sweep]: the study as it is)" : "");
    print_axes(plan);
    print_sharing(sharing);
    fmt::print("probe: {} points, {} each on one thread, the slowest {}\n", probe.computed,
               duration_text(probe.seconds), duration_text(probe.slowest));
    fmt::print("  shared: {} results made, {} times found made already, {} kept\n", probe.shared_made,
               probe.shared_found, bytes_text(static_cast<double>(probe.shared_bytes)));
    fmt::print("estimate: {} on {} thread{}, memory {} and up to {} MiB of what points share, result {}\n",
               duration_text(probe.seconds * points / threads), threads, threads == 1 ? "" : "s",
               bytes_text(static_cast<double>(probe.memory_bytes)), arguments.cache_mib,
               bytes_text(probe.bytes_per_point * points));
    if (probe.failed > 0)
        fmt::print("{} of the probe's points failed, the first with: {}\n", probe.failed,
                   probe.first_failure);
}

void print_estimate_json(const SweepPlan& plan, const SweepSharing& sharing, const SweepProbe& probe) {
    const int threads = allowed_threads();
    const auto points = static_cast<double>(plan.points());
    auto stages = nlohmann::json::array();
    for (const SharedStage& stage : sharing.stages)
        stages.push_back({{"name", stage.name},
                          {"to_do", stage.to_do},
                          {"uses", stage.uses},
                          {"anew_with", stage.anew_with},
                          {"by_image", stage.by_image}});
    fmt::print("{}\n", nlohmann::json({{"schema", "ohmloom-sweep-estimate-1"},
                                       {"points", plan.points()},
                                       {"combinations", plan.combinations},
                                       {"shared", stages},
                                       {"shared_counted", sharing.counted},
                                       {"free_axes", sharing.free_axes},
                                       {"probed", probe.computed},
                                       {"probed_failed", probe.failed},
                                       {"seconds_per_point", probe.seconds},
                                       {"seconds_slowest", probe.slowest},
                                       {"threads", threads},
                                       {"seconds", probe.seconds * points / threads},
                                       {"store_bytes", probe.bytes_per_point * points},
                                       {"shared_bytes", probe.shared_bytes},
                                       {"memory_bytes", probe.memory_bytes}})
                           .dump(2));
}

} // namespace ohmloom::cli
