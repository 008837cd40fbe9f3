#include "surrogate/tile_surrogate.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace ohmloom;
using ohmloom::testing::approx;

namespace {

/// Two rows over 0 to 1 V and −1 to 1 V, one output of two lines, cubics and two products.
TileSurrogate sample() {
    TileSurrogate surrogate;
    surrogate.v_low = {0.0, -1.0};
    surrogate.v_high = {1.0, 1.0};
    surrogate.v_scale = 1.0;
    surrogate.degree = 3;
    surrogate.lines_per_output = 2;
    surrogate.additive = Matrix<double>(7, 4);
    for (Index k = 0; k < 7; ++k) {
        surrogate.additive(k, 0) = 0.1 * static_cast<double>(k + 1);
        surrogate.additive(k, 1) = 1e-6 * static_cast<double>(k);
    }
    surrogate.moment_weights = {Matrix<double>(2, 3, std::vector<double>{0.25, 0.5, 0.375, 0.75, 0.5, 0.625}),
                                Matrix<double>(2, 3, std::vector<double>{0.1, 0.2, 0.3, -0.4, 0.5, 0.6})};
    surrogate.products = {{{0, 1}, {1, 2}}, {{2, 1}, {0, 3}}}; // of mode 2: all lines together
    surrogate.product_weights = Matrix<double>(2, 2, std::vector<double>{2.0, 3.0, 5.0, 7.0});
    surrogate.power_weights = Matrix<double>(2, 3, std::vector<double>{1e-6, 0.0, 0.0, 0.0, 2e-6, 0.0});
    return surrogate;
}

} // namespace

TEST_CASE("a surrogate is its Chebyshev polynomials and its products of moments, written out by hand") {
    // v = (0.75, −0.5): t = (0.5, −0.5). T_1, T_2, T_3 of 0.5 are 0.5, −0.5, −1; of −0.5 they are −0.5, −0.5, 1.
    //   additive: 0.1 + 0.2·0.5 + 0.3·(−0.5) + 0.4·(−0.5) + 0.5·(−0.5) + 0.6·(−1) + 0.7·1 = −0.3
    // Moments of lines 0, 1 and of all, x = v:
    //   S_1 = 0.25·0.75 − 0.75·0.5 = −0.1875;  0.5·0.75 − 0.5·0.5 = 0.125;  0.375·0.75 − 0.625·0.5 = −0.03125
    //   W_2 = 0.1·0.5625 − 0.4·0.25 = −0.04375;  0.2·0.5625 + 0.5·0.25 = 0.2375;  0.3·0.5625 + 0.6·0.25 = 0.31875
    //   S_3 = 0.25·0.421875 − 0.75·0.125 = 0.01171875;  0.5·0.421875 − 0.5·0.125 = 0.1484375;  0.080078125
    //   products: line 0: 2·S_1·W_2 + 5·(−0.03125)·S_3 = 0.01640625 − 0.0018310546875
    //             line 1: 3·0.125·0.2375 − 7·0.03125·0.1484375 = 0.0890625 − 0.032470703125
    const Matrix<double> v(1, 2, std::vector<double>{0.75, -0.5});
    const SurrogatePoints points = evaluate(sample(), v);
    CHECK(points.u(0, 0) ==
          approx(-0.3 + 0.01640625 - 0.0018310546875 + 0.0890625 - 0.032470703125).epsilon(1e-13));
    // Power: additive terms, and the mean of a product over both lines.
    const double additive = 1e-6 * (0.5 * 1 - 0.5 * 2 - 0.5 * 3 - 0.5 * 4 - 1.0 * 5 + 1.0 * 6);
    CHECK(points.power(0, 0) ==
          approx(additive + 1e-6 * 0.5 * (0.1875 * 0.04375 + 0.125 * 0.2375)).epsilon(1e-12));
    CHECK(points.power(0, 1) == approx(2e-6 * 0.5 * -0.03125 * (0.01171875 + 0.1484375)).epsilon(1e-12));
    CHECK(points.power(0, 2) == 0.0);
}

TEST_CASE("what drives a row beyond a surrogate's range is refused by row, voltage and range") {
    const Matrix<double> v(1, 2, std::vector<double>{0.75, 1.2});
    CHECK_THROWS_WITH_AS(static_cast<void>(evaluate(sample(), v)),
                         "row 1 is driven with 1.2 V, but the table of this tile covers -1 to 1 V: make the "
                         "table again for what drives "
                         "the rows now",
                         InputError);
    CHECK_THROWS_WITH_AS(static_cast<void>(evaluate(sample(), Matrix<double>(1, 3))),
                         "a tile's surrogate has 2 rows, but 3 voltages are given", InputError);
}

TEST_CASE("surrogates whose numbers do not fit each other are refused") {
    CHECK_NOTHROW(validate(sample()));
    TileSurrogate wrong = sample();
    wrong.additive = Matrix<double>(6, 4);
    CHECK_THROWS_WITH_AS(validate(wrong),
                         "a tile's surrogate is not valid: additive is [6 x 4], expected [7 x outputs + 3]",
                         InputError);
    wrong = sample();
    wrong.products[0][0].mode = 3;
    CHECK_THROWS_AS(validate(wrong), InputError);
    wrong = sample();
    wrong.product_weights(0, 0) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(validate(wrong), InputError);
    wrong = sample();
    wrong.moment_weights[1] = Matrix<double>(2, 2);
    CHECK_THROWS_AS(validate(wrong), InputError);
    wrong = sample();
    wrong.v_high[0] = -0.5;
    CHECK_THROWS_AS(validate(wrong), InputError);
}
