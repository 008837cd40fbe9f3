#include "netlist/comparison.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace ohmloom {

namespace {

constexpr std::string_view header = "name,unit,signal,at,value";

/// The difference in parts of the expected value, or of `floor` where that is less; infinite if not a number was found.
double relative_difference(double found, double expected, double floor) {
    const double difference = std::abs(found - expected);
    if (difference == 0.0) return 0.0;
    const double relative = difference / std::max(std::abs(expected), floor);
    return std::isnan(relative) ? std::numeric_limits<double>::infinity() : relative;
}

} // namespace

std::string expected_text(std::span<const DeckMeasure> measures) {
    std::string text = fmt::format("{}\n", header);
    for (const DeckMeasure& measure : measures) {
        if (!measure.value) continue;
        text += fmt::format("{},{},{},{},{}\n", measure.name, measure.unit, measure.signal,
                            measure.at ? fmt::format("{}", *measure.at) : "", *measure.value);
    }
    return text;
}

std::vector<ExpectedValue> read_expected(const std::filesystem::path& file) {
    const std::vector<std::vector<std::string>> table = read_csv(file);
    if (table.empty() || fmt::format("{}", fmt::join(table.front(), ",")) != header) {
        throw FileError(fmt::format("{}:1: expected the header '{}' of a netlist's expected values",
                                    file.string(), header));
    }
    std::vector<ExpectedValue> values;
    for (std::size_t k = 1; k < table.size(); ++k) {
        const std::vector<std::string>& row = table[k];
        const auto number = row.size() == 5 ? number_of(row[4]) : std::nullopt;
        const auto at = row.size() == 5 ? number_of(row[3]) : std::nullopt;
        if (!number || (!at && !row[3].empty()))
            throw FileError(fmt::format("{}:{}: expected {}", file.string(), k + 1, header));
        values.push_back({row[0], row[1], row[2], at, *number});
    }
    if (values.empty()) throw FileError(fmt::format("{}: holds no expected values", file.string()));
    return values;
}

Comparison compare(std::span<const ExpectedValue> expected, const SimulatorResult& result) {
    std::map<std::string, double> largest;
    for (const ExpectedValue& value : expected)
        largest[value.unit] = std::max(largest[value.unit], std::abs(value.value));
    Comparison comparison;
    for (const ExpectedValue& value : expected) {
        std::optional<double> found = result.measure(value.name);
        if (!found) found = result.signal_at(value.signal, value.at);
        if (!found) {
            comparison.missing.push_back(value.name);
            continue;
        }
        const double relative = relative_difference(*found, value.value, 1e-3 * largest[value.unit]);
        if (comparison.compared++ > 0 && !(relative > comparison.worst)) continue;
        comparison.worst = relative;
        comparison.worst_name = value.name;
        comparison.worst_unit = value.unit;
        comparison.worst_expected = value.value;
        comparison.worst_found = *found;
    }
    return comparison;
}

} // namespace ohmloom
