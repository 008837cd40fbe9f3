#include "lut/refined_table.hpp"

#include "base/errors.hpp"
#include "lut/interpolate.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;

namespace {

RefinedAxis axis(const std::string& name, double low, double high, Index count) {
    return {{name, "V", even_nodes(low, high, count), AxisRule::linear, BeyondAxis::refuse}, true};
}

/// Steep near 0 and flat elsewhere, and bent along the other axis.
RefinedFunction steep_function() {
    return {"f",
            "curve",
            "steep",
            {},
            {},
            {axis("x", -1.0, 1.0, 5), axis("y", 0.0, 1.0, 3)},
            {{"f", "A"}},
            [](std::span<const double> p, std::span<double> f) {
                f[0] = std::tanh(20.0 * p[0]) * (1.0 + p[1] * p[1]);
            },
            {},
            "a formula"};
}

} // namespace

TEST_CASE(
    "a table of a smooth function is refined until its error is met, and newly drawn points are not worse") {
    RefineOptions options;
    options.max_error = 2e-3;
    const RefinedFunction function = steep_function();
    const RefinedTable refined = refine_table(function, options);
    REQUIRE(refined.is_met);
    const LutError& stated = refined.table.errors.front();
    CHECK(stated.largest <= 2e-3 * stated.full_scale);
    CHECK(stated.rms < stated.largest);
    CHECK(stated.rms > 0.0);
    const std::vector<LutError> anew = measure_errors(refined.table, function, 20000, 99);
    CHECK(anew.front().largest <= 1.5 * stated.largest);
    CHECK(anew.front().largest > 0.0);
}

TEST_CASE("nodes lie where the function is bent") {
    RefineOptions options;
    options.max_error = 1e-3;
    const RefinedTable refined = refine_table(steep_function(), options);
    const std::vector<double>& x = refined.table.axes[0].values;
    const auto near = std::count_if(x.begin(), x.end(), [](double v) { return std::abs(v) < 0.25; });
    CHECK(4 * near > 3 * static_cast<Index>(x.size())); // a quarter of the range
    CHECK(static_cast<double>(x.size()) <
          0.25 * 2.0 * 20.0 / std::sqrt(1e-3)); // far fewer than evenly spaced ones
}

TEST_CASE("what cannot be met within the points allowed is said, with what was reached") {
    RefineOptions options;
    options.max_error = 1e-6;
    options.max_points = 500;
    const RefinedTable refined = refine_table(steep_function(), options);
    CHECK_FALSE(refined.is_met);
    CHECK(refined.reached > 1e-6);
    CHECK(refined.table.arrays.front().values.size() <= 500);
    CHECK(refined.table.arrays.front().values.size() > 250);
}

TEST_CASE("a bilinear function needs no more nodes than its ends") {
    const RefinedFunction function{
        "f",          "curve",
        "",           {},
        {},           {axis("x", -1.0, 1.0, 2), axis("y", 0.0, 1.0, 2)},
        {{"f", "A"}}, [](std::span<const double> p, std::span<double> f) { f[0] = p[0] * p[1]; },
        {},           "a formula"};
    const RefinedTable refined = refine_table(function, {.max_error = 1e-12});
    CHECK(refined.is_met);
    CHECK(refined.table.arrays.front().values.size() == 4);
}

TEST_CASE("a function that is not finite somewhere is refused with the place") {
    const RefinedFunction function{
        "f",          "curve",
        "",           {},
        {},           {axis("x", -1.0, 1.0, 3)},
        {{"f", "A"}}, [](std::span<const double> p, std::span<double> f) { f[0] = 1.0 / p[0]; },
        {},           "a formula"};
    CHECK(mentions(message_of<InputError>([&] { (void)refine_table(function, {}); }), "inf", "[0]"));
}

TEST_CASE("an error is a part of full scale or a quantity") {
    RefineOptions options;
    set_max_error(options, "0.1%", "A");
    CHECK(options.is_relative);
    CHECK(options.max_error == doctest::Approx(1e-3));
    set_max_error(options, "2n", "A");
    CHECK_FALSE(options.is_relative);
    CHECK(mentions(message_of<InputError>([&] { set_max_error(options, "-1%", "A"); }), "-1%"));
}
