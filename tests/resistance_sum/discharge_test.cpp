#include "resistance_sum/discharge.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Columns of an array with random weights, read with random inputs: [columns x cells].
Matrix<double> random_columns(const SeriesColumnDesign& design, Index columns, Index cells) {
    const RandomStream stream(3, RandomPurpose::test_generation);
    Signs weights(columns, cells);
    for (Index c = 0; c < columns; ++c) {
        for (Index r = 0; r < cells; ++r)
            weights(c, r) =
                stream.uniform(7, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c)) < 0.5 ? -1
                                                                                                      : 1;
    }
    const SeriesArray array = make_series_array(design, weights, 5);
    return array.plus;
}

double exact_crossing(const SeriesColumnDesign& design, std::span<const double> resistances) {
    return crossing_time(design, discharge_modes(design, resistances));
}

double fast_crossing(const SeriesColumnDesign& design, const std::vector<double>& resistances) {
    const auto cells = static_cast<Index>(resistances.size());
    return ColumnDischarge(design, cells)
        .crossing_times(Matrix<double>(1, cells, std::vector<double>(resistances)))
        .front();
}

} // namespace

TEST_CASE("one cell discharges as a resistor and a capacitor do") {
    SeriesColumnDesign design;
    design.sense_capacitance = 3e-15;
    design.switch_resistance = 2e3;
    for (const double threshold : {0.999, 0.9, 0.5, 0.01}) {
        design.threshold = threshold;
        // t = (R + R_switch)·(C + C_sense)·ln(V / V_threshold)
        const double expected = 15e3 * 5.1e-15 * std::log(1.0 / threshold);
        CHECK(exact_crossing(design, std::vector<double>{13e3}) == approx(expected).epsilon(1e-12));
        CHECK(fast_crossing(design, {13e3}) == approx(expected).epsilon(1e-9));
    }
}

TEST_CASE("two cells fall with the two exponentials of their characteristic polynomial") {
    SeriesColumnDesign design;
    design.line_share = 0.0;
    design.threshold = 0.7;
    const double r1 = 13e3, r2 = 26e3, c = 2.1e-15;
    const std::vector<double> both{r1, r2};
    // C²·r1·r2·s² + C·(r1 + 2·r2)·s + 1 = 0, and v(0) = 1, v'(0) = 0.
    const double a = c * c * r1 * r2, b = c * (r1 + 2.0 * r2), root = std::sqrt(b * b - 4.0 * a);
    const double slow = (b - root) / (2.0 * a), fast = (b + root) / (2.0 * a);
    const auto voltage = [&](double t) {
        return (fast * std::exp(-slow * t) - slow * std::exp(-fast * t)) / (fast - slow);
    };
    const DischargeModes modes = discharge_modes(design, both);
    for (const double t : {0.0, 1e-12, 3e-11, 2e-10})
        CHECK(sensed_part(modes, t) == approx(voltage(t)).epsilon(1e-12));
    CHECK(voltage(fast_crossing(design, both)) == approx(0.7).epsilon(1e-9));
    CHECK(voltage(exact_crossing(design, both)) == approx(0.7).epsilon(1e-12));
    // What has left is what both capacitors have lost: at the end all of it.
    CHECK(charge_taken(modes, 1e-6) == approx(2.0 * c).epsilon(1e-12));
}

TEST_CASE("crossing times by the contour are those of the eigenmodes to 1e-9, wherever capacitance and "
          "threshold are") {
    for (const double share : {0.0, 0.3, 1.0}) {
        for (const double threshold : {0.995, 0.912, 0.5, 0.1}) {
            SeriesColumnDesign design;
            design.line_share = share;
            design.threshold = threshold;
            design.switch_resistance = 4e3;
            const Matrix<double> columns = random_columns(design, 37, 64); // two blocks of lanes and a bit
            const std::vector<double> times = ColumnDischarge(design, 64).crossing_times(columns);
            double worst = 0.0;
            for (Index c = 0; c < columns.rows(); ++c) {
                const double exact = exact_crossing(design, columns.row(c));
                worst = std::max(worst, std::abs(times[static_cast<std::size_t>(c)] / exact - 1.0));
            }
            CAPTURE(share);
            CAPTURE(threshold);
            CHECK(worst < 1e-9);
        }
    }
}

