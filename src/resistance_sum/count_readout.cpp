#include "resistance_sum/count_readout.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

void require(bool holds, std::string_view field, double value, std::string_view expected) {
    if (!holds)
        throw InputError(fmt::format("the time counter's {} is {}: expected {}", field, value, expected));
}

/// Known vectors of all columns: times [vectors x columns] and the mismatches that they have.
struct KnownReadings {
    Matrix<double> times;
    Matrix<double> mismatches;
};

KnownReadings drawn_readings(const ColumnDischarge& discharge, const CountReadout& readout,
                             const SeriesArray& array, std::uint64_t seed, std::uint32_t tile) {
    const TimeCounter& counter = readout.counter;
    const Index cells = array.weights.cols(), columns = array.weights.rows(), vectors = readout.known_vectors;
    const double end = counter.start + static_cast<double>(code_count(counter)) * counter.clock;
    const double fewest = nominal_mismatches(discharge, counter.start),
                 most = nominal_mismatches(discharge, end);
    KnownReadings known{Matrix<double>(vectors, columns), Matrix<double>(vectors, columns)};
    parallel_for(columns, [&](Index c) {
        Matrix<double> resistances(vectors, cells);
        for (Index k = 0; k < vectors; ++k) {
            const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(vectors);
            const auto count = static_cast<Index>(std::lround(fewest + place * (most - fewest)));
            const std::vector<std::uint8_t> differs = random_mismatches(
                cells, count, seed, tile, static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(k));
            for (Index r = 0; r < cells; ++r) {
                const bool is_plus = (array.weights(c, r) > 0) != (differs[static_cast<std::size_t>(r)] != 0);
                resistances(k, r) = is_plus ? array.plus(c, r) : array.minus(c, r);
            }
            known.mismatches(k, c) = static_cast<double>(count);
        }
        const std::vector<double> times = discharge.crossing_times(resistances);
        for (Index k = 0; k < vectors; ++k) known.times(k, c) = times[static_cast<std::size_t>(k)];
    });
    return known;
}

KnownReadings given_readings(const ColumnDischarge& discharge, const SeriesArray& array, const Signs& known) {
    KnownReadings readings{discharge.crossing_times(array, known),
                           Matrix<double>(known.rows(), array.weights.rows())};
    for (Index k = 0; k < known.rows(); ++k) {
        for (Index c = 0; c < array.weights.rows(); ++c)
            readings.mismatches(k, c) =
                static_cast<double>(mismatch_count(array.weights.row(c), known.row(k)));
    }
    return readings;
}

/// Each column's own range, around its mean time.
std::vector<InputRange> own_ranges(const ColumnDischarge& discharge, double window,
                                   const Matrix<double>& times) {
    const auto cells = static_cast<double>(discharge.cells());
    const double width = window * (discharge.nominal_time(cells) - discharge.nominal_time(0.0)) / cells;
    std::vector<InputRange> ranges;
    for (Index c = 0; c < times.cols(); ++c) {
        double mean = 0.0;
        for (Index k = 0; k < times.rows(); ++k) mean += times(k, c) / static_cast<double>(times.rows());
        ranges.push_back({mean - 0.5 * width, mean + 0.5 * width});
    }
    return ranges;
}

CodeValues nominal_table(const ColumnDischarge& discharge, const AdcBank& counters) {
    const Index codes = counters.highest_code() + 1;
    CodeValues values(counters.columns(), 0, codes);
    for (Index c = 0; c < counters.columns(); ++c) {
        const bool as_before = c > 0 && counters.grid(c).range() == counters.grid(c - 1).range();
        for (std::int32_t code = 0; code < codes; ++code)
            values.value(c, code) = as_before ? values.value(c - 1, code)
                                              : nominal_mismatches(discharge, counters.code_value(c, code));
    }
    return values;
}

/// Distances of known counts from what their codes stand for nominally, by code.
struct CodeDistances {
    std::vector<double> sum, count;
    double mean = 0.0; ///< over all readings

    /// Of a code; the others' if none gave it.
    [[nodiscard]] double at(std::size_t code, double other) const {
        return count[code] > 0.0 ? sum[code] / count[code] : other;
    }
};

