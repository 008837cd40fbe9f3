#include "sweep/sweep_matching.hpp"

#include "base/errors.hpp"
#include "sweep/sweep_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

/// What two sweeps are matched by, in one order for both.
struct CommonAxes {
    PointNames first, second;               ///< of the rows
    PointNames first_failed, second_failed; ///< of the failed points
    std::vector<LoneAxis> lone;
};

std::optional<std::size_t> place_of(const StoredSweep& sweep, const std::string& key) {
    const auto found = std::ranges::find(sweep.axes.parts, key, &NamePart::name);
    if (found == sweep.axes.parts.end()) return std::nullopt;
    return static_cast<std::size_t>(found - sweep.axes.parts.begin());
}

/// Number of a draw whose seed a study has for some sources; empty if it is none.
std::string draw_of_seed(const StoredSweep& of_axis, std::optional<double> seed) {
    if (!seed || !(*seed >= static_cast<double>(of_axis.seed))) return "";
    return literal_of_number(*seed - static_cast<double>(of_axis.seed));
}

/// The one seed of the sources that an axis draws; none if they differ.
std::optional<double> seed_of_sources(const StoredSweep& of_axis, const StoredSweep& other) {
    std::vector<std::string> sources{"devices", "converters", "stages", "capacitors"};
    const TomlTable root = of_axis.study.table();
    const TomlTable draws = root.table("sweep").table("monte-carlo");
    if (draws.has("sources")) sources = draws.texts("sources");
    std::optional<double> seed;
    for (const std::string& source : sources) {
        const std::optional<std::string> given = other.study.value("seeds." + source);
        const double here = given ? number_of_literal(*given) : static_cast<double>(other.seed);
        if (seed && *seed != here) return std::nullopt;
        seed = here;
    }
    return seed;
}

/// What a sweep without an axis holds its key at, as TOML writes it; empty if its study does not say.
std::string held_value(const StoredSweep& of_axis, std::size_t axis, const StoredSweep& other) {
    const std::string& kind = of_axis.kinds[axis];
    if (kind == name_of(AxisKind::repeat)) return draw_of_seed(of_axis, static_cast<double>(other.seed));
    if (kind == name_of(AxisKind::draw)) return draw_of_seed(of_axis, seed_of_sources(of_axis, other));
    return other.study.value(of_axis.axes.parts[axis].name).value_or("");
}

/// The same value for all points of a sweep that has no such axis.
NamePart held_part(const std::string& key, const std::string& value, Index points) {
    return coordinate_part(key, std::vector(static_cast<std::size_t>(points), value));
}

PointNames one_part(const NamePart& part, Index points) {
    return {points, {part}};
}

/// Whether an axis has more than one value.
bool varies(const StoredSweep& sweep, const NamePart& axis) {
    const PointNames names = one_part(axis, sweep.rows());
    return sweep.rows() > 0 && parts_to_say(names, names).front();
}

bool has_value(const StoredSweep& sweep, const NamePart& axis, const std::string& value) {
    return !match_points(one_part(axis, sweep.rows()), one_part(held_part(axis.name, value, 1), 1)).empty();
}

/// Axes for which the other sweep offers no point, in words.
using Unmatched = std::vector<std::string>;

/// Takes in an axis that only one sweep has: its rows and failures go to `own`, the other's to `others`.
void add_lone_axis(const StoredSweep& of_axis, std::size_t axis, const StoredSweep& other, bool is_of_first,
                   CommonAxes& common, Unmatched& unmatched) {
    const NamePart& part = of_axis.axes.parts[axis];
    if (part.name == "corner") {
        common.lone.push_back({part.name, is_of_first, LoneAxis::Use::label, ""});
        return;
    }
    if (!varies(of_axis, part)) {
        const std::string value =
            of_axis.rows() > 0
                ? point_name(one_part({.name = part.name, .numbers = part.numbers, .texts = part.texts},
                                      of_axis.rows()),
                             {true}, 0)
                : "";
        common.lone.push_back({part.name, is_of_first, LoneAxis::Use::single, value});
        return;
    }
    const std::string value = held_value(of_axis, axis, other);
    if (!has_value(of_axis, part, value)) {
        unmatched.push_back(fmt::format("{} ({} {})", part.name, other.file.filename().string(),
                                        value.empty() ? "does not give it" : "has " + value));
        return;
    }
    common.lone.push_back({part.name, is_of_first, LoneAxis::Use::held, value});
    PointNames &own = is_of_first ? common.first : common.second,
               &own_failed = is_of_first ? common.first_failed : common.second_failed,
               &others = is_of_first ? common.second : common.first,
               &others_failed = is_of_first ? common.second_failed : common.first_failed;
    own.parts.push_back(part);
    own_failed.parts.push_back(of_axis.failed_axes.parts[axis]);
    others.parts.push_back(held_part(part.name, value, others.points));
    others_failed.parts.push_back(held_part(part.name, value, others_failed.points));
}

