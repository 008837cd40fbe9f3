#include "sweep/sweep_plan.hpp"

#include "base/errors.hpp"
#include "store/readable_file.hpp"
#include "sweep/sweep_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace ohmloom {

namespace {

/// Keys of the study that stand for a draw's new seeds.
std::string seed_key(const std::string& source) {
    return "seeds." + source;
}

/// Steps of every group at a combination.
std::vector<Index> steps_at(const SweepPlan& plan, Index combination) {
    std::vector<Index> steps(plan.groups.size());
    for (std::size_t g = plan.groups.size(); g-- > 0;) {
        steps[g] = combination % plan.groups[g].steps();
        combination /= plan.groups[g].steps();
    }
    return steps;
}

/// "readout.gain[1]" -> "readout.gain" and 1.
std::pair<std::string, std::optional<Index>> list_element(const std::string& name) {
    const std::size_t bracket = name.rfind('[');
    if (bracket == std::string::npos || name.back() != ']') return {name, {}};
    const double element =
        number_of_literal(std::string_view(name).substr(bracket + 1, name.size() - bracket - 2));
    if (!(element >= 0.0)) return {name, {}};
    return {name.substr(0, bracket), static_cast<Index>(element)};
}

double number_at(const std::string& literal, std::optional<Index> element) {
    if (!element) return number_of_literal(literal);
    const TomlTable holder = TomlDocument::parse("value = " + literal, "value").table();
    if (!holder.is_list("value")) return std::nan("");
    const std::vector<std::string> list = holder.literals("value");
    const auto at = static_cast<std::size_t>(*element);
    return at < list.size() ? number_of_literal(list[at]) : std::nan("");
}

/// What a formula asks for, at the combination that `values` (one per axis and per derived key so far) describe.
double value_of_name(const SweepPlan& plan, const std::vector<AxisLabel>& axes,
                     const std::vector<std::string>& values, const std::string& name) {
    const auto literal_of = [&](const std::string& key) -> std::string {
        for (std::size_t a = values.size(); a-- > 0;) {
            if (axes[a].key == key && !values[a].empty()) return values[a];
        }
        return plan.study.value(key).value_or("");
    };
    std::string literal = literal_of(name);
    std::optional<Index> element;
    if (literal.empty()) {
        const auto [key, index] = list_element(name);
        literal = literal_of(key);
        element = index;
    }
    if (literal.empty())
        throw InputError(fmt::format(
            "'{}' is neither an axis nor a key of the study: formulas ask for keys that are given", name));
    const double value = number_at(literal, element);
    if (std::isnan(value))
        throw InputError(fmt::format("'{}' is {}: formulas work with numbers (elements of lists: {}[0])",
                                     name, literal, name));
    return value;
}

double evaluate(const SweepPlan& plan, const std::vector<AxisLabel>& axes,
                const std::vector<std::string>& values, const Expression& formula) {
    std::vector<double> arguments;
    for (const std::string& name : formula.names())
        arguments.push_back(value_of_name(plan, axes, values, name));
    return formula.value(arguments);
}

/// Values of all axes and derived keys at a combination.
std::vector<std::string> values_at(const SweepPlan& plan, const std::vector<AxisLabel>& axes,
                                   Index combination) {
    std::vector<std::string> values;
    values.reserve(axes.size());
    const std::vector<Index> steps = steps_at(plan, combination);
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        for (const SweepAxis& axis : plan.groups[g].axes) values.push_back(axis.literal(steps[g]));
    }
    for (const DerivedKey& derived : plan.derived)
        values.push_back(literal_of_number(evaluate(plan, axes, values, derived.formula)));
    return values;
}

void keep_points(SweepPlan& plan) {
    if (plan.where.empty()) return;
    const std::vector<AxisLabel> axes = axes_of(plan);
    for (Index c = 0; c < plan.combinations; ++c) {
        const std::vector<std::string> values = values_at(plan, axes, c);
        const bool keep = std::ranges::all_of(plan.where, [&](const Expression& constraint) {
            return evaluate(plan, axes, values, constraint) != 0.0;
        });
        if (keep) plan.kept.push_back(c);
    }
    if (plan.kept.empty())
        throw InputError(fmt::format("{}: sweep.where leaves none of the {} combinations: loosen it",
                                     plan.file.string(), plan.combinations));
}

} // namespace

