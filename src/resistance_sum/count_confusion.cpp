#include "resistance_sum/count_confusion.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace ohmloom {

namespace {

constexpr std::uint32_t trial_tile = 0xffffffff; // apart from every tile of a network

double normal_below(double x) {
    return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

} // namespace

TimeSpread predicted_spread(const ColumnDischarge& discharge, Index mismatches) {
    const SeriesColumnDesign& design = discharge.design();
    const Index cells = discharge.cells();
    const auto n = static_cast<double>(cells);
    const double p = static_cast<double>(mismatches) / n;
    const double resistance = (1.0 - p) * design.low.mean + p * design.high.mean;
    const double step = 0.03 * resistance; // differences of fourth order in it are below a thousandth
    Matrix<double> moved(2 * cells + 1, cells, resistance);
    for (Index i = 0; i < cells; ++i) {
        moved(2 * i, i) += step;
        moved(2 * i + 1, i) -= step;
    }
    const std::vector<double> times = discharge.crossing_times(moved);
    const double middle = times.back();
    double sum = 0.0, squares = 0.0, bends = 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(cells); ++i) {
        const double up = times[2 * i], down = times[2 * i + 1];
        const double w = (up - down) / (2.0 * step);
        sum += w;
        squares += w * w;
        bends += (up - 2.0 * middle + down) / (step * step);
    }
    const double spread =
        (1.0 - p) * design.low.sigma * design.low.sigma + p * design.high.sigma * design.high.sigma;
    const double difference = design.high.mean - design.low.mean;
    const double places = cells > 1 ? difference * difference * p * (1.0 - p) * n / (n - 1.0) : 0.0;
    return {middle + 0.5 * (spread + places) * bends,
            std::sqrt(spread * squares + places * (squares - sum * sum / n))};
}

CodeChances predicted_chances(const ColumnDischarge& discharge, const TimeCounter& counter) {
    validate(counter);
    const Index codes = code_count(counter);
    CodeChances chances(discharge.cells() + 1, codes);
    for (Index m = 0; m <= discharge.cells(); ++m) {
        const TimeSpread spread = predicted_spread(discharge, m);
        const double sigma = std::hypot(spread.sigma, counter.jitter, counter.start_sigma);
        double below = 0.0;
        for (Index code = 0; code < codes; ++code) {
            const double edge = counter.start + static_cast<double>(code + 1) * counter.clock;
            double next = 1.0;
            if (code + 1 < codes) {
                next = sigma > 0.0 ? normal_below((edge - spread.mean) / sigma)
                                   : (spread.mean < edge ? 1.0 : 0.0);
            }
            chances(m, code) = next - below;
            below = next;
        }
    }
    return chances;
}

CodeChances measured_chances(const ColumnDischarge& discharge, const TimeCounter& counter, Index columns,
                             std::uint64_t seed) {
    if (columns < 1)
        throw InputError(
            fmt::format("{} columns of each count cannot be read: expected at least 1", columns));
    const Index cells = discharge.cells();
    CodeChances chances(cells + 1, code_count(counter));
    parallel_for(cells + 1, [&](Index m) {
        // Fresh columns of one weight each: what differs is where the mismatches are.
        const auto tile = trial_tile - static_cast<std::uint32_t>(m);
        const SeriesArray array =
            make_series_array(discharge.design(), Signs(columns, cells, std::int8_t{1}), seed, tile);
        const AdcBank counters(converter_of(counter), columns, {seed, tile});
        Matrix<double> resistances(columns, cells);
        for (Index c = 0; c < columns; ++c) {
            const auto differs = random_mismatches(cells, m, seed, tile, static_cast<std::uint32_t>(c), 0);
            for (Index r = 0; r < cells; ++r)
                resistances(c, r) =
                    differs[static_cast<std::size_t>(r)] != 0 ? array.minus(c, r) : array.plus(c, r);
        }
        const Matrix<double> times(1, columns, discharge.crossing_times(resistances));
        const Matrix<std::int32_t> found = counters.convert(times);
        for (const std::int32_t code : found.values()) chances(m, code) += 1.0 / static_cast<double>(columns);
    });
    return chances;
}

CountError count_error(const ColumnDischarge& discharge, const TimeCounter& counter,
                       const CodeChances& chances) {
    CountError error;
    const std::vector<double> values = nominal_values(discharge, counter);
    for (Index code = 0; code < chances.cols(); ++code) {
        const double read = values[static_cast<std::size_t>(code)];
        for (Index m = 0; m < chances.rows(); ++m) {
            const double chance = chances(m, code) / static_cast<double>(chances.rows());
            const double distance = read - static_cast<double>(m), rounded = std::abs(std::round(distance));
            error.exact += rounded < 0.5 ? chance : 0.0;
            error.near += rounded < 1.5 ? chance : 0.0;
            error.rms += chance * distance * distance;
            error.mean += chance * distance;
        }
    }
    error.rms = std::sqrt(error.rms);
    return error;
}

} // namespace ohmloom