CommonAxes common_axes(const StoredSweep& first, const StoredSweep& second,
                       const std::vector<std::string>& ignored) {
    const auto is_ignored = [&](const std::string& key) {
        return std::ranges::find(ignored, key) != ignored.end();
    };
    CommonAxes common{{first.rows()},
                      {second.rows()},
                      {static_cast<Index>(first.failures.size())},
                      {static_cast<Index>(second.failures.size())},
                      {}};
    Unmatched unmatched;
    for (std::size_t a = 0; a < first.axes.parts.size(); ++a) {
        const std::string& key = first.axes.parts[a].name;
        if (is_ignored(key)) continue;
        const std::optional<std::size_t> b = place_of(second, key);
        if (!b) {
            add_lone_axis(first, a, second, true, common, unmatched);
            continue;
        }
        common.first.parts.push_back(first.axes.parts[a]);
        common.second.parts.push_back(second.axes.parts[*b]);
        common.first_failed.parts.push_back(first.failed_axes.parts[a]);
        common.second_failed.parts.push_back(second.failed_axes.parts[*b]);
    }
    for (std::size_t b = 0; b < second.axes.parts.size(); ++b) {
        const std::string& key = second.axes.parts[b].name;
        if (!is_ignored(key) && !place_of(first, key))
            add_lone_axis(second, b, first, false, common, unmatched);
    }
    constexpr std::size_t most_named = 3; // the line is to be read
    if (unmatched.size() > most_named) {
        const std::size_t more = unmatched.size() - most_named;
        unmatched.resize(most_named);
        unmatched.push_back(fmt::format("{} more", more));
    }
    if (!unmatched.empty())
        throw InputError(
            fmt::format("{} and {} do not have the same axes: {}; expected one of the axis' values "
                        "there, or --ignore for axes that do not matter",
                        first.file.string(), second.file.string(), fmt::join(unmatched, ", ")));
    return common;
}

/// Axes, then circuits.
PointNames joined(PointNames axes, const PointNames& circuits) {
    axes.parts.insert(axes.parts.end(), circuits.parts.begin(), circuits.parts.end());
    for (NamePart& part : axes.parts) part.is_always_said = false;
    return axes;
}

void require_ignored(const StoredSweep& first, const StoredSweep& second,
                     const std::vector<std::string>& ignored) {
    for (const std::string& key : ignored) {
        if (place_of(first, key) || place_of(second, key)) continue;
        std::vector<std::string> axes;
        for (const StoredSweep* sweep : {&first, &second}) {
            for (const NamePart& axis : sweep->axes.parts) {
                if (std::ranges::find(axes, axis.name) == axes.end()) axes.push_back(axis.name);
            }
        }
        throw InputError(fmt::format("--ignore names '{}', which is no axis of {} or {}: expected one of {}",
                                     key, first.file.string(), second.file.string(), fmt::join(axes, ", ")));
    }
}

void require_different(const StoredSweep& sweep, const PointNames& names,
                       const std::vector<std::string>& ignored) {
    const Index alike = repeated_points(names);
    if (ignored.empty() || alike == 0) return;
    throw InputError(fmt::format("--ignore {}: without it {} of {} points of {} are like others; expected "
                                 "axes that do not tell points apart",
                                 fmt::join(ignored, ","), alike, sweep.rows(), sweep.file.string()));
}

