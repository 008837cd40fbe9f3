#include "charge/charge_cell.hpp"

#include "base/errors.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

ChargeCell without_mismatch(const ChargeCellDesign& design) {
    return charge_cell(design, draw_capacitors(design, {}));
}

double largest(const std::vector<double>& values) {
    double most = 0.0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
}

} // namespace

TEST_CASE("an ideal ladder is linear to machine precision for all codes of all widths") {
    for (int bits = 1; bits <= 12; ++bits) {
        const ChargeCell cell = without_mismatch({.bits = bits});
        const std::vector<double> levels = code_levels(open_cell_weights(cell));
        for (std::size_t code = 0; code < levels.size(); ++code)
            CHECK(std::abs(levels[code] - std::ldexp(static_cast<double>(code), -bits)) < 4e-16);
        // A branch and all that is below it: two units, whatever the width.
        CHECK(cell.capacitance == approx(2.0 * 2e-15).epsilon(1e-15));
    }
}

TEST_CASE("weighted capacitors give their share of the sum") {
    const ChargeCell cell =
        without_mismatch({.kind = ChargeCellKind::binary_weighted, .bits = 3, .unit = 1e-15});
    CHECK(cell.capacitance == approx(7e-15).epsilon(1e-15));
    for (std::size_t k = 0; k < 3; ++k)
        CHECK(cell.coupling[k] == approx(std::ldexp(1e-15, static_cast<int>(k))).epsilon(1e-15));
    // Bit 2 high, the column held at 0 V: 4 units charged.
    CHECK(cell.energy(2, 2) == approx(4e-15).epsilon(1e-15));
    CHECK(std::abs(cell.energy(2, 1)) < 1e-30);
}

TEST_CASE("parasitics at the nodes of a ladder give geometric weights whose ratio is the closed form's") {
    // At a node that has all lower ones behind it, T = E + 1 + x with E = S·T/(S + T) in units. Where the termination is that E, all
    // nodes are alike: T² − (1 + x)·T − (1 + x)·S = 0, and a bit counts S/(S + T) of the next higher one.
    for (const double x : {0.0, 0.02, 0.05, 0.1, 0.3}) {
        for (const double series : {1.8, 2.0, 2.3}) {
            const double b = 1.0 + x, t = 0.5 * (b + std::sqrt(b * b + 4.0 * b * series));
            const double ratio = series / (series + t);
            ChargeCellDesign design{.bits = 8, .series = series, .termination = t - b, .node_parasitic = x};
            const std::vector<double> weights = open_cell_weights(without_mismatch(design));
            for (int k = 0; k < 8; ++k)
                CHECK(weights[static_cast<std::size_t>(k)] ==
                      approx(std::pow(ratio, 7 - k) / t).epsilon(1e-13));
            // Nonlinearity at the middle, where only the top bit is on, in steps of the line from the first to the last level:
            // 255·w_7/Σw − 128 = 255·(1 − r)/(1 − r^8) − 128.
            const std::vector<double> inl = integral_nonlinearity(code_levels(weights));
            CHECK(std::abs(inl[128] - (255.0 * (1.0 - ratio) / (1.0 - std::pow(ratio, 8)) - 128.0)) < 1e-9);
        }
    }
}

TEST_CASE("a series capacitor of 2 (1 + x) units and a termination of 1 + x make a ladder straight again") {
    // T = 2·(1 + x) and E = 1 + x solve the equations above with a ratio of exactly 1/2.
    for (const double x : {0.05, 0.1, 0.4}) {
        const ChargeCellDesign design{
            .bits = 8, .series = 2.0 * (1.0 + x), .termination = 1.0 + x, .node_parasitic = x};
        CHECK(largest(integral_nonlinearity(code_levels(open_cell_weights(without_mismatch(design))))) <
              1e-11);
        ChargeCellDesign uncompensated = design;
        uncompensated.series = 2.0;
        CHECK(best_series({.bits = 8, .termination = 1.0 + x, .node_parasitic = x}) ==
              approx(design.series).epsilon(1e-6));
        CHECK(largest(integral_nonlinearity(
                  code_levels(open_cell_weights(without_mismatch(uncompensated))))) > 1.0);
    }
}

TEST_CASE("the series capacitor of least nonlinearity is within the published 2.1 to 2.2 units for "
          "parasitics of 5 to 10 %") {
    // Only the series capacitor is changed here, the termination stays one unit: the published range holds for that, too.
    for (const double x : {0.05, 0.06, 0.08, 0.1}) {
        const double series = best_series({.bits = 8, .node_parasitic = x});
        CHECK(series > 2.1 - 0.005);
        CHECK(series < 2.2 + 0.005);
    }
    CHECK_THROWS_AS(best_series({.kind = ChargeCellKind::binary_weighted}), InputError);
}

TEST_CASE("mismatch has the spread of as many units as a capacitor has") {
    const ChargeCellDesign design{.kind = ChargeCellKind::binary_weighted, .bits = 4, .unit_sigma = 0.01};
    // Draw k is k + 1 standard deviations: 2^k units are off by 0.01·(k + 1)/√2^k of themselves.
    const CellCapacitors drawn = draw_capacitors(design, [](std::uint32_t k) { return k + 1.0; });
    for (int k = 0; k < 4; ++k) {
        const double units = std::ldexp(1.0, k);
        CHECK(drawn.branch[static_cast<std::size_t>(k)] ==
              approx(2e-15 * units * (1.0 + 0.01 * (k + 1) / std::sqrt(units))).epsilon(1e-14));
    }
    CHECK_THROWS_WITH_AS(draw_capacitors({.unit_sigma = 0.6}, [](std::uint32_t) { return -2.0; }),
                         doctest::Contains("expected capacitors above 0"), InputError);
}

TEST_CASE("designs out of range are refused by name") {
    CHECK_THROWS_WITH_AS(validate(ChargeCellDesign{.bits = 0}), "a charge cell's bits is 0: expected 1 to 16",
                         InputError);
    CHECK_THROWS_WITH_AS(validate(ChargeCellDesign{.unit = std::nan("")}),
                         doctest::Contains("unit capacitor"), InputError);
    CHECK_THROWS_WITH_AS(validate(ChargeCellDesign{.series = 0.0}), doctest::Contains("series"), InputError);
    CHECK_THROWS_WITH_AS(validate(ChargeCellDesign{.node_parasitic = -0.1}),
                         doctest::Contains("node_parasitic"), InputError);
}
