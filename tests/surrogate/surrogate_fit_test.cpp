#include "surrogate/surrogate_fit.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "devicemodels/cell_model.hpp"
#include "readout/staged_array.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

using namespace ohmloom;
using ohmloom::testing::approx;

namespace {

struct Made {
    SurrogateTile tile;
    RowRanges ranges;
};

/// A tile of cells between 20 and 200 kOhm.
Made make_tile(Index rows, Index sites, Index each, const CellModel& cell, double r_wire,
               const ReadoutStage& stage, double v_low = 0.0, double v_high = 0.4) {
    Made made;
    Crossbar& crossbar = made.tile.crossbar;
    crossbar.g = Matrix<double>(rows, sites * each);
    const RandomStream stream(7, RandomPurpose::test_generation);
    for (Index r = 0; r < rows; ++r) {
        for (Index l = 0; l < sites * each; ++l)
            crossbar.g(r, l) = 5e-6 * std::pow(10.0, stream.uniform(0, static_cast<std::uint32_t>(r),
                                                                    static_cast<std::uint32_t>(l)));
    }
    crossbar.lines_per_site = each;
    crossbar.cell = cell;
    crossbar.r_row = crossbar.r_col = r_wire;
    made.tile.stages = stage_ports(stage, sites, each);
    attach_stages(crossbar, made.tile.stages);
    made.ranges = {std::vector<double>(static_cast<std::size_t>(rows), v_low),
                   std::vector<double>(static_cast<std::size_t>(rows), v_high)};
    return made;
}

ReadoutStage virtual_ground(double gain) {
    ReadoutStage stage;
    stage.kind = StageKind::virtual_ground;
    stage.gain = gain;
    return stage;
}

ReadoutStage difference(double gain) {
    ReadoutStage stage;
    stage.gain = gain;
    return stage;
}

/// Largest error on points that neither made nor checked the surrogate.
double largest_on_new_points(const Made& made, const SurrogateFit& fit, Index count) {
    SurrogateOptions other;
    other.seed = 99;
    const Matrix<double> v = draw_row_voltages(made.ranges, count, other, made.tile.number);
    const StagedPoints exact = StagedArray(made.tile.crossbar, made.tile.stages).solve(v);
    const SurrogatePoints found = evaluate(fit.surrogate, v);
    double largest = 0.0;
    for (std::size_t i = 0; i < exact.u.values().size(); ++i)
        largest = std::max(largest, std::abs(found.u.values()[i] - exact.u.values()[i]));
    return largest;
}

} // namespace

TEST_CASE("surrogates keep the error that they claim, on points that they have never seen") {
    for (const double r_wire : {0.0, 4.0}) {
        for (const bool coupled : {false, true}) {
            CAPTURE(r_wire);
            CAPTURE(coupled);
            const Made made =
                make_tile(20, 5, 2, SinhCell{3.0}, r_wire, coupled ? difference(10.0) : virtual_ground(10.0));
            SurrogateOptions options;
            options.max_error = coupled ? 6e-3 : 1e-3;
            const SurrogateFit fit = fit_surrogate(made.tile, made.ranges, {}, options);
            CHECK(fit.reached);
            CHECK(fit.converged);
            CHECK(fit.residual <= 1e-9);
            CHECK(fit.drawn.points == 1000);
            CHECK(fit.drawn.largest <= options.max_error * fit.span);
            CHECK(fit.drawn.rms < 0.2 * fit.drawn.largest);
            CHECK(fit.drawn.power_rms < 0.05);
            CHECK(largest_on_new_points(made, fit, 500) <= 1.5 * fit.drawn.largest);
        }
    }
}

TEST_CASE("without wires, behind virtual grounds, a surrogate has each row's own polynomial for its cell") {
    // u = r_feedback·Σ_r [I(v_r; g+) − I(v_r; g−)], I = g·sinh(α·v)/α. A quintic leaves of sinh(1.2·t), t from 0 to 1, about 2e-6.
    const Made made = make_tile(6, 2, 2, SinhCell{3.0}, 0.0, virtual_ground(2.0));
    SurrogateOptions options;
    options.max_error = 1e-12; // which no form meets, so that the largest one is fitted
    options.max_points = 3000;
    const SurrogateFit fit = fit_surrogate(made.tile, made.ranges, {}, options);
    CHECK(!fit.reached);
    const Matrix<double> v(1, 6, std::vector<double>{0.4, 0.0, 0.13, 0.27, 0.05, 0.33});
    const SurrogatePoints found = evaluate(fit.surrogate, v);
    for (Index s = 0; s < 2; ++s) {
        double u = 0.0;
        for (Index r = 0; r < 6; ++r)
            u += 2000.0 * (made.tile.crossbar.g(r, 2 * s) - made.tile.crossbar.g(r, 2 * s + 1)) *
                 std::sinh(3.0 * v(0, r)) / 3.0;
        CHECK(std::abs(found.u(0, s) - u) < 1e-5 * fit.span);
        CHECK(std::abs(found.u(0, s) - u) <= 1.5 * fit.drawn.largest);
    }
}

