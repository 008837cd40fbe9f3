#include "converters/transfer_curve.hpp"

#include "base/errors.hpp"
#include "converters/polynomial.hpp"
#include "tests/approx.hpp"

#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

using Shape = TransferCurve::Shape;

std::vector<TransferCurve> curves() {
    std::vector<TransferCurve> all;
    for (const Shape shape : {Shape::s_shape, Shape::exponential, Shape::logarithmic, Shape::square_law})
        for (const double strength : {0.1, 1.0, 3.0}) all.push_back({.shape = shape, .strength = strength});
    all.push_back({.shape = Shape::polynomial, .coefficients = {0.1, -0.2}});
    all.push_back(
        {.shape = Shape::table, .inputs = {-1.0, -0.2, 0.3, 1.0}, .outputs = {-0.8, -0.3, 0.3, 0.7}});
    return all;
}

} // namespace

TEST_CASE(
    "the inverse of every curve is its inverse, its slope its derivative, inside the range and beyond") {
    for (TransferCurve curve : curves()) {
        for (const bool full_scale : {false, true}) {
            curve.full_scale = full_scale;
            const ConverterCurve made(curve, true);
            double last = -HUGE_VAL;
            for (double z = -1.4037; z < 1.4; z += 0.01) {
                CAPTURE(static_cast<int>(curve.shape));
                CAPTURE(z);
                const double y = made.value(z);
                CHECK(y > last);
                last = y;
                CHECK(std::abs(made.inverse(y) - z) < 1e-12);
                const double slope = (made.value(z + 1e-6) - made.value(z - 1e-6)) / 2e-6;
                CHECK(std::abs(made.slope(z) - slope) < 1e-5 * (1.0 + slope));
            }
            if (full_scale) {
                CHECK(made.value(1.0) == approx(1.0));
                CHECK(made.value(-1.0) == approx(-1.0));
            }
        }
    }
}

TEST_CASE("curves follow their formulas") {
    const double z = 0.6, s = 2.0;
    CHECK(ConverterCurve({.shape = Shape::s_shape, .strength = s}, true).value(-z) ==
          approx(-z / (1.0 + s * z)));
    CHECK(ConverterCurve({.shape = Shape::exponential, .strength = s}, false).value(z) ==
          approx((std::exp(s * z) - 1.0) / (std::exp(s) - 1.0)));
    CHECK(ConverterCurve({.shape = Shape::logarithmic, .strength = s}, false).value(z) ==
          approx(std::log(1.0 + s * z) / std::log(1.0 + s)));
    const double y = ConverterCurve({.shape = Shape::square_law, .strength = s}, false).value(z);
    CHECK((y + s * std::sqrt(y)) / (1.0 + s) == approx(z));
    CHECK(ConverterCurve({.shape = Shape::square_law, .strength = 500.0}, false).value(z) ==
          approx(z * z).epsilon(0.01));
    CHECK(ConverterCurve({.shape = Shape::polynomial, .coefficients = {0.1, -0.2}}, false, 1.5).value(z) ==
          approx(z + 0.15 * z * z - 0.3 * z * z * z));
    CHECK(std::isinf(ConverterCurve({.shape = Shape::s_shape, .strength = s}, true).inverse(0.5)));
    CHECK(ConverterCurve({.shape = Shape::s_shape, .strength = 0.0}, true).is_linear());
}

TEST_CASE("a dip of a polynomial is found however narrow it is") {
    // Slope (z − 0.3)² − 1e-10: negative over 2e-5 of the range
    const double dip = 1e-10, at = 0.3, first = at * at - dip;
    const TransferCurve dipping{.shape = Shape::polynomial,
                                .coefficients = {-at / first, 1.0 / (3.0 * first)}};
    CHECK_THROWS_AS(ConverterCurve(dipping, false), InputError);
    const double above = at * at + dip;
    const TransferCurve rising{.shape = Shape::polynomial,
                               .coefficients = {-at / above, 1.0 / (3.0 * above)}};
    CHECK_NOTHROW(ConverterCurve(rising, false));
    const auto [least, where] = least_value(std::vector<double>{2.0, -2.0, 1.0}, 0.0, 3.0); // (x − 1)² + 1
    CHECK(least == approx(1.0));
    CHECK(where == approx(1.0).epsilon(1e-6));
}
