#include "report/row_groups.hpp"

#include "base/si.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

bool is_repetition(const ResultAxis& axis) {
    return axis.kind == "repeat" || axis.kind == "draw";
}

std::string number_text(const ResultAxis& axis, double value) {
    return axis.unit == "1" ? fmt::format("{:g}", value) : format_si(value, axis.unit);
}

AxisLevels levels_of(const ResultAxis& axis) {
    AxisLevels levels{&axis, {}, {}, {}, axis.kind == "corner" && axis.name != "corner"};
    if (axis.numbers.empty()) {
        for (const std::string& text : axis.texts) {
            auto found = std::ranges::find(levels.names, text);
            levels.of_row.push_back(found - levels.names.begin());
            if (found != levels.names.end()) continue;
            levels.numbers.push_back(static_cast<double>(levels.names.size()));
            levels.names.push_back(text);
        }
        return levels;
    }
    levels.numbers = axis.numbers;
    std::ranges::sort(levels.numbers);
    levels.numbers.erase(std::unique(levels.numbers.begin(), levels.numbers.end()), levels.numbers.end());
    for (const double number : levels.numbers) levels.names.push_back(number_text(axis, number));
    for (const double number : axis.numbers)
        levels.of_row.push_back(std::ranges::lower_bound(levels.numbers, number) - levels.numbers.begin());
    return levels;
}

/// Whether the levels of another axis follow from those of this one. Drawn numbers are no reason.
bool determines(const AxisLevels& axis, const AxisLevels& other) {
    if (axis.axis->kind == "sample") return false;
    std::map<Index, Index> first;
    for (std::size_t row = 0; row < axis.of_row.size(); ++row) {
        const Index level = other.of_row[row];
        if (first.emplace(axis.of_row[row], level).first->second != level) return false;
    }
    return true;
}

/// A text that is a number with four digits; others as they are. Where some corners leave a key out its values are texts.
std::string short_number(const std::string& text) {
    double number = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? fmt::format("{:.4g}", number) : text;
}

/// A level where its axis is not named beside it.
std::string named_level(const AxisLevels& levels, Index level) {
    const std::string& name = levels.names[at(level)];
    if (levels.is_stepped && levels.axis->unit == "1") {
        const std::string& key = levels.axis->name;
        return fmt::format("{} {}", key.substr(key.rfind('.') + 1), short_number(name));
    }
    return levels.is_text() || levels.axis->unit != "1" ? name
                                                        : fmt::format("{} {}", levels.axis->name, name);
}

/// Whether rows of one corner have more than one of the levels: [corners].
std::vector<bool> varies_in_corners(const AxisLevels& corners, const AxisLevels& levels) {
    std::vector<Index> first(corners.names.size(), -1);
    std::vector<bool> varies(corners.names.size(), false);
    for (std::size_t row = 0; row < levels.of_row.size(); ++row) {
        const std::size_t corner = at(corners.of_row[row]);
        if (first[corner] < 0) first[corner] = levels.of_row[row];
        if (first[corner] != levels.of_row[row]) varies[corner] = true;
    }
    return varies;
}

/// [rows] of every axis: whether its level is told where a row is named.
std::vector<std::vector<bool>> told_levels(const std::vector<AxisLevels>& axes) {
    const auto corners =
        std::ranges::find(axes, "corner", [](const AxisLevels& axis) { return axis.axis->name; });
    std::vector<std::vector<bool>> told;
    for (const AxisLevels& axis : axes) {
        told.emplace_back(axis.of_row.size(), true);
        if (!axis.is_stepped || corners == axes.end()) continue;
        const std::vector<bool> varies = varies_in_corners(*corners, axis);
        for (std::size_t row = 0; row < axis.of_row.size(); ++row)
            told.back()[row] = varies[at(corners->of_row[row])];
    }
    return told;
}

} // namespace

double quantile(std::span<const double> sorted, double part) {
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

std::vector<AxisLevels> axes_with_levels(const ResultData& result, bool repetitions) {
    std::vector<AxisLevels> axes;
    for (const ResultAxis& axis : result.axes) {
        if (is_repetition(axis) != repetitions || axis.kind == "derived") continue;
        AxisLevels levels = levels_of(axis);
        const auto says_all = [&](const AxisLevels& other) {
            return !repetitions && determines(other, levels);
        };
        if (levels.names.size() > 1 && std::ranges::none_of(axes, says_all))
            axes.push_back(std::move(levels));
    }
    return axes;
}

std::optional<RowSummary> summarise(const ResultData& result, const ResultFigure& figure,
                                    std::span<const Index> rows) {
    std::vector<double> numbers;
    Index told = 0;
    for (const Index row : rows) {
        const double number = figure.values(row, 0);
        if (std::isnan(number)) continue;
        numbers.push_back(number);
        told = row;
    }
    if (numbers.empty()) return {};
    if (numbers.size() == 1) {
        const double value = numbers.front();
        const ResultFigure *low = find_figure(result, "accuracy_low"),
                           *high = find_figure(result, "accuracy_high");
        if (figure.name != "accuracy" || low == nullptr || high == nullptr)
            return RowSummary{1, value, value, value};
        return RowSummary{1, value, low->values(told, 0), high->values(told, 0)};
    }
    std::ranges::sort(numbers);
    return RowSummary{static_cast<Index>(numbers.size()), quantile(numbers, 0.5), quantile(numbers, 0.025),
                      quantile(numbers, 0.975)};
}

std::vector<RowGroup> groups_of_rows(const ResultData& result) {
    const std::vector<AxisLevels> axes = axes_with_levels(result);
    const bool has_repetitions = !axes_with_levels(result, true).empty();
    const std::vector<std::vector<bool>> told = told_levels(axes);
    std::vector<RowGroup> groups;
    std::map<std::vector<Index>, std::size_t> place;
    for (Index row = 0; row < result.rows; ++row) {
        std::vector<Index> key;
        std::string name;
        for (std::size_t a = 0; a < axes.size(); ++a) {
            const AxisLevels& axis = axes[a];
            key.push_back(axis.of_row[at(row)]);
            if (!told[a][at(row)]) continue;
            if (!name.empty()) name += ", ";
            name += named_level(axis, key.back());
        }
        if (!has_repetitions) key.push_back(row); // rows that nothing tells apart stay apart
        const auto [found, is_new] = place.emplace(key, groups.size());
        if (is_new) groups.push_back({name, {}});
        groups[found->second].rows.push_back(row);
    }
    return groups;
}

} // namespace ohmloom
