#include "converter_report.hpp"

#include "base/si.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ohmloom::cli {

namespace {

std::array<std::pair<std::string, ComponentCost>, 6> components_of(const MixedCost& cost) {
    return {{{"arrays", cost.arrays},
             {"stages", cost.stages},
             {"dac", cost.dac},
             {"adc", cost.adc},
             {"digital", cost.digital},
             {"all", cost.total()}}};
}

void print_flaws(const RunResult& result) {
    fmt::print("\naccuracy in % with one flaw alone, everything else being as it should\n{:<14}", "network");
    for (const FlawAccuracy& flaw : result.points.front().mixed->alone)
        fmt::print(" {:>12}", name_of(flaw.flaw));
    fmt::print(" {:>9} {:>9} {:>9}\n", "all", "clipped", "overflows");
    for (const RunPoint& point : result.points) {
        fmt::print("{:<14}", point.network);
        for (const FlawAccuracy& flaw : point.mixed->alone) fmt::print(" {:>12.2f}", 100.0 * flaw.accuracy);
        fmt::print(" {:>9.2f} {:>9.2e} {:>9}\n", 100.0 * point.accuracy.value, point.mixed->clipped,
                   point.mixed->overflows);
    }
}

void print_costs(const RunResult& result) {
    fmt::print("\ncost of an inference\n{:<14} {:>9}", "network", "latency");
    for (const auto& [name, cost] : components_of({})) fmt::print(" {:>10}", name);
    fmt::print("\n");
    for (const RunPoint& point : result.points) {
        const auto components = components_of(point.mixed->cost);
        fmt::print("{:<14} {:>9}", point.network, format_si(point.mixed->cost.latency, "s"));
        for (const auto& [name, cost] : components) fmt::print(" {:>10.3e}", cost.energy);
        fmt::print("  J\n{:<14} {:>9}", "", "");
        for (const auto& [name, cost] : components) fmt::print(" {:>10.3g}", 1e12 * cost.area);
        fmt::print("  um2\n");
    }
}

} // namespace

void print_converters(const RunResult& result) {
    if (!result.study.mixed) return;
    print_flaws(result);
    print_costs(result);
}

void add_converters(const RunPoint& point, nlohmann::json& object) {
    if (!point.mixed) return;
    for (const FlawAccuracy& flaw : point.mixed->alone)
        object[fmt::format("accuracy_{}_alone", name_of(flaw.flaw))] = flaw.accuracy;
    for (const auto& [name, cost] : components_of(point.mixed->cost)) {
        object[fmt::format("energy_{}_j", name)] = cost.energy;
        object[fmt::format("area_{}_m2", name)] = cost.area;
    }
    object["latency_s"] = point.mixed->cost.latency;
    object["clipped"] = point.mixed->clipped;
    object["overflows"] = point.mixed->overflows;
    object["unit_error_largest"] = point.mixed->unit_error.largest;
    object["unit_error_mean"] = point.mixed->unit_error.mean;
}

} // namespace ohmloom::cli
