#include "sweep/figure_movement.hpp"
#include "tests/approx.hpp"

#include <cmath>
#include <limits>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

StoredFigure figure(const std::vector<double>& values, Index each = 1) {
    return {"W", Matrix<double>(static_cast<Index>(values.size()) / each, each, values)};
}

} // namespace

TEST_CASE("the rows where a figure moved are counted, with the middle and the furthest movement") {
    // Rows of the second are in another order. By row of the first: 10 -> 11, 2 -> 1, 4 -> 4, 0 -> 0.5, one unknown.
    const std::vector<PointMatch> rows{{0, 4}, {1, 3}, {2, 2}, {3, 1}, {4, 0}};
    const FigureMovement found =
        movement_of("power_w", figure({10, 2, 4, 0, none}), figure({7, 0.5, 4, 1, 11}), rows);
    CHECK(found.compared == 4);
    CHECK(found.moved == 3);
    CHECK(found.up == 2);
    CHECK(found.down == 1);
    CHECK(found.median_absolute == approx(0.5));  // of +1, -1, +0.5
    CHECK(found.median_relative == approx(-0.2)); // of +0.1 and -0.5: from 0 there is no part
    REQUIRE(found.largest_absolute);
    CHECK(found.largest_absolute->rows == PointMatch{0, 4}); // the first of the two that moved by 1
    CHECK(found.largest_absolute->absolute() == approx(1.0));
    REQUIRE(found.largest_relative);
    CHECK(found.largest_relative->rows == PointMatch{1, 3});
    CHECK(found.largest_relative->relative() == approx(-0.5));
}

TEST_CASE("a figure that is the same everywhere has moved nowhere") {
    const FigureMovement found =
        movement_of("power_w", figure({1, none}), figure({1, none}), {{0, 0}, {1, 1}});
    CHECK(found.compared == 1);
    CHECK(found.moved == 0);
    CHECK(std::isnan(found.median_absolute));
    CHECK_FALSE(found.largest_absolute);
    CHECK_FALSE(found.largest_relative);
}

TEST_CASE("of a figure with an entry per layer the layer that moved furthest counts") {
    // Row 0: 100 -> 103 and 1 -> 2: 3 W in layer 0, 100 % in layer 1. The second is of networks of three layers.
    const FigureMovement found =
        movement_of("power_w", figure({100, 1}, 2), figure({103, 2, 0}, 3), {{0, 0}});
    CHECK(found.each == 3);
    CHECK(found.moved == 1);
    CHECK(found.up == 1);
    CHECK(found.largest_absolute->entry == 0);
    CHECK(found.largest_absolute->absolute() == approx(3.0));
    CHECK(found.largest_relative->entry == 1);
    CHECK(found.largest_relative->relative() == approx(1.0));
}

TEST_CASE("downwards from a negative number is a negative part") {
    const FigureMovement found = movement_of("power_w", figure({-2}), figure({-3}), {{0, 0}});
    CHECK(found.down == 1);
    CHECK(found.median_relative == approx(-0.5));
}
