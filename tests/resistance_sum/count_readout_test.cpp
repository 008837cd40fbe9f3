#include "resistance_sum/column_figures.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// χ² of counted codes against their chances, and how many terms it has: codes that at least five readings should have had, the others together.
struct ChiSquare {
    double sum = 0.0;
    int terms = 0;
};

ChiSquare chi_square(std::span<const double> counted, std::span<const double> chances, double readings) {
    ChiSquare chi;
    double rare_expected = 0.0, rare_counted = 0.0;
    const auto add = [&](double found, double expected) {
        chi.sum += (found - expected) * (found - expected) / expected;
        ++chi.terms;
    };
    for (std::size_t code = 0; code < counted.size(); ++code) {
        const double expected = chances[code] * readings, found = counted[code] * readings;
        if (expected >= 5.0) {
            add(found, expected);
        } else {
            rare_expected += expected;
            rare_counted += found;
        }
    }
    if (rare_expected >= 5.0) add(rare_counted, rare_expected);
    return chi;
}

/// χ² of all numbers of mismatches, in standard deviations from its mean.
double distance_from_chance(const CodeChances& measured, const CodeChances& predicted, double readings) {
    ChiSquare all;
    for (Index m = 0; m < measured.rows(); ++m) {
        const ChiSquare one = chi_square(measured.row(m), predicted.row(m), readings);
        all.sum += one.sum;
        all.terms += one.terms - 1;
    }
    REQUIRE(all.terms > 50);
    return (all.sum - all.terms) / std::sqrt(2.0 * all.terms);
}

TimeCounter fine_counter(const ColumnDischarge& discharge) {
    return counter_for(discharge, 7, 0.0, 64.0);
}

double rms_of_reading(const ColumnDischarge& discharge, const CountReadout& readout) {
    Signs weights(64, 64, 1), inputs(200, 64, 1);
    for (Index k = 0; k < 200; ++k) {
        const auto differs = random_mismatches(64, 20 + k % 25, 77, 5, 5, static_cast<std::uint32_t>(k));
        for (Index r = 0; r < 64; ++r)
            if (differs[static_cast<std::size_t>(r)] != 0) inputs(k, r) = -1;
    }
    const CountingArray counting = make_counting_array(discharge, readout, weights, 1, 3);
    const Matrix<double> counts = counting.mismatches.apply(
        counting.counters.convert(discharge.crossing_times(counting.array, inputs)));
    double squares = 0.0;
    for (Index k = 0; k < 200; ++k) {
        for (Index c = 0; c < 64; ++c)
            squares += std::pow(counts(k, c) - static_cast<double>(20 + k % 25), 2.0);
    }
    return std::sqrt(squares / static_cast<double>(counts.size()));
}

} // namespace

TEST_CASE("with all capacitance at the sensed end, delays spread as the root of the summed variances says") {
    const ColumnDischarge discharge({}, 64);
    const double step = discharge.nominal_time(1) - discharge.nominal_time(0);
    for (const Index m : {0, 20, 32, 64}) {
        const TimeSpread spread = predicted_spread(discharge, m);
        const auto high = static_cast<double>(m);
        // In units of the 13 kOhm that one mismatch adds.
        const double counts = std::sqrt(high * 4.0 + (64.0 - high) * 2.56) / 13.0;
        CHECK(spread.sigma / step == approx(counts).epsilon(1e-6));
        CHECK(spread.mean == approx(discharge.nominal_time(high)).epsilon(1e-7));
    }
}

TEST_CASE("codes of columns that are made and read come as often as their spreads predict") {
    for (const double share : {1.0, 0.5, 0.0}) {
        SeriesColumnDesign design;
        design.line_share = share;
        design.threshold = share < 1.0 ? 0.912 : 0.8823;
        const ColumnDischarge discharge(design, 64);
        TimeCounter counter = fine_counter(discharge);
        counter.jitter = 100e-12;
        counter.start_sigma = 120e-12;
        const CodeChances predicted = predicted_chances(discharge, counter);
        for (Index m = 0; m <= 64; ++m)
            CHECK(std::accumulate(predicted.row(m).begin(), predicted.row(m).end(), 0.0) ==
                  approx(1.0).epsilon(1e-12));
        const CodeChances measured = measured_chances(discharge, counter, 300, 11);
        CAPTURE(share);
        CHECK(std::abs(distance_from_chance(measured, predicted, 300.0)) < 4.0);
        // A prediction without one of its parts is told apart.
        TimeCounter steady = counter;
        steady.jitter = steady.start_sigma = 0.0;
        CHECK(distance_from_chance(measured, predicted_chances(discharge, steady), 300.0) > 4.0);
    }
}

TEST_CASE("measured codes do not depend on the number of threads, but on the seed") {
    const ColumnDischarge discharge({}, 16);
    TimeCounter counter = counter_for(discharge, 5, 0.0, 16.0);
    counter.jitter = 50e-12;
    const CodeChances all = measured_chances(discharge, counter, 40, 3);
    CHECK(measured_chances(discharge, counter, 40, 4) != all);
    const ThreadLimit one(1);
    CHECK(measured_chances(discharge, counter, 40, 3) == all);
}

