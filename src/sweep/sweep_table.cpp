#include "sweep/sweep_table.hpp"

#include "store/toml_table.hpp"
#include "sweep/samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <utility>

namespace ohmloom {

namespace {

/// Keys of `[sweep]` that are no axes.
constexpr std::array reserved{"zip",         "where",   "derived",     "samples", "corners",
                              "monte-carlo", "repeats", "comparisons", "classes"};

bool is_reserved(const std::string& key) {
    return std::ranges::find(reserved, key) != reserved.end();
}

/// Evenly spaced numbers, both ends among them.
std::vector<double> spaced(double from, double to, Index steps, bool logarithmic) {
    std::vector<double> values;
    for (Index i = 0; i < steps; ++i) {
        const auto step = static_cast<double>(i), last = static_cast<double>(std::max<Index>(steps - 1, 1));
        if (i == 0)
            values.push_back(from);
        else if (i + 1 == steps)
            values.push_back(to);
        else if (logarithmic)
            values.push_back(from * std::pow(to / from, step / last));
        else
            values.push_back(from + (to - from) * step / last); // whole numbers stay whole
    }
    return values;
}

double number_in(const TomlTable& table, std::string_view key) {
    const double value = number_of_literal(table.literal(key));
    if (std::isnan(value)) table.refuse(key, fmt::format("is {}: expected a number", table.literal(key)));
    return value;
}

/// The two ends of a range.
std::pair<double, double> read_ends(const TomlTable& range, bool logarithmic) {
    const double from = number_in(range, "from"), to = number_in(range, "to");
    if (logarithmic && !(from > 0.0)) range.refuse("from", "must be positive: scale is \"log\"");
    if (logarithmic && !(to > 0.0)) range.refuse("to", "must be positive: scale is \"log\"");
    return {from, to};
}

bool is_logarithmic(const TomlTable& range) {
    return range.word_or("scale", "linear", {"linear", "log"}) == "log";
}

void round_all(std::vector<double>& values) {
    for (double& value : values) value = std::round(value);
}

/// `{ from, to, steps }`
SweepAxis read_range(const TomlTable& range, std::string key) {
    const bool logarithmic = is_logarithmic(range);
    const auto [from, to] = read_ends(range, logarithmic);
    const Index steps = range.integer("steps");
    if (steps < 1 || steps > 1'000'000)
        range.refuse("steps", fmt::format("is {}: expected 1 to 1000000", steps));
    SweepAxis axis{std::move(key),
                   logarithmic ? AxisKind::log : AxisKind::range,
                   {},
                   spaced(from, to, steps, logarithmic)};
    if (range.flag_or("integer", false)) {
        round_all(axis.numbers);
        axis.numbers.erase(std::unique(axis.numbers.begin(), axis.numbers.end()), axis.numbers.end());
    }
    return axis;
}

/// Values of a list or the `choice` of a table.
std::vector<std::string> read_list(const TomlTable& table, std::string_view key) {
    std::vector<std::string> values = table.literals(key);
    if (values.empty()) table.refuse(key, "is empty: give at least one value");
    return values;
}

/// The axis that a table stands for: { choice } or { from, to, steps }; none if its keys are keys of the study.
std::optional<SweepAxis> axis_in(const TomlTable& table, const std::string& key) {
    if (table.has("choice")) return SweepAxis{key, AxisKind::list, read_list(table, "choice"), {}};
    if (table.has("from") || table.has("to") || table.has("steps")) return read_range(table, key);
    return {};
}

/// Axes below a table: quoted keys ("array.r_row") and TOML's own dotted ones (array.r_row) mean the same.
void read_axes(const TomlTable& table, const std::string& prefix, std::vector<SweepAxis>& axes) {
    for (const std::string& name : table.keys()) {
        if (prefix.empty() && is_reserved(name)) continue;
        const std::string key = prefix + name;
        if (table.is_list(name)) {
            axes.push_back({key, AxisKind::list, read_list(table, name), {}});
        } else if (table.is_table(name)) {
            const TomlTable below = table.table(name);
            if (std::optional<SweepAxis> axis = axis_in(below, key))
                axes.push_back(std::move(*axis));
            else
                read_axes(below, key + ".", axes);
        } else {
            table.refuse(name,
                         "is one value: expected a list, as [1, 2, 5], or { from = 1, to = 10, steps = 4 }");
        }
    }
}

/// What a uniform number becomes on one sampled axis.
struct Distribution {
    enum class Kind { uniform, log_uniform, normal, log_normal, choice } kind = Kind::uniform;
    double first = 0.0, second = 0.0; ///< ends; mean and sigma; median and sigma of the logarithm
    double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
    bool integer = false;
    std::vector<std::string> choices;