/// Of the columns [first, first + columns) together.
CodeDistances code_distances(const Matrix<std::int32_t>& codes, const Matrix<double>& mismatches,
                             const CodeValues& nominal, Index first, Index columns) {
    const auto number = static_cast<std::size_t>(nominal.values().cols());
    CodeDistances distances{std::vector<double>(number), std::vector<double>(number)};
    for (Index k = 0; k < codes.rows(); ++k) {
        for (Index c = first; c < first + columns; ++c) {
            const auto code = static_cast<std::size_t>(codes(k, c));
            const double distance = mismatches(k, c) - nominal.value(c, codes(k, c));
            distances.sum[code] += distance;
            distances.count[code] += 1.0;
            distances.mean += distance / static_cast<double>(codes.rows() * columns);
        }
    }
    return distances;
}

/// The calibrated table of all columns.
CodeValues calibrated_table(CountCalibration kind, const Matrix<std::int32_t>& codes,
                            const Matrix<double>& mismatches, const CodeValues& nominal) {
    const Index columns = codes.cols();
    CodeValues values = nominal;
    if (kind == CountCalibration::none) return values;
    const CodeDistances shared = code_distances(codes, mismatches, nominal, 0, columns);
    for (Index c = 0; c < columns; ++c) {
        const CodeDistances own = code_distances(codes, mismatches, nominal, c, 1);
        double beyond_shared = 0.0; // mean of the column's readings
        for (std::size_t code = 0; code < own.count.size(); ++code)
            beyond_shared +=
                (own.sum[code] - own.count[code] * shared.at(code, 0.0)) / static_cast<double>(codes.rows());
        for (std::int32_t code = 0; code < nominal.values().cols(); ++code) {
            const auto at = static_cast<std::size_t>(code);
            const double common = shared.at(at, shared.mean);
            double& value = values.value(c, code);
            if (kind == CountCalibration::shared) value += common;
            if (kind == CountCalibration::offset) value += common + beyond_shared;
            if (kind == CountCalibration::table) value += own.at(at, common + beyond_shared);
        }
    }
    return values;
}

/// `at_once`: whether a known vector serves all columns.
CalibrationCost cost_of(const CountReadout& readout, Index columns, Index cells, Index vectors,
                        bool at_once) {
    const Calibration prices; // of memory and additions, as for any converter
    CalibrationCost cost;
    cost.conversions = vectors * columns;
    cost.time = static_cast<double>(at_once ? vectors : cost.conversions) * readout.cycle;
    if (readout.calibration == CountCalibration::none) return cost;
    const auto bits =
        static_cast<Index>(std::ceil(std::log2(static_cast<double>(cells) + 1.0))) + prices.guard_bits;
    const Index table = code_count(readout.counter) * bits;
    switch (readout.calibration) {
    case CountCalibration::none:
        break;
    case CountCalibration::shared:
        cost.stored_bits = table;
        break;
    case CountCalibration::offset:
        cost.stored_bits = table + columns * bits;
        break;
    case CountCalibration::table:
        cost.stored_bits = columns * table;
        break;
    }
    cost.area = static_cast<double>(cost.stored_bits) * prices.area_per_bit;
    cost.energy_per_conversion = static_cast<double>(bits) * prices.read_energy;
    if (readout.calibration == CountCalibration::offset) {
        cost.energy_per_conversion += static_cast<double>(bits) * prices.read_energy + prices.add_energy;
    }
    return cost;
}

} // namespace

void validate(const TimeCounter& counter) {
    require(counter.bits >= 1 && counter.bits <= 16, "bits", counter.bits, "1 to 16");
    require(std::isfinite(counter.start) && counter.start >= 0.0, "start", counter.start, "at least 0 s");
    require(std::isfinite(counter.clock) && counter.clock > 0.0, "clock", counter.clock, "a time above 0 s");
    require(std::isfinite(counter.jitter) && counter.jitter >= 0.0, "jitter", counter.jitter, "at least 0 s");
    require(std::isfinite(counter.start_sigma) && counter.start_sigma >= 0.0, "start_sigma",
            counter.start_sigma, "at least 0 s");
}

void validate(const CountReadout& readout) {
    validate(readout.counter);
    require(readout.own_window >= 0.0 && std::isfinite(readout.own_window), "own_window", readout.own_window,
            "a number of mismatches, or 0 for none");
    require(readout.known_vectors >= 1, "known_vectors", static_cast<double>(readout.known_vectors),
            "at least 1");
    require(std::isfinite(readout.cycle) && readout.cycle > 0.0, "cycle", readout.cycle, "a time above 0 s");
}