TEST_CASE("a fit does not depend on the number of threads, and says what it could not reach") {
    const Made made = make_tile(9, 3, 1, SinhCell{4.0}, 20.0, virtual_ground(5.0), -0.4, 0.4);
    SurrogateOptions options;
    options.max_error = 1e-9;
    options.max_points = 1500;
    const auto fitted = [&](int threads) {
        const ThreadLimit limit(threads);
        return fit_surrogate(made.tile, made.ranges, {}, options);
    };
    const SurrogateFit one = fitted(1), two = fitted(2);
    CHECK(one.surrogate.additive == two.surrogate.additive);
    CHECK(one.surrogate.product_weights == two.surrogate.product_weights);
    CHECK(!one.reached);
    CHECK(one.drawn.largest > 1e-9 * one.span);
    CHECK(one.points_used <= 1500);
}

TEST_CASE("points that are given are fitted to, and a fourth of them checks") {
    const Made made = make_tile(12, 3, 2, SinhCell{3.0}, 5.0, virtual_ground(10.0));
    Matrix<double> given(200, 12);
    for (Index k = 0; k < given.rows(); ++k) {
        for (Index r = 0; r < 12; ++r) given(k, r) = 0.4 * static_cast<double>((3 * k + 5 * r) % 17) / 16.0;
    }
    const SurrogateFit fit = fit_surrogate(made.tile, made.ranges, given);
    CHECK(fit.given.points == 50);
    CHECK(fit.given.largest <= 2e-3 * fit.span);
}

TEST_CASE("drawn points stay within the rows' ranges, differ from point to point, and begin anywhere in "
          "their sequence") {
    const RowRanges ranges{{0.0, -0.2, 0.1}, {0.4, 0.4, 0.1}};
    const Matrix<double> v = draw_row_voltages(ranges, 500, {}, 3);
    double least = 1.0, greatest = -1.0;
    Index at_rest = 0;
    for (Index k = 0; k < v.rows(); ++k) {
        CHECK((v(k, 0) >= 0.0 && v(k, 0) <= 0.4));
        CHECK(v(k, 2) == approx(0.1).epsilon(1e-14)); // the end of its range nearest to 0 V
        least = std::min(least, v(k, 1));
        greatest = std::max(greatest, v(k, 1));
        at_rest += v(k, 1) == 0.0 ? 1 : 0;
    }
    CHECK((least > -0.2001 && least < -0.15));
    CHECK((greatest < 0.4001 && greatest > 0.25));
    CHECK((at_rest > 190 && at_rest < 310)); // half of them
    CHECK(draw_row_voltages(ranges, 1, {}, 3, 499).row(0)[1] == v(499, 1));
    CHECK(draw_row_voltages(ranges, 1, {}, 4).row(0)[1] != v(0, 1));
}

TEST_CASE("what a surrogate cannot be made of is refused") {
    const Made made = make_tile(4, 2, 1, SinhCell{3.0}, 1.0, virtual_ground(10.0));
    SurrogateOptions options;
    options.max_error = 0.0;
    CHECK_THROWS_WITH_AS(static_cast<void>(fit_surrogate(made.tile, made.ranges, {}, options)),
                         "max_error is 0: expected a positive part of the outputs' span", InputError);
    options.max_error = 1e-3;
    options.max_points = 1200;
    CHECK_THROWS_WITH_AS(static_cast<void>(fit_surrogate(made.tile, made.ranges, {}, options)),
                         "1200 points are too few for a table of 4 rows: expected at least 1300", InputError);
    RowRanges ranges = made.ranges;
    std::swap(ranges.v_low[1], ranges.v_high[1]);
    CHECK_THROWS_WITH_AS(static_cast<void>(fit_surrogate(made.tile, ranges, {})),
                         "the range of row 1 is 0.4 to 0 V: expected two finite voltages, the lower first",
                         InputError);
    CHECK_THROWS_AS(static_cast<void>(fit_surrogate(made.tile, made.ranges, Matrix<double>(3, 5))),
                    InputError);
}
