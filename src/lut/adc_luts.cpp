#include "lut/adc_luts.hpp"

#include "base/random.hpp"
#include "lut/interpolate.hpp"
#include "lut/refined_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ohmloom {

namespace {

constexpr std::string_view by_decision = "conversions decision by decision, without noise";

/// A tenth of the range beyond it, on both sides.
InputRange checked_range(const AdcBank& bank, Index column) {
    const InputRange range = bank.grid(column).range();
    const double width = range.high - range.low;
    return {range.low - 0.1 * width, range.high + 0.1 * width};
}

/// Errors of `code_of(column, input)` at random inputs of random columns.
template <class CodeOf>
LutError code_error(const AdcBank& bank, const CodeOf& code_of, Index points, std::uint32_t seed) {
    const RandomStream stream(seed, RandomPurpose::cross_check);
    LutError error{"code",
                   "1",
                   0.0,
                   0.0,
                   0.0,
                   points,
                   seed,
                   std::string(by_decision),
                   "columns at random, inputs evenly over the range and a tenth beyond"};
    double squares = 0.0;
    for (Index k = 0; k < points; ++k) {
        const auto place = static_cast<std::uint32_t>(k);
        const Index column =
            std::min(static_cast<Index>(stream.uniform(0, place, 0) * static_cast<double>(bank.columns())),
                     bank.columns() - 1);
        const InputRange range = checked_range(bank, column);
        const double x = range.low + (range.high - range.low) * stream.uniform(0, place, 1);
        const auto truth = static_cast<double>(bank.decide(column, x));
        const double difference = std::abs(code_of(column, x) - truth);
        error.largest = std::max(error.largest, difference);
        error.full_scale = std::max(error.full_scale, std::abs(truth));
        squares += difference * difference;
    }
    error.rms = std::sqrt(squares / static_cast<double>(std::max<Index>(points, 1)));
    return error;
}

Lut edges_lut(const AdcBank& bank, const std::string& input_unit, Index check_points, std::uint32_t seed) {
    std::vector<double> begin{0.0}, edges, codes, ranges;
    for (Index c = 0; c < bank.columns(); ++c) {
        const CodeSteps& steps = bank.steps(c);
        edges.insert(edges.end(), steps.edges.begin(), steps.edges.end());
        codes.insert(codes.end(), steps.codes.begin(), steps.codes.end());
        begin.push_back(static_cast<double>(edges.size()));
        const InputRange range = bank.grid(c).range();
        ranges.insert(ranges.end(), {range.low, range.high});
    }
    Lut table;
    table.kind = table.name = "edges";
    table.summary = "inputs at which every column's converter changes its code";
    table.arrays = {{"begin", "1", {"column_and_end"}, {static_cast<Index>(begin.size())}, begin},
                    {"edge", input_unit, {"edge"}, {static_cast<Index>(edges.size())}, edges},
                    {"code", "1", {"piece"}, {static_cast<Index>(codes.size())}, codes},
                    {"range", input_unit, {"column", "end"}, {bank.columns(), 2}, ranges}};
    table.texts["rounding"] = std::string(name_of(bank.design().rounding));
    table.numbers["is_signed"] = bank.design().is_signed ? 1.0 : 0.0;
    table.numbers["sharing"] = static_cast<double>(bank.design().sharing);
    const auto code_of = [&](Index column, double x) {
        const auto first = static_cast<Index>(begin[static_cast<std::size_t>(column)]),
                   last = static_cast<Index>(begin[static_cast<std::size_t>(column) + 1]);
        const auto above = std::upper_bound(edges.begin() + first, edges.begin() + last, x);
        return codes[static_cast<std::size_t>(above - edges.begin() + column)];
    };
    table.errors = {code_error(bank, code_of, check_points, seed)};
    return table;
}

/// The edges of all columns, rising, each once, and a node below them all.
std::vector<double> all_edges(const AdcBank& bank) {
    std::vector<double> all;
    for (Index c = 0; c < bank.columns(); ++c) {
        const std::vector<double>& edges = bank.steps(c).edges;
        if (bank.first_alike(c) == c) all.insert(all.end(), edges.begin(), edges.end());
    }
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    const InputRange range = bank.grid(0).range();
    const double below = all.empty() ? range.low : std::min(range.low, all.front() - bank.grid(0).step());
    all.insert(all.begin(), below);
    return all;
}

Lut codes_lut(const AdcBank& bank, const std::string& input_unit, std::vector<double> inputs,
              Index check_points, std::uint32_t seed) {
    Lut table;
    table.kind = "adc";
    table.name = "codes";
    table.summary = "code of every column's converter over its input";
    std::vector<double> columns = even_nodes(0.0, static_cast<double>(bank.columns() - 1), bank.columns());
    table.axes = {{"column", "1", std::move(columns), AxisRule::nodes, BeyondAxis::refuse},
                  {"input", input_unit, std::move(inputs), AxisRule::step, BeyondAxis::clamp}};
    const std::vector<double>& nodes = table.axes[1].values;
    LutArray code{"code", "1", {"column", "input"}, {bank.columns(), static_cast<Index>(nodes.size())}, {}};
    for (Index c = 0; c < bank.columns(); ++c)
        for (const double x : nodes) code.values.push_back(bank.steps(c).code(x));
    table.arrays = {std::move(code)};
    const Interpolant interpolant(table, "code");
    const auto code_of = [&](Index column, double x) {
        return interpolant.evaluate(std::array{static_cast<double>(column), x});
    };
    table.errors = {code_error(bank, code_of, check_points, seed)};
    return table;
}

Lut output_noise_lut(const AdcBank& bank, Index conversions) {
    const Index count = bank.highest_code() - bank.lowest_code() + 1;
    Matrix<double> x(conversions, bank.columns());
    std::vector<double> outputs, means, sigmas;
    for (Index k = 0; k < count; ++k) {
        const auto code = static_cast<std::int32_t>(bank.lowest_code() + k);
        for (Index s = 0; s < conversions; ++s)
            for (Index c = 0; c < bank.columns(); ++c) x(s, c) = bank.code_value(c, code);
        const Matrix<std::int32_t> codes = bank.convert(x, k * conversions);
        double sum = 0.0, squares = 0.0;
        for (const std::int32_t one : codes.values()) sum += one - bank.lowest_code();
        const double mean = sum / static_cast<double>(codes.size());
        for (const std::int32_t one : codes.values()) {
            const double difference = one - bank.lowest_code() - mean;
            squares += difference * difference;
        }
        outputs.push_back(static_cast<double>(k));
        means.push_back(mean);
        sigmas.push_back(std::sqrt(squares / static_cast<double>(codes.size())));
    }
    Lut table;
    table.kind = table.name = "output_noise";
    table.summary = "codes over ideal codes: mean and standard deviation over columns and conversions";
    table.axes = {{"output", "code", outputs, AxisRule::nodes, BeyondAxis::refuse}};
    table.arrays = {{"mean", "code", {"output"}, {count}, means},
                    {"sigma", "code", {"output"}, {count}, sigmas}};
    table.numbers["lowest_code"] = bank.lowest_code();
    table.numbers["conversions"] = static_cast<double>(conversions * bank.columns());
    return table;
}

} // namespace

std::vector<Lut> adc_luts(const AdcBank& bank, const std::string& input_unit, Index max_points,
                          Index conversions, Index check_points, std::uint32_t seed) {
    std::vector<Lut> tables{edges_lut(bank, input_unit, check_points, seed)};
    std::vector<double> inputs = all_edges(bank);
    if (static_cast<Index>(inputs.size()) <= max_points / bank.columns())
        tables.push_back(codes_lut(bank, input_unit, std::move(inputs), check_points, seed));
    tables.push_back(output_noise_lut(bank, conversions));
    for (Lut& table : tables) {
        table.seed = seed;
        table.texts["converter"] = std::string(name_of(bank.design().kind));
        table.numbers["bits"] = bank.design().bits;
    }
    return tables;
}

} // namespace ohmloom