SweepPlan read_sweep(const std::filesystem::path& file) {
    require_readable(file, "a TOML file");
    return parse_sweep(read_text_file(file), file);
}

SweepPlan parse_sweep(std::string text, const std::filesystem::path& file) {
    const TomlDocument document = TomlDocument::parse(text, file.string());
    TomlDocument study = document;
    study.remove("sweep");
    SweepPlan plan{.file = file, .text = std::move(text), .study = std::move(study)};
    const TomlTable root = document.table();
    const Index seed = root.integer_or("seed", 1);
    plan.seed = static_cast<std::uint64_t>(std::max<Index>(seed, 0));
    read_sweep_table(root.table("sweep"), plan);
    constexpr Index most = Index{1} << 31;
    for (const AxisGroup& group : plan.groups) {
        if (plan.combinations > most / group.steps())
            throw InputError(fmt::format("{}: sweep has more than 2^31 combinations: leave out some axes, or "
                                         "draw points with sweep.samples",
                                         file.string()));
        plan.combinations *= group.steps();
    }
    try {
        keep_points(plan);
    } catch (const InputError& error) {
        const std::string message = error.what();
        if (message.starts_with(file.string())) throw;
        throw InputError(fmt::format("{}: sweep: {}", file.string(), message));
    }
    return plan;
}

std::vector<AxisLabel> axes_of(const SweepPlan& plan) {
    std::vector<AxisLabel> axes;
    for (const AxisGroup& group : plan.groups) {
        for (const SweepAxis& axis : group.axes) axes.push_back({axis.key, axis.kind});
    }
    for (const DerivedKey& derived : plan.derived) axes.push_back({derived.key, AxisKind::derived});
    return axes;
}

SweepPoint point_at(const SweepPlan& plan, Index number) {
    const Index combination = plan.where.empty() ? number : plan.kept[static_cast<std::size_t>(number)];
    return {number, values_at(plan, axes_of(plan), combination)};
}

SweepPoint combination_at(const SweepPlan& plan, Index combination) {
    return {combination, values_at(plan, axes_of(plan), combination)};
}

std::string coordinate_at(const SweepPlan& plan, const std::vector<AxisLabel>& axes, const SweepPoint& point,
                          std::size_t axis) {
    const std::string& value = point.values[axis];
    return value.empty() ? plan.study.value(axes[axis].key).value_or("") : value;
}

TomlDocument study_at(const SweepPlan& plan, const SweepPoint& point) {
    TomlDocument study = plan.study;
    const std::vector<AxisLabel> axes = axes_of(plan);
    for (std::size_t a = 0; a < axes.size(); ++a) {
        if (point.values[a].empty()) continue;
        switch (axes[a].kind) {
        case AxisKind::corner:
            if (axes[a].key != "corner") study.set(axes[a].key, point.values[a]);
            break;
        case AxisKind::repeat:
            study.set("seed", std::to_string(plan.seed +
                                             static_cast<std::uint64_t>(number_of_literal(point.values[a]))));
            break;
        case AxisKind::draw:
            for (const std::string& source : plan.sources) {
                study.set(seed_key(source),
                          std::to_string(plan.seed +
                                         static_cast<std::uint64_t>(number_of_literal(point.values[a]))));
            }
            break;
        default:
            study.set(axes[a].key, point.values[a]);
        }
    }
    return study;
}

std::string describe(const SweepPlan& plan, const SweepPoint& point) {
    std::string text;
    const std::vector<AxisLabel> axes = axes_of(plan);
    for (std::size_t a = 0; a < axes.size(); ++a) {
        if (!point.values[a].empty())
            text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", axes[a].key, point.values[a]);
    }
    return text;
}

} // namespace ohmloom
