#include "converters/adc_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace ohmloom {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// y = shift + slope·x
struct Line {
    double shift, slope;
};

Line through_ends(const std::vector<double>& x, const std::vector<double>& y) {
    const double slope = (y.back() - y.front()) / (x.back() - x.front());
    return {y.front() - slope * x.front(), slope};
}

Line least_squares(const std::vector<double>& x, const std::vector<double>& y) {
    const auto count = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count,
                 mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
    double squares = 0.0, products = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        squares += (x[k] - mean_x) * (x[k] - mean_x);
        products += (x[k] - mean_x) * (y[k] - mean_y);
    }
    const double slope = products / squares;
    return {mean_y - slope * mean_x, slope};
}

double peak(const std::vector<double>& values) {
    double largest = 0.0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

/// Edges over all codes between the lowest and the highest that there are: sums of the codes' widths.
std::vector<double> edges_by_width(const CodeSteps& steps, std::int32_t lowest, std::int32_t highest) {
    std::vector<double> width(static_cast<std::size_t>(highest - lowest) + 1, 0.0);
    for (std::size_t k = 1; k < steps.edges.size(); ++k)
        width[static_cast<std::size_t>(steps.codes[k] - lowest)] += steps.edges[k] - steps.edges[k - 1];
    std::vector<double> edges;
    double edge = steps.edges.front();
    for (std::size_t k = 0; k + 1 < width.size(); ++k) edges.push_back(edge += width[k]);
    return edges;
}

/// The same without sums where codes rise: exact edges; several at one place where codes are missing.
std::vector<double> rising_edges(const CodeSteps& steps) {
    std::vector<double> edges;
    for (std::size_t k = 0; k < steps.edges.size(); ++k)
        edges.insert(edges.end(), static_cast<std::size_t>(steps.codes[k + 1] - steps.codes[k]),
                     steps.edges[k]);
    return edges;
}

Index different(std::vector<std::int32_t> codes) {
    std::sort(codes.begin(), codes.end());
    return std::unique(codes.begin(), codes.end()) - codes.begin();
}

Index codes_within(const CodeSteps& steps, InputRange range) {
    std::vector<std::int32_t> codes;
    for (std::size_t k = 0; k < steps.codes.size(); ++k) {
        const bool above = k > 0 && steps.edges[k - 1] > range.high,
                   below = k < steps.edges.size() && steps.edges[k] <= range.low;
        if (!above && !below) codes.push_back(steps.codes[k]);
    }
    return different(std::move(codes));
}

Spread spread_of(std::string_view name, std::string_view unit, std::vector<double> values) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    if (values.empty()) return {name, unit, undefined, undefined, undefined, undefined};
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const auto [least, greatest] = std::ranges::minmax(values);
    return {name, unit, mean, values.size() > 1 ? std::sqrt(squares / (count - 1.0)) : 0.0, least, greatest};
}

} // namespace

AdcFigures adc_figures(const CodeSteps& steps, const CodeGrid& grid) {
    AdcFigures figures;
    const auto [lowest, highest] = std::ranges::minmax(steps.codes);
    figures.monotone = std::ranges::is_sorted(steps.codes);
    if (highest == lowest)
        throw InputError(fmt::format("a converter that gives no code but {}: figures of merit need at least "
                                     "one edge between two; expected smaller errors",
                                     lowest));
    figures.first_code = lowest + 1;
    figures.edges = figures.monotone ? rising_edges(steps) : edges_by_width(steps, lowest, highest);
    figures.missing_codes = grid.highest_code() - grid.lowest_code() + 1 - different(steps.codes);
    figures.codes_in_range = codes_within(steps, grid.range());

    // Positions of the ideal edges, from the lower end of their own scale on.
    std::vector<double> positions(figures.edges.size());
    const Index first = figures.first_code - grid.code(1) + 1;
    if (figures.edges.size() == 1) {
        const double ideal = grid.edge(static_cast<double>(first));
        figures.end_point = figures.best_fit = {(ideal - figures.edges.front()) / grid.step(), undefined};
        figures.inl = figures.inl_best = {undefined};
        figures.dnl_peak = figures.inl_peak = figures.inl_best_peak = undefined;
        return figures;
    }
    std::iota(positions.begin(), positions.end(), static_cast<double>(first));
    const auto distances =
        [&](const Line& line) { // of the edges from a line over positions, in LSB of the line
            std::vector<double> inl;
            for (std::size_t k = 0; k < positions.size(); ++k)
                inl.push_back((figures.edges[k] - (line.shift + line.slope * positions[k])) / line.slope);
            return inl;
        };
    const Line ends = through_ends(positions, figures.edges), best = least_squares(positions, figures.edges);
    figures.inl = distances(ends);
    figures.inl_best = distances(best);
    for (std::size_t k = 1; k < figures.edges.size(); ++k)
        figures.dnl.push_back((figures.edges[k] - figures.edges[k - 1]) / ends.slope - 1.0);
    figures.dnl_peak = peak(figures.dnl);
    figures.inl_peak = peak(figures.inl);
    figures.inl_best_peak = peak(figures.inl_best);
    const InputRange range = grid.range();
    const double anchor = grid.lowest_code() < 0 ? 0.5 * range.low + 0.5 * range.high : range.low;
    const auto as_seen = [&](const Line& line) {
        const double gain = grid.step() / line.slope;
        return TransferLine{(anchor - line.shift) / line.slope - grid.position(anchor), gain - 1.0};
    };
    figures.end_point = as_seen(ends);
    figures.best_fit = as_seen(best);
    return figures;
}