Index code_count(const TimeCounter& counter) {
    return Index{1} << counter.bits;
}

AdcDesign converter_of(const TimeCounter& counter) {
    validate(counter);
    const double width = static_cast<double>(code_count(counter)) * counter.clock;
    AdcDesign design;
    design.kind = AdcKind::uniform;
    design.bits = counter.bits;
    design.is_signed = false;
    design.rounding = Rounding::mid_rise;
    design.range = {counter.start, counter.start + width};
    design.noise.input = counter.jitter / width;
    design.front.offset_sigma = counter.start_sigma / width;
    return design;
}

TimeCounter counter_for(const ColumnDischarge& discharge, int bits, double fewest, double most) {
    if (!(fewest >= 0.0 && most > fewest && most <= static_cast<double>(discharge.cells()))) {
        throw InputError(fmt::format("a window from {} to {} mismatches is none of {} cells: expected 0 <= "
                                     "fewest < most <= {}",
                                     fewest, most, discharge.cells(), discharge.cells()));
    }
    TimeCounter counter;
    counter.bits = bits;
    counter.start = discharge.nominal_time(fewest);
    counter.clock = (discharge.nominal_time(most) - counter.start) / static_cast<double>(code_count(counter));
    return counter;
}

double nominal_mismatches(const ColumnDischarge& discharge, double time) {
    // All cells alike make the time proportional to their resistance, up to the switch's: a chord finds it in a few steps.
    const auto cells = static_cast<double>(discharge.cells());
    double low = 0.0, high = cells;
    double at_low = discharge.nominal_time(low) - time, at_high = discharge.nominal_time(high) - time;
    if (at_low >= 0.0) return 0.0;
    if (at_high <= 0.0) return cells;
    for (int step = 0; step < 60 && high - low > 1e-9; ++step) {
        const double chord = low - at_low * (high - low) / (at_high - at_low);
        const double found = discharge.nominal_time(chord) - time;
        if (std::abs(found) < 1e-9 * time) return chord;
        (found < 0.0 ? low : high) = chord;
        (found < 0.0 ? at_low : at_high) = found;
    }
    return 0.5 * (low + high);
}

std::vector<double> nominal_values(const ColumnDischarge& discharge, const TimeCounter& counter) {
    std::vector<double> values(static_cast<std::size_t>(code_count(counter)));
    for (std::size_t code = 0; code < values.size(); ++code)
        values[code] =
            nominal_mismatches(discharge, counter.start + (static_cast<double>(code) + 0.5) * counter.clock);
    return values;
}

std::string_view name_of(CountCalibration kind) {
    switch (kind) {
    case CountCalibration::none:
        return "none";
    case CountCalibration::shared:
        return "shared";
    case CountCalibration::offset:
        return "offset";
    case CountCalibration::table:
        return "table";
    }
    return "";
}

CountingArray make_counting_array(const ColumnDischarge& discharge, const CountReadout& readout,
                                  const Signs& weights, std::uint64_t seed, std::uint32_t tile,
                                  const Signs& known) {
    validate(readout);
    const Index columns = weights.rows();
    SeriesArray array = make_series_array(discharge.design(), weights, seed, tile);
    KnownReadings readings;
    if (readout.calibration != CountCalibration::none || readout.own_window > 0.0) {
        readings = known.empty() ? drawn_readings(discharge, readout, array, seed, tile)
                                 : given_readings(discharge, array, known);
    }
    const Index vectors = readings.times.rows();
    std::vector<InputRange> ranges;
    if (readout.own_window > 0.0) ranges = own_ranges(discharge, readout.own_window, readings.times);
    AdcBank counters(converter_of(readout.counter), columns, {seed, tile}, ranges);
    CodeValues nominal = nominal_table(discharge, counters);
    CodeValues mismatches = nominal;
    if (readout.calibration != CountCalibration::none) {
        const Matrix<std::int32_t> codes = counters.convert(readings.times, calibration_sample);
        mismatches = calibrated_table(readout.calibration, codes, readings.mismatches, nominal);
    }
    return {std::move(array), std::move(counters), std::move(nominal), std::move(mismatches),
            cost_of(readout, columns, weights.cols(), vectors, !known.empty())};
}

} // namespace ohmloom
