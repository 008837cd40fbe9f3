#include "lut/interpolate.hpp"

#include "base/errors.hpp"
#include "tests/approx.hpp"
#include "tests/lut/sample_luts.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

using namespace ohmloom;
using testing::approx;

TEST_CASE("a bilinear table gives back a bilinear function everywhere") {
    const Lut lut = sample_lut(); // current = voltage · state
    const Interpolant current(lut, "current");
    for (const double v : {-1.0, -0.3, 0.0, 0.7, 2.0}) {
        for (const double g : {1e-6, 1.7e-6, 3e-6})
            CHECK(current.evaluate(std::array{v, g}) == approx(v * g).epsilon(1e-14));
    }
}

TEST_CASE("an argument beyond an axis is refused by name, or clamped where the axis says so") {
    const Lut lut = sample_lut();
    const Interpolant current(lut, "current");
    CHECK(current.evaluate(std::array{1.0, 9e-6}) == approx(3e-6).epsilon(1e-14));
    CHECK(mentions(message_of<InputError>([&] {
                       (void)current.evaluate(std::array{2.1, 1e-6});
                   }),
                   "voltage", "2.1", "-1 to 2"));
    CHECK(mentions(message_of<InputError>([&] {
                       (void)current.evaluate(std::array{std::nan(""), 1e-6});
                   }),
                   "voltage"));
}

TEST_CASE("dimensions that are no axes come out side by side") {
    const Lut lut = sample_lut();
    const Interpolant more(lut, "more");
    REQUIRE(more.outputs() == 2);
    std::array<double, 2> values{};
    more.evaluate(std::array{1.0}, values);
    CHECK(values[0] == approx(4.0).epsilon(1e-14));
    CHECK(values[1] == approx(5.0).epsilon(1e-14));
}

TEST_CASE("steps hold the last node's value, and an index takes nodes alone") {
    Lut lut = sample_lut();
    lut.axes[0].rule = AxisRule::step;
    lut.axes[1].rule = AxisRule::nodes;
    lut.axes[1].beyond = BeyondAxis::refuse;
    const Interpolant current(lut, "current");
    CHECK(current.evaluate(std::array{-0.01, 3e-6}) == -3e-6);
    CHECK(current.evaluate(std::array{0.0, 3e-6}) == 0.0);
    CHECK(current.evaluate(std::array{50.0, 3e-6}) == 6e-6);
    CHECK(mentions(message_of<InputError>([&] {
                       (void)current.evaluate(std::array{0.0, 2e-6});
                   }),
                   "state", "node"));
    CHECK(mentions(message_of<InputError>([&] {
                       (void)current.evaluate(std::array{-1.1, 3e-6});
                   }),
                   "voltage"));
}