TEST_CASE("columns far from the nominal one, of one cell to hundreds, are met as well") {
    for (const Index cells : {1, 2, 64, 500}) {
        SeriesColumnDesign design;
        design.line_share = 0.0;
        const ColumnDischarge discharge(design, cells);
        Matrix<double> columns(3, cells, 1e3);
        for (double& r : columns.row(1)) r = 1e8;
        columns(2, cells - 1) = 1e5; // nearly all of it at the end
        const std::vector<double> times = discharge.crossing_times(columns);
        for (Index c = 0; c < 3; ++c)
            CHECK(times[static_cast<std::size_t>(c)] ==
                  approx(exact_crossing(design, columns.row(c))).epsilon(1e-9));
    }
}

TEST_CASE("the Elmore delay is the first moment of the fall, and the single pole with it exact where nothing "
          "is between the cells") {
    SeriesColumnDesign design;
    design.line_share = 0.4;
    design.switch_resistance = 1e3;
    const Matrix<double> columns = random_columns(design, 1, 64);
    const auto column = columns.row(0);
    const DischargeModes modes = discharge_modes(design, column);
    double moment = 0.0; // ∫ v dt = Σ sensed/rate
    for (std::size_t j = 0; j < modes.rate.size(); ++j) moment += modes.sensed[j] / modes.rate[j];
    CHECK(elmore_delay(design, column) == approx(moment).epsilon(1e-9));
    design.line_share = 1.0;
    CHECK(single_pole_estimate(design, column) == approx(exact_crossing(design, column)).epsilon(1e-12));
    design.line_share = 0.0;
    design.threshold = 0.912;
    // A uniform line falls to 91 % at an eighth of R·C; its single pole of half of R·C would be there at a twentieth.
    CHECK(single_pole_estimate(design, column) / exact_crossing(design, column) - 1.0 ==
          approx(-0.6).epsilon(0.05));
}

TEST_CASE("nominal columns of 64 cells take 14 to 28 ns, and every mismatch takes longer") {
    const ColumnDischarge discharge({}, 64);
    double before = 0.0;
    for (int m = 0; m <= 64; ++m) {
        const double time = discharge.nominal_time(m);
        CHECK(time > before);
        before = time;
    }
    CHECK(discharge.nominal_time(0) == approx(14e-9).epsilon(0.01));
    CHECK(discharge.nominal_time(64) == approx(28e-9).epsilon(0.01));
    // Wherever it is.
    for (const double share : {0.0, 0.7}) {
        SeriesColumnDesign design;
        design.line_share = share;
        Matrix<double> columns(65, 64, 13e3);
        for (Index r = 0; r < 64; ++r) columns(r + 1, r) = 26e3;
        const std::vector<double> times = ColumnDischarge(design, 64).crossing_times(columns);
        CHECK(*std::min_element(times.begin() + 1, times.end()) > times[0]);
    }
}

TEST_CASE("an array is read column by column as its selected resistances say, on any number of threads") {
    SeriesColumnDesign design;
    design.line_share = 0.2;
    Signs weights(5, 64, 1), inputs(21, 64, 1);
    for (Index r = 0; r < 64; r += 3) weights(r % 5, r) = inputs(r % 21, r) = -1;
    const SeriesArray array = make_series_array(design, weights, 2);
    const ColumnDischarge discharge(design, 64);
    const Matrix<double> times = discharge.crossing_times(array, inputs);
    for (const Index k : {0, 15, 16, 20}) {
        for (Index c = 0; c < 5; ++c)
            CHECK(
                times(k, c) ==
                approx(exact_crossing(design, selected_resistances(array, c, inputs.row(k)))).epsilon(1e-9));
    }
    const ThreadLimit one(1);
    CHECK(discharge.crossing_times(array, inputs) == times);
    CHECK(make_series_array(design, weights, 2).plus == array.plus);
}
