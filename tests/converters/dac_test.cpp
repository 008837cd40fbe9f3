#include "converters/dac.hpp"

#include "converters/input_coding.hpp"
#include "converters/range_setting.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("an ideal DAC gives k / (codes - 1) exactly, of both signs") {
    DacDesign design;
    design.bits = 8;
    for (const DacElements elements : {DacElements::unary, DacElements::binary}) {
        design.elements = elements;
        design.is_signed = false;
        const DacBank positive(design, 2, {});
        for (std::int32_t k = 0; k <= 255; ++k) CHECK(positive.level(1, k) == k / 255.0);
        design.is_signed = true;
        const DacBank both(design, 2, {});
        CHECK(both.lowest_code() == -127);
        for (std::int32_t k = -127; k <= 127; ++k) CHECK(both.level(0, k) == k / 127.0);
    }
}

TEST_CASE("values become the nearest code, clipped to the range") {
    const DacBank dac({.bits = 3}, 1, {}); // −3 … 3
    CHECK(dac.encode(0.0) == 0);
    CHECK(dac.encode(0.17) == 1);
    CHECK(dac.encode(0.16) == 0);
    CHECK(dac.encode(-0.49) == -1);
    CHECK(dac.encode(-0.51) == -2);
    CHECK(dac.encode(7.0) == 3);
    CHECK(dac.encode(-7.0) == -3);
    CHECK(dac.encode(HUGE_VAL) == 3);
    CHECK(dac.encode(std::nan("")) == -3);
    CHECK(dac.convert(Matrix<double>(1, 1, 0.6)) == Matrix<double>(1, 1, 2.0 / 3.0));
}

TEST_CASE("equal elements always rise and keep their ends; their spread is that of a bridge") {
    DacDesign design{.bits = 6, .is_signed = false, .elements = DacElements::unary, .unit_sigma = 0.1};
    constexpr Index rows = 3000;
    const DacBank dac(design, rows, {.seed = 4, .tile = 0});
    double squares = 0.0;
    for (Index r = 0; r < rows; ++r) {
        CHECK(dac.level(r, 0) == 0.0);
        CHECK(dac.level(r, 63) == 1.0);
        for (std::int32_t k = 1; k <= 63; ++k) REQUIRE(dac.level(r, k) > dac.level(r, k - 1));
        squares += std::pow(dac.level(r, 32) - 32.0 / 63.0, 2) / rows;
    }
    // σ² = σ_unit²·k(n − k)/n³: a sum that is tied down at both ends
    const double expected = 0.1 * std::sqrt(32.0 * 31.0 / (63.0 * 63.0 * 63.0));
    CHECK(std::sqrt(squares) == approx(expected).epsilon(4.0 / std::sqrt(2.0 * rows)));
}

TEST_CASE("binary elements may fall at the middle where equal ones cannot, and rows differ") {
    DacDesign design{.bits = 8, .is_signed = false, .elements = DacElements::binary, .unit_sigma = 0.2};
    const DacBank dac(design, 50, {});
    int falls = 0;
    for (Index r = 0; r < 50; ++r) falls += dac.level(r, 128) < dac.level(r, 127) ? 1 : 0;
    CHECK(falls > 2);
    CHECK(dac.level(0, 100) != dac.level(1, 100));
    design.sharing = 2;
    const DacBank shared(design, 4, {});
    CHECK(shared.level(0, 100) == shared.level(1, 100));
    CHECK(shared.level(0, 100) == dac.level(0, 100));
    CHECK(shared.level(2, 100) == dac.level(1, 100));
}

TEST_CASE("a given nonlinearity of a DAC is the polynomial that was asked for") {
    DacDesign design{.bits = 8, .is_signed = false};
    design.curve.shape = TransferCurve::Shape::polynomial;
    design.curve.coefficients = {-0.1};
    design.curve.full_scale = true;
    const DacBank dac(design, 1, {});
    for (std::int32_t k = 0; k <= 255; ++k) {
        const double z = k / 255.0;
        CHECK(std::abs(dac.level(0, k) - (z - 0.1 * z * z) / 0.9) < 1e-14);
    }
}

TEST_CASE("bit planes of codes, added with their weights, are the codes") {
    Matrix<std::int32_t> codes(1, 256);
    for (std::int32_t k = 0; k < 256; ++k) codes(0, k) = k - 128;
    for (const bool is_signed : {true, false}) {
        if (!is_signed)
            for (std::int32_t& code : codes.values()) code += 128;
        const auto planes = bit_planes(codes, 8, is_signed);
        REQUIRE(planes.size() == 8);
        for (std::int32_t k = 0; k < 256; ++k) {
            double sum = 0.0;
            for (int b = 0; b < 8; ++b)
                sum += std::ldexp(is_signed && b == 7 ? -1.0 : 1.0, b) *
                       planes[static_cast<std::size_t>(b)](0, k);
            CHECK(sum == codes(0, k));
        }
        for (const auto& plane : planes)
            CHECK(std::ranges::all_of(plane.values(), [](std::int32_t bit) { return bit == 0 || bit == 1; }));
    }
    CHECK_THROWS_WITH_AS(bit_planes(codes, 7, false), "the code 128 as 7 unsigned bits: expected 0 to 127",
                         InputError);
}

TEST_CASE("phases are magnitudes that add up to the value") {
    const SignPhases phases = split_signs(Matrix<double>(1, 3, std::vector<double>{0.0, 2.0, -3.0}));
    CHECK(phases.positive.values() == std::vector<double>{0.0, 2.0, 0.0});
    CHECK(phases.negative.values() == std::vector<double>{0.0, 0.0, 3.0});
}

TEST_CASE("ranges come from percentiles of the data, for each column where asked") {
    std::vector<double> values;
    for (int k = 0; k <= 100; ++k) values.push_back(k % 2 == 0 ? k : -k);
    CHECK(range_for(values, true, {.percentile = 100.0}) == InputRange{-100.0, 100.0});
    CHECK(range_for(values, true, {.percentile = 90.0, .margin = 2.0}) == InputRange{-180.0, 180.0});
    CHECK(range_for(values, true, {.percentile = 90.5}).high == approx(90.5));
    CHECK(range_for(std::vector<double>{0, 1, 2, 3, 4}, false, {.percentile = 75.0}) == InputRange{1.0, 3.0});
    CHECK(range_for(std::vector<double>{0, 0, 0}, true, {}) == InputRange{-1.0, 1.0});
    CHECK(range_for(std::vector<double>{0, 0, 0, 5}, true, {.percentile = 60.0}) == InputRange{-5.0, 5.0});
    CHECK(range_for(std::vector<double>{2, 2}, false, {}) == InputRange{1.5, 2.5});
    const Matrix<double> x(2, 2, std::vector<double>{1.0, -3.0, -0.5, 2.0});
    CHECK(column_ranges(x, true, {}) == std::vector<InputRange>{{-1.0, 1.0}, {-3.0, 3.0}});
    CHECK_THROWS_WITH_AS(range_for({}, true, {}),
                         "a converter's range from no data: expected at least one value", InputError);
    CHECK_THROWS_WITH_AS(range_for(values, true, {.percentile = 20.0}),
                         "the percentile of the range is 20: expected more than 50 and at most 100",
                         InputError);
}