/// Whether of every point either all rows are matched or none.
bool has_whole_points(const StoredSweep& sweep, const std::vector<PointMatch>& rows,
                      Index PointMatch::*side) {
    std::vector<bool> matched(static_cast<std::size_t>(sweep.points), false);
    const auto point_of = [&](Index row) {
        return static_cast<std::size_t>(sweep.point_of_row[static_cast<std::size_t>(row)]);
    };
    for (const PointMatch& match : rows) matched[point_of(match.*side)] = true;
    return std::ranges::none_of(unmatched_points(rows, side, sweep.rows()),
                                [&](Index row) { return matched[point_of(row)]; });
}

/// Rows by axes alone, if all points have as many circuits in both; else none.
std::vector<PointMatch> match_by_place(const StoredSweep& first, const StoredSweep& second,
                                       const CommonAxes& axes) {
    std::vector<PointMatch> rows = match_points(axes.first, axes.second);
    if (!has_whole_points(first, rows, &PointMatch::first) ||
        !has_whole_points(second, rows, &PointMatch::second))
        rows.clear();
    return rows;
}

/// Failed points of one sweep with a row of the point that the other has there.
std::vector<FailedMatch> match_failures(const PointNames& failed, const PointNames& rows) {
    std::vector<FailedMatch> matches;
    for (const PointMatch& match : match_points(failed, rows)) matches.push_back({match.first, match.second});
    return matches;
}

/// Rows without a partner whose points the other sweep did not fail at either.
std::vector<Index> rows_of_one(const StoredSweep& sweep, const std::vector<PointMatch>& rows,
                               Index PointMatch::*side, const std::vector<FailedMatch>& failed_in_other) {
    std::vector<bool> failed(static_cast<std::size_t>(sweep.points), false);
    const auto point_of = [&](Index row) {
        return static_cast<std::size_t>(sweep.point_of_row[static_cast<std::size_t>(row)]);
    };
    for (const FailedMatch& match : failed_in_other) failed[point_of(match.row)] = true;
    std::vector<Index> rest = unmatched_points(rows, side, sweep.rows());
    std::erase_if(rest, [&](Index row) { return failed[point_of(row)]; });
    return rest;
}

void refuse_unmatched(const StoredSweep& first, const StoredSweep& second, const SweepMatching& matching) {
    for (const StoredSweep* sweep : {&first, &second}) {
        if (sweep->rows() == 0)
            throw InputError(fmt::format("{}: none of its {} points has results: nothing can be compared",
                                         sweep->file.string(), sweep->points));
    }
    throw InputError(fmt::format(
        "{} and {} have no point in common: the first of {} is {}, of {} {}", first.file.string(),
        second.file.string(), first.file.filename().string(), point_name(matching.first, matching.said, 0),
        second.file.filename().string(), point_name(matching.second, matching.said, 0)));
}

} // namespace

SweepMatching match_sweeps(const StoredSweep& first, const StoredSweep& second,
                           const std::vector<std::string>& ignored) {
    require_ignored(first, second, ignored);
    const CommonAxes axes = common_axes(first, second, ignored);
    SweepMatching matching{.first = joined(axes.first, first.circuits),
                           .second = joined(axes.second, second.circuits),
                           .lone_axes = axes.lone};
    require_different(first, matching.first, ignored);
    require_different(second, matching.second, ignored);
    matching.said = parts_to_say(matching.first, matching.second);
    matching.rows = match_points(matching.first, matching.second);
    if (matching.rows.empty()) {
        matching.rows = match_by_place(first, second, axes);
        matching.circuits_by_place = true;
    }
    if (matching.rows.empty()) refuse_unmatched(first, second, matching);
    matching.failed_in_second = match_failures(axes.second_failed, axes.first);
    matching.failed_in_first = match_failures(axes.first_failed, axes.second);
    matching.only_first = rows_of_one(first, matching.rows, &PointMatch::first, matching.failed_in_second);
    matching.only_second = rows_of_one(second, matching.rows, &PointMatch::second, matching.failed_in_first);
    return matching;
}

} // namespace ohmloom