    [[nodiscard]] double at(double u) const {
        double value = 0.0;
        switch (kind) {
        case Kind::uniform:
            value = first + (second - first) * u;
            break;
        case Kind::log_uniform:
            value = first * std::pow(second / first, u);
            break;
        case Kind::normal:
            value = first + second * normal_quantile(u);
            break;
        case Kind::log_normal:
            value = first * std::exp(second * normal_quantile(u));
            break;
        case Kind::choice:
            value = std::floor(u * static_cast<double>(choices.size()));
            break;
        }
        value = std::clamp(value, least, most);
        return integer ? std::round(value) : value;
    }
};

Distribution read_distribution(const TomlTable& table) {
    using Kind = Distribution::Kind;
    Distribution distribution;
    const auto spread = [&](Kind kind, std::string_view centre) {
        distribution.kind = kind;
        distribution.first = number_in(table, centre);
        distribution.second = number_in(table, "sigma");
        if (!(distribution.second >= 0.0)) table.refuse("sigma", "must not be negative");
        if (table.has("min")) distribution.least = number_in(table, "min");
        if (table.has("max")) distribution.most = number_in(table, "max");
        if (distribution.least > distribution.most) table.refuse("min", "is above max");
    };
    if (table.has("choice")) {
        distribution.kind = Kind::choice;
        distribution.choices = read_list(table, "choice");
        return distribution;
    }
    if (table.has("mean")) {
        spread(Kind::normal, "mean");
    } else if (table.has("median")) {
        spread(Kind::log_normal, "median");
        if (!(distribution.first > 0.0)) table.refuse("median", "must be positive");
    } else {
        const bool logarithmic = is_logarithmic(table);
        distribution.kind = logarithmic ? Kind::log_uniform : Kind::uniform;
        std::tie(distribution.first, distribution.second) = read_ends(table, logarithmic);
    }
    distribution.integer = table.flag_or("integer", false);
    return distribution;
}

void read_distributions(const TomlTable& table, const std::string& prefix,
                        std::vector<std::pair<std::string, Distribution>>& distributions) {
    for (const std::string& name : table.keys()) {
        if (prefix.empty() && (name == "method" || name == "count")) continue;
        if (table.is_list(name)) {
            distributions.push_back(
                {prefix + name, {.kind = Distribution::Kind::choice, .choices = read_list(table, name)}});
            continue;
        }
        if (!table.is_table(name))
            table.refuse(
                name, "is one value: expected a list, or { from, to }, { mean, sigma } or { median, sigma }");
        const TomlTable below = table.table(name);
        const bool is_distribution = below.has("choice") || below.has("mean") || below.has("median") ||
                                     below.has("from") || below.has("to");
        if (is_distribution)
            distributions.emplace_back(prefix + name, read_distribution(below));
        else
            read_distributions(below, prefix + name + ".", distributions);
    }
}

/// `[sweep.samples]`: axes whose steps are drawn together.
AxisGroup read_samples(const TomlTable& samples, std::uint64_t seed) {
    const std::string method =
        samples.word_or("method", "latin-hypercube", {"latin-hypercube", "sobol", "monte-carlo"});
    const Sampling sampling = method == "sobol"         ? Sampling::sobol
                              : method == "monte-carlo" ? Sampling::monte_carlo
                                                        : Sampling::latin_hypercube;
    const Index count = samples.integer("count");
    if (count < 1 || count > 100'000'000)
        samples.refuse("count", fmt::format("is {}: expected 1 to 100000000", count));
    std::vector<std::pair<std::string, Distribution>> distributions;
    read_distributions(samples, "", distributions);
    if (distributions.empty())
        samples.refuse("count",
                       "has nothing to sample: give keys, as \"array.r_row\" = { from = 1, to = 10 }");
    const Matrix<double> points =
        unit_samples(sampling, count, static_cast<Index>(distributions.size()), seed);
    AxisGroup group;
    for (std::size_t a = 0; a < distributions.size(); ++a) {
        const auto& [key, distribution] = distributions[a];
        SweepAxis axis{key, AxisKind::sample, {}, {}};
        for (Index i = 0; i < count; ++i) {
            const double value = distribution.at(points(i, static_cast<Index>(a)));
            if (distribution.choices.empty())
                axis.numbers.push_back(value);
            else
                axis.literals.push_back(distribution.choices[static_cast<std::size_t>(value)]);
        }
        group.axes.push_back(std::move(axis));
    }
    return group;
}

/// Keys below a corner with their values: one, or a step after the other.
void read_settings(const TomlTable& table, const std::string& prefix, std::vector<SweepAxis>& settings) {
    for (const std::string& name : table.keys()) {
        const std::string key = prefix + name;
        if (!table.is_table(name)) {
            settings.push_back({key, AxisKind::corner, {table.literal(name)}, {}});
            continue;
        }
        const TomlTable below = table.table(name);
        if (std::optional<SweepAxis> axis = axis_in(below, key))
            settings.push_back(std::move(*axis));
        else
            read_settings(below, key + ".", settings);
    }
}

/// How many points a corner stands for: as many as its stepped keys have values.
Index steps_of_corner(const TomlTable& corners, const std::string& name,
                      const std::vector<SweepAxis>& settings) {
    const SweepAxis* stepped = nullptr;
    for (const SweepAxis& setting : settings) {
        if (setting.steps() == 1) continue;
        if (stepped != nullptr && stepped->steps() != setting.steps())
            corners.refuse(name,
                           fmt::format("steps '{}' through {} values and '{}' through {}: expected as many",
                                       stepped->key, stepped->steps(), setting.key, setting.steps()));
        stepped = &setting;
    }
    return stepped == nullptr ? 1 : stepped->steps();
}

/// `[sweep.corners]`: named sets of values, whose stepped keys take their steps together. A corner that does not name a key leaves it as the
/// study has it.
AxisGroup read_corners(const TomlTable& corners) {
    AxisGroup group;
    group.axes.push_back({"corner", AxisKind::corner, {}, {}});
    for (const std::string& name : corners.keys()) {
        std::vector<SweepAxis> settings;
        read_settings(corners.table(name), "", settings);
        const auto before = static_cast<std::size_t>(group.steps());
        const Index steps = steps_of_corner(corners, name, settings);
        for (const SweepAxis& setting : settings) {
            auto axis = std::ranges::find(group.axes, setting.key, &SweepAxis::key);
            if (axis == group.axes.end()) {
                group.axes.push_back({setting.key, AxisKind::corner, std::vector<std::string>(before), {}});
                axis = std::prev(group.axes.end());
            }
            for (Index step = 0; step < steps; ++step)
                axis->literals.push_back(setting.literal(setting.steps() == 1 ? 0 : step));
        }
        group.axes.front().literals.resize(before + static_cast<std::size_t>(steps),
                                           fmt::format("\"{}\"", name));
        for (SweepAxis& axis : group.axes) axis.literals.resize(group.axes.front().literals.size());
    }
    return group;
}

std::vector<std::string> counted(Index count, Index first) {
    std::vector<std::string> literals;
    for (Index i = 0; i < count; ++i) literals.push_back(std::to_string(first + i));
    return literals;
}

/// No point may be in lists twice; numbers of ranges differ by themselves.
void require_different_steps(const TomlTable& sweep, const AxisGroup& group) {
    if (std::ranges::any_of(group.axes, [](const SweepAxis& axis) { return axis.literals.empty(); })) return;
    std::set<std::vector<std::string>> different;
    for (Index step = 0; step < group.steps(); ++step) {
        std::vector<std::string> values;
        for (const SweepAxis& axis : group.axes) values.push_back(axis.literal(step));
        if (!different.insert(values).second)
            sweep.refuse(group.axes.front().key, fmt::format("holds {} twice", fmt::join(values, " with ")));
    }
}

/// Axes that `zip` names become one group at the place of the first of them.
std::vector<AxisGroup> group_axes(const TomlTable& sweep, std::vector<SweepAxis> axes) {
    std::vector<std::vector<std::string>> zips;
    if (sweep.has("zip")) {
        const std::vector<std::string> lists = sweep.literals("zip");
        for (const std::string& list : lists) {
            const TomlTable holder = TomlTable::parse("keys = " + list, "sweep.zip");
            if (!holder.is_list("keys"))
                sweep.refuse("zip",
                             "is one list: expected lists of keys, as [[\"array.rows\", \"array.cols\"]]");
            zips.push_back(holder.texts("keys"));
        }
    }
    std::vector<AxisGroup> groups;
    std::vector<std::size_t> group_of_zip(zips.size(), std::numeric_limits<std::size_t>::max());
    for (SweepAxis& axis : axes) {
        const auto zip = std::ranges::find_if(zips, [&](const std::vector<std::string>& keys) {
            return std::ranges::find(keys, axis.key) != keys.end();
        });
        if (zip == zips.end()) {
            groups.push_back({{std::move(axis)}});
            continue;
        }
        std::size_t& group = group_of_zip[static_cast<std::size_t>(zip - zips.begin())];
        if (group == std::numeric_limits<std::size_t>::max()) {
            group = groups.size();
            groups.push_back({{std::move(axis)}});
        } else {
            if (axis.steps() != groups[group].steps())
                sweep.refuse("zip",
                             fmt::format("joins '{}' with {} values and '{}' with {}: expected as many",
                                         groups[group].axes.front().key, groups[group].steps(), axis.key,
                                         axis.steps()));
            groups[group].axes.push_back(std::move(axis));
        }
    }
    for (const std::vector<std::string>& keys : zips) {
        for (const std::string& key : keys) {
            const bool known = std::ranges::any_of(groups, [&](const AxisGroup& group) {
                return std::ranges::any_of(group.axes, [&](const SweepAxis& a) { return a.key == key; });
            });
            if (!known) sweep.refuse("zip", fmt::format("names '{}', which is no axis", key));
        }
    }
    for (const AxisGroup& group : groups) require_different_steps(sweep, group);
    return groups;
}

void read_derived(const TomlTable& table, const std::string& prefix, std::vector<DerivedKey>& derived) {
    for (const std::string& name : table.keys()) {
        if (table.is_table(name)) {
            read_derived(table.table(name), prefix + name + ".", derived);
            continue;
        }
        if (!table.is_text(name))
            table.refuse(name, "must be a formula in quotes, as \"1.25 * array.r_row\"");
        try {
            derived.push_back({prefix + name, Expression(table.text(name))});
        } catch (const InputError& error) {
            table.refuse(name, fmt::format("is wrong: {}", error.what()));
        }
    }
}

/// `[sweep.monte-carlo]`: new seeds of some sources of variation.
void read_draws(const TomlTable& draws, SweepPlan& plan) {
    const Index count = draws.integer("draws");
    if (count < 1 || count > 100'000'000)
        draws.refuse("draws", fmt::format("is {}: expected 1 to 100000000", count));
    const std::vector<std::string> known{"devices", "converters", "stages", "capacitors"};
    plan.sources = draws.has("sources") ? draws.texts("sources") : known;
    for (const std::string& source : plan.sources) {
        if (std::ranges::find(known, source) == known.end())
            draws.refuse("sources",
                         fmt::format("holds '{}': expected some of {}", source, fmt::join(known, ", ")));
    }
    if (plan.sources.empty()) draws.refuse("sources", "is empty: name at least one source of variation");
    plan.groups.push_back({{{"draw", AxisKind::draw, counted(count, 0), {}}}});
}

/// No key may be set twice.
void require_different_keys(const TomlTable& sweep, const SweepPlan& plan) {
    std::set<std::string> keys;
    for (const AxisLabel& axis : axes_of(plan)) {
        if (!keys.insert(axis.key).second) sweep.refuse(axis.key, "is varied twice: name it once in [sweep]");
    }
    for (const char* seeded : {"repeat", "draw"}) {
        if (keys.contains(seeded) && keys.contains("seed"))
            sweep.refuse("seed", fmt::format("cannot be varied beside {}s, which set it", seeded));
    }
}

} // namespace

void read_sweep_table(const TomlTable& sweep, SweepPlan& plan) {
    std::vector<SweepAxis> axes;
    read_axes(sweep, "", axes);
    plan.groups = group_axes(sweep, std::move(axes));
    if (sweep.has("samples")) plan.groups.push_back(read_samples(sweep.table("samples"), plan.seed));
    if (sweep.has("corners")) {
        plan.groups.push_back(read_corners(sweep.table("corners")));
        if (plan.groups.back().steps() == 0) sweep.refuse("corners", "is empty: name at least one corner");
    }
    if (sweep.has("monte-carlo")) read_draws(sweep.table("monte-carlo"), plan);
    const Index repeats = sweep.integer_or("repeats", 1);
    if (repeats < 1 || repeats > 100'000'000)
        sweep.refuse("repeats", fmt::format("is {}: expected 1 to 100000000", repeats));
    if (repeats > 1) plan.groups.push_back({{{"repeat", AxisKind::repeat, counted(repeats, 0), {}}}});
    read_derived(sweep.table("derived"), "", plan.derived);
    if (sweep.has("where")) {
        const std::vector<std::string> constraints =
            sweep.is_text("where") ? std::vector{sweep.text("where")} : sweep.texts("where");
        for (const std::string& constraint : constraints) {
            try {
                plan.where.emplace_back(constraint);
            } catch (const InputError& error) {
                sweep.refuse("where", fmt::format("is wrong: {}", error.what()));
            }
        }
    }
    plan.comparisons = sweep.flag_or("comparisons", true);
    plan.keep_classes = sweep.flag_or("classes", true);
    require_different_keys(sweep, plan);
    sweep.require_no_other_keys();
}

} // namespace ohmloom