TEST_CASE("a counter for a window has its ends at the nominal delays, and saturates outside") {
    const ColumnDischarge discharge({}, 64);
    const TimeCounter counter = counter_for(discharge, 4, 24.0, 40.0);
    CHECK(counter.start == approx(discharge.nominal_time(24)).epsilon(1e-12));
    CHECK(counter.start + 16.0 * counter.clock == approx(discharge.nominal_time(40)).epsilon(1e-12));
    const AdcBank bank(converter_of(counter), 4, {1, 0});
    const Matrix<double> times(1, 4,
                               {discharge.nominal_time(0), discharge.nominal_time(24.5),
                                discharge.nominal_time(39.5), discharge.nominal_time(64)});
    CHECK(bank.convert(times).values() == std::vector<std::int32_t>{0, 0, 15, 15});
    for (const double m : {0.0, 17.3, 64.0})
        CHECK(nominal_mismatches(discharge, discharge.nominal_time(m)) == approx(m).epsilon(1e-6).scale(1.0));
    CHECK(nominal_mismatches(discharge, 0.0) == 0.0);
    CHECK(nominal_mismatches(discharge, 1.0) == 64.0);
}

TEST_CASE(
    "calibration takes columns' own offsets away: the error falls from none to a table for each column") {
    SeriesColumnDesign design;
    const ColumnDischarge discharge(design, 64);
    CountReadout readout;
    readout.counter = fine_counter(discharge);
    readout.counter.start += 0.3e-9; // counters begin late
    readout.counter.start_sigma = 0.3e-9;
    const auto rms = [&](CountCalibration kind) {
        readout.calibration = kind;
        return rms_of_reading(discharge, readout);
    };
    const double none = rms(CountCalibration::none), shared = rms(CountCalibration::shared),
                 offset = rms(CountCalibration::offset), table = rms(CountCalibration::table);
    // Spread of the start 1.37 counts, of resistances 1.12, half of whose variance a column's offset is.
    CHECK(shared == approx(std::hypot(1.37, 1.12)).epsilon(0.1));
    CHECK(none == approx(shared).epsilon(0.02)); // a nominal column is the mean one
    CHECK(offset == approx(1.12 / std::sqrt(2.0)).epsilon(0.15));
    CHECK(table == approx(offset).epsilon(0.2));
}

TEST_CASE("what calibration costs is told") {
    const ColumnDischarge discharge({}, 64);
    CountReadout readout;
    readout.known_vectors = 100;
    readout.cycle = 90e-9;
    const auto cost = [&](CountCalibration kind) {
        readout.calibration = kind;
        return make_counting_array(discharge, readout, Signs(10, 64, 1), 1, 0).cost;
    };
    CHECK(cost(CountCalibration::none).conversions == 0);
    const CalibrationCost table = cost(CountCalibration::table);
    CHECK(table.conversions == 1000);
    CHECK(table.time == approx(1000 * 90e-9));
    CHECK(table.stored_bits == 10 * 16 * (7 + 2)); // columns · codes · bits of a count with two guard bits
    CHECK(cost(CountCalibration::shared).stored_bits == 16 * 9);
    CHECK(cost(CountCalibration::offset).stored_bits == 16 * 9 + 10 * 9);
}

TEST_CASE(
    "figures of the published column: 14 to 28 ns, C·V², and less where discharge stops at the crossing") {
    const SeriesColumnDesign design;
    const ColumnFigures figures = column_figures(design, 64, {}, 5, 1);
    CHECK(figures.capacitance == approx(64 * 2.1e-15).epsilon(1e-9));
    CHECK(figures.full_energy == approx(64 * 2.1e-15).epsilon(1e-9)); // 1 V
    CHECK(figures.read_energy == approx(64 * 2.1e-15 * (1.0 - 0.8823)).epsilon(1e-9));
    CHECK(figures.inl < 1e-6);
    CHECK(figures.shortest == approx(13.4e-9).epsilon(0.02));
    CHECK(figures.longest == approx(28.8e-9).epsilon(0.02));
    SeriesColumnDesign ladder;
    ladder.line_share = 0.0;
    CHECK(column_figures(ladder, 64, {}, 5, 1).inl > 0.02);
}

TEST_CASE("counters that cannot be are refused by field, value and what was expected") {
    const auto refused = [](auto change, const char* message) {
        TimeCounter counter;
        change(counter);
        CHECK_THROWS_WITH_AS(validate(counter), message, InputError);
    };
    refused([](auto& c) { c.bits = 0; }, "the time counter's bits is 0: expected 1 to 16");
    refused([](auto& c) { c.clock = 0.0; }, "the time counter's clock is 0: expected a time above 0 s");
    refused([](auto& c) { c.jitter = -1.0; }, "the time counter's jitter is -1: expected at least 0 s");
    const ColumnDischarge discharge({}, 8);
    CHECK_THROWS_AS(counter_for(discharge, 4, 2.0, 9.0), InputError);
    CHECK_THROWS_AS(measured_chances(discharge, {}, 0, 1), InputError);
    CountReadout readout;
    readout.known_vectors = 0;
    CHECK_THROWS_AS(make_counting_array(discharge, readout, Signs(1, 8, 1), 1, 0), InputError);
}
