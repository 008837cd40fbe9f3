#include "converter_report.hpp"

#include "base/si.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom::cli {

namespace {

/// Components of a run's arrays and of what stands around them.
std::vector<std::pair<std::string, ComponentCost>> components_of(const MixedCost& cost, bool charge) {
    std::vector<std::pair<std::string, ComponentCost>> components{{"arrays", cost.arrays},
                                                                  {"stages", cost.stages}};
    if (charge) components = {{"capacitors", cost.capacitors}};
    components.insert(
        components.end(),
        {{"dac", cost.dac}, {"adc", cost.adc}, {"digital", cost.digital}, {"all", cost.total()}});
    return components;
}

/// What tells the points of a run apart.
std::vector<std::string> labels_of(const RunResult& result) {
    const bool several_devices = result.study.devices.size() > 1,
               several_times = result.study.timing.samples.size() > 1;
    std::vector<std::string> labels;
    for (const RunPoint& point : result.points) {
        std::string label = point.network;
        if (several_devices) label += ", " + point.device;
        if (several_times) label += ", " + format_si(point.sample_time, "s");
        labels.push_back(std::move(label));
    }
    return labels;
}

std::size_t width_of(const std::vector<std::string>& labels) {
    return std::ranges::max(labels, {}, &std::string::size).size();
}

std::string energy_text(const ComponentCost& cost) {
    return cost.energy == 0.0 && cost.area == 0.0 ? "-" : fmt::format("{:.3e}", cost.energy);
}

std::string area_text(const ComponentCost& cost) {
    return cost.area == 0.0 ? "-" : fmt::format("{:.3g}", 1e12 * cost.area);
}

void print_flaws(const RunResult& result) {
    const std::vector<std::string> labels = labels_of(result);
    fmt::print("\naccuracy in % with one flaw alone, everything else being as it should\n{:<{}}", "network",
               width_of(labels));
    for (const FlawAccuracy& flaw : result.points.front().mixed->alone)
        fmt::print(" {:>12}", name_of(flaw.flaw));
    fmt::print(" {:>9} {:>14} {:>9} {:>9} {:>10}\n", "all", "product error", "clipped", "overflows",
               "registers");
    for (std::size_t p = 0; p < labels.size(); ++p) {
        const RunPoint& point = result.points[p];
        fmt::print("{:<{}}", labels[p], width_of(labels));
        for (const FlawAccuracy& flaw : point.mixed->alone) fmt::print(" {:>12.2f}", 100.0 * flaw.accuracy);
        fmt::print(" {:>9.2f} {:>13.2f}% {:>9.2e} {:>9} {:>10}\n", 100.0 * point.accuracy.value,
                   100.0 * point.mixed->product_error, point.mixed->clipped, point.mixed->overflows,
                   point.mixed->limited_registers == 0
                       ? "fit"
                       : fmt::format("{} too small", point.mixed->limited_registers));
    }
}

void print_arithmetic(const RunResult& result) {
    const std::vector<std::string> labels = labels_of(result);
    fmt::print("\naccuracy in % of the same run with the digital units in other arithmetic\n{:<{}}",
               "network", width_of(labels));
    for (const ArithmeticAccuracy& one : result.points.front().mixed->arithmetic)
        fmt::print(" {:>9}", name_of(one.arithmetic));
    fmt::print("\n");
    for (std::size_t p = 0; p < labels.size(); ++p) {
        fmt::print("{:<{}}", labels[p], width_of(labels));
        for (const ArithmeticAccuracy& one : result.points[p].mixed->arithmetic)
            fmt::print(" {:>9}",
                       std::isnan(one.accuracy) ? "n/a" : fmt::format("{:.2f}", 100.0 * one.accuracy));
        fmt::print("\n");
    }
}

void print_unit_errors(const RunResult& result) {
    if (result.points.front().mixed->layer_unit_error.empty()) return;
    const std::vector<std::string> labels = labels_of(result);
    fmt::print("\nerrors of the fixed-point units by step over the calibration images, in output steps: RMS "
               "/ largest\n"
               "{:<{}} layer",
               "network", width_of(labels));
    for (const UnitStep& step : unit_steps) fmt::print(" {:>17}", step.name);
    fmt::print("\n");
    for (std::size_t p = 0; p < labels.size(); ++p) {
        std::size_t layer = 0;
        for (const PostProcessingError& error : result.points[p].mixed->layer_unit_error) {
            fmt::print("{:<{}} {:>5}", labels[p], width_of(labels), layer++);
            for (const UnitStep& step : unit_steps) {
                const StepError& one = error.*step.error;
                fmt::print(" {:>17}", fmt::format("{:.3g} / {:.3g}", one.rms, one.largest));
            }
            fmt::print("\n");
        }
    }
}

/// The fixed-point units of each layer, step by step.
nlohmann::json unit_errors_of(const MixedFigures& figures) {
    nlohmann::json layers = nlohmann::json::array();
    for (const PostProcessingError& error : figures.layer_unit_error) {
        nlohmann::json layer{{"limited", error.limited}};
        for (const UnitStep& step : unit_steps) {
            const StepError& one = error.*step.error;
            layer[std::string(step.name)] = {{"rms", one.rms}, {"largest", one.largest}};
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

void print_costs(const RunResult& result) {
    const std::vector<std::string> labels = labels_of(result);
    fmt::print("\ncost of an inference\n{:<{}} {:>9}", "network", width_of(labels), "latency");
    for (const auto& [name, cost] : components_of({}, result.study.charge.has_value()))
        fmt::print(" {:>10}", name);
    fmt::print("\n");
    for (std::size_t p = 0; p < labels.size(); ++p) {
        const RunPoint& point = result.points[p];
        const auto components = components_of(point.mixed->cost, point.mixed->charge.has_value());
        fmt::print("{:<{}} {:>9}", labels[p], width_of(labels), format_si(point.mixed->cost.latency, "s"));
        for (const auto& [name, cost] : components) fmt::print(" {:>10}", energy_text(cost));
        fmt::print("  J\n{:<{}} {:>9}", "", width_of(labels), "");
        for (const auto& [name, cost] : components) fmt::print(" {:>10}", area_text(cost));
        fmt::print("  um2\n");
    }
}

} // namespace

void print_converters(const RunResult& result) {
    if (!result.study.mixed) return;
    print_flaws(result);
    print_arithmetic(result);
    print_unit_errors(result);
    print_costs(result);
}

void add_converters(const RunPoint& point, nlohmann::json& object) {
    if (!point.mixed) return;
    for (const FlawAccuracy& flaw : point.mixed->alone)
        object[fmt::format("accuracy_{}_alone", name_of(flaw.flaw))] = flaw.accuracy;
    for (const auto& [name, cost] : components_of(point.mixed->cost, point.mixed->charge.has_value())) {
        object[fmt::format("energy_{}_j", name)] = cost.energy;
        object[fmt::format("area_{}_m2", name)] = cost.area;
    }
    if (const auto& charge = point.mixed->charge) {
        object["accuracy_ideal_capacitors"] = charge->accuracy_ideal_capacitors;
        object["column_capacitance_f"] = charge->capacitance;
        object["column_noise_v"] = charge->noise;
    }
    object["product_error"] = point.mixed->product_error;
    object["layer_product_error"] = point.mixed->layer_product_error;
    object["latency_s"] = point.mixed->cost.latency;
    object["clipped"] = point.mixed->clipped;
    object["overflows"] = point.mixed->overflows;
    object["limited_registers"] = point.mixed->limited_registers;
    object["unit_error_largest"] = point.mixed->unit_error.largest;
    object["unit_error_mean"] = point.mixed->unit_error.mean;
    for (const ArithmeticAccuracy& one : point.mixed->arithmetic)
        object[fmt::format("accuracy_{}", name_of(one.arithmetic))] = one.accuracy;
    object["output_step"] = point.mixed->output_step;
    object["unit_error_steps"] = unit_errors_of(*point.mixed);
}

} // namespace ohmloom::cli