std::vector<double> sine_sndr(const AdcBank& bank, const SineTest& test) {
    if (test.samples < 8 || test.cycles < 1 || std::gcd(test.samples, test.cycles) != 1)
        throw InputError(fmt::format(
            "a sine test of {} samples in {} cycles: expected at least 8 samples and no common divisor",
            test.samples, test.cycles));
    if (!(test.amplitude > 0.0) || !std::isfinite(test.amplitude))
        throw InputError(
            fmt::format("a sine test of the amplitude {}: expected a positive number", test.amplitude));
    const Index columns = bank.columns();
    Matrix<double> x(test.samples, columns);
    std::vector<double> cosine, sine;
    for (Index k = 0; k < test.samples; ++k) {
        // A phase to begin with: else the sine would take each of its values twice, and with either sign.
        const double phase = 0.1 + 2.0 * std::numbers::pi *
                                       static_cast<double>(k * test.cycles % test.samples) /
                                       static_cast<double>(test.samples);
        cosine.push_back(std::cos(phase));
        sine.push_back(std::sin(phase));
    }
    for (Index c = 0; c < columns; ++c) {
        const CodeGrid& grid = bank.grid(c);
        const bool symmetric = grid.code(0) == grid.code(1); // whose first piece is no code
        const double low = symmetric ? 1.0 : 0.0, high = static_cast<double>(grid.count());
        const double middle = 0.5 * (low + high), reach = 0.5 * (high - low) * test.amplitude;
        for (Index k = 0; k < test.samples; ++k)
            x(k, c) = grid.edge(middle + reach * sine[static_cast<std::size_t>(k)]);
    }
    const Matrix<std::int32_t> codes = bank.convert(x, sine_test_sample);
    // Over whole cycles 1, cos and sin are orthogonal: least squares are projections.
    const auto count = static_cast<double>(test.samples);
    std::vector<double> sndr;
    for (Index c = 0; c < columns; ++c) {
        double constant = 0.0, in_phase = 0.0, across = 0.0;
        for (Index k = 0; k < test.samples; ++k) {
            const auto at = static_cast<std::size_t>(k);
            constant += codes(k, c) / count;
            in_phase += 2.0 * codes(k, c) * sine[at] / count;
            across += 2.0 * codes(k, c) * cosine[at] / count;
        }
        double left = 0.0;
        for (Index k = 0; k < test.samples; ++k) {
            const auto at = static_cast<std::size_t>(k);
            const double rest = codes(k, c) - constant - in_phase * sine[at] - across * cosine[at];
            left += rest * rest / count;
        }
        sndr.push_back(10.0 * std::log10(0.5 * (in_phase * in_phase + across * across) / left));
    }
    return sndr;
}

double effective_bits(double sndr, const SineTest& test) {
    return bits_of_sndr(sndr) - std::log2(test.amplitude);
}

BankFigures bank_figures(const AdcBank& bank, const SineTest& test) {
    BankFigures figures;
    figures.sndr = sine_sndr(bank, test);
    for (const double sndr : figures.sndr) figures.enob.push_back(effective_bits(sndr, test));
    const AdcDesign& design = bank.design();
    std::vector<double> threshold, dnl, inl, inl_best, offset, gain, missing, sndr, enob;
    for (Index c = 0; c < bank.columns(); ++c) {
        figures.columns.push_back(adc_figures(bank.steps(c), bank.grid(c)));
        if (c % design.sharing != 0) continue; // a converter that has been counted
        const AdcFigures& one = figures.columns.back();
        ++figures.converters;
        threshold.push_back(one.edges.front());
        sndr.push_back(figures.sndr[static_cast<std::size_t>(c)]);
        enob.push_back(figures.enob[static_cast<std::size_t>(c)]);
        dnl.push_back(one.dnl_peak);
        inl.push_back(one.inl_peak);
        inl_best.push_back(one.inl_best_peak);
        offset.push_back(one.end_point.offset);
        gain.push_back(one.end_point.gain_error);
        missing.push_back(static_cast<double>(one.missing_codes));
        figures.monotone += one.monotone ? 1 : 0;
    }
    if (design.bits == 1) figures.spreads.push_back(spread_of("threshold", "1", threshold));
    const std::vector<Spread> all{spread_of("offset", "LSB", offset),
                                  spread_of("gain_error", "1", gain),
                                  spread_of("dnl_peak", "LSB", dnl),
                                  spread_of("inl_peak", "LSB", inl),
                                  spread_of("inl_best_peak", "LSB", inl_best),
                                  spread_of("missing_codes", "1", missing),
                                  spread_of("sndr", "dB", sndr),
                                  spread_of("enob", "bit", enob)};
    figures.spreads.insert(figures.spreads.end(), all.begin(), all.end());
    figures.energy = conversion_energy(design.cost, design.bits);
    figures.power = figures.energy * design.cost.sample_rate;
    figures.area = converter_area(design.cost, design.bits);
    figures.noise = input_noise(design.noise, design.range) / design.grid().step();
    return figures;
}

} // namespace ohmloom
