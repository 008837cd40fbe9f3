#include "sweep/expression.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace ohmloom;

TEST_CASE(
    "A formula names the keys it asks for, in alphabetical order, and takes their values in that order") {
    const Expression formula("2 * array.wire.r_row - array.cols");
    CHECK(formula.names() == std::vector<std::string>{"array.cols", "array.wire.r_row"});
    CHECK(formula.value(std::array{3.0, 10.0}) == 17.0); // 2 * 10 - 3
    CHECK(formula.value(std::array{4.0, 1.0}) == -2.0);
}

TEST_CASE("Elements of lists, functions and comparisons are part of formulas") {
    CHECK(Expression("readout.gain[1] / 2").names() == std::vector<std::string>{"readout.gain[1]"});
    CHECK(Expression("max(3, 5) + sqrt(16)").value({}) == 9.0);
    CHECK(Expression("2 >= 3 || 1 < 2").value({}) == 1.0);
    CHECK(Expression("2 >= 3 && 1 < 2").value({}) == 0.0);
}

TEST_CASE("A formula that is none, or that has no finite value, is refused") {
    CHECK_THROWS_WITH_AS(Expression("2 * (array.rows"), doctest::Contains("'2 * (array.rows' is no formula"),
                         InputError);
    CHECK_THROWS_AS(Expression(""), InputError);
    const Expression quotient("1 / array.rows");
    CHECK(quotient.value(std::array{4.0}) == 0.25);
    CHECK_THROWS_WITH_AS(static_cast<void>(quotient.value(std::array{0.0})),
                         doctest::Contains("expected a finite number"), InputError);
}
