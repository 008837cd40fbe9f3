#include "lut/device_luts.hpp"

#include "devicemodels/device_library.hpp"
#include "lut/interpolate.hpp"
#include "lut/lut.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

using namespace ohmloom;
using testing::approx;

TEST_CASE("the I-V table of a sinh device is its law, within the stated error on points drawn anew") {
    const auto device = make_device(find_card("sinh"));
    const RefinedFunction function = device_iv_function(*device, {});
    const RefinedTable made = refine_table(function, {.max_error = 1e-3});
    REQUIRE(made.is_met);
    validate(made.table);
    const std::vector<LutError> anew = measure_errors(made.table, function, 10000, 77);
    CHECK(anew.front().largest <= 1.5 * made.table.errors.front().largest);
    // The law itself, not the function that the table was made of.
    const double g = 0.5 * (device->g_min() + device->g_max()), v = 0.23;
    const double alpha = device->card().number("alpha");
    const double value = Interpolant(made.table, "current").evaluate(std::array{v, g});
    CHECK(std::abs(value - g * std::sinh(alpha * v) / alpha) <= 1.5 * made.table.errors.front().largest);
}

TEST_CASE("a device of two states has these as the nodes of its I-V table") {
    const auto device = make_device(find_card("mram"));
    const RefinedTable made =
        refine_table(device_iv_function(*device, {}), {.max_error = 1e-3, .check_points = 500});
    REQUIRE(made.is_met);
    const LutAxis& state = made.table.axes[1];
    CHECK(state.rule == AxisRule::nodes);
    REQUIRE(state.values.size() == 2);
    CHECK(state.values[0] < 0.9 * state.values[1]);
}

TEST_CASE("a pulse's table tells the mean of the devices that the model makes") {
    const auto device = make_device(find_card("pcm/training_steps"));
    DeviceLutOptions options;
    options.states = 5;
    const double v = device->card().number("v_set"), w = device->card().number("pulse_width");
    const PulseLutOptions pulses{{1.01 * v}, {w}, 200};
    const RefinedFunction function = device_pulse_function(*device, options, pulses);
    const RefinedTable made = refine_table(function, {.max_error = 0.02, .check_points = 100});
    validate(made.table);
    const Interpolant mean(made.table, "mean"), sigma(made.table, "sigma");
    const double g = 0.5 * (device->g_min() + device->g_max());
    const std::array point{g, 1.01 * v, w};
    CHECK(mean.evaluate(point) > g); // it sets
    CHECK(sigma.evaluate(point) > 0.0);
    double sum = 0.0; // other devices than the table's
    for (std::uint32_t k = 0; k < 400; ++k) {
        const DeviceDraws draws(5, {0, 1, k});
        const DeviceState before =
            device->program(device->fresh(draws), g, {Programming::write_verify, 1e-3, 2000}, draws, 1).state;
        sum += g + device->pulse(before, {1.01 * v, w}, draws, 2).state.g - before.g;
    }
    // Five standard deviations of the difference of both means.
    CHECK(std::abs(sum / 400 - mean.evaluate(point)) <
          5.0 * sigma.evaluate(point) * std::sqrt(1.0 / 400 + 1.0 / 200));
}

TEST_CASE("levels are what programming makes of them") {
    const auto exact = make_device(find_card("linear"));
    const Lut ideal = device_levels_lut(*exact, {}, 4, 10, {});
    validate(ideal);
    CHECK(find_array(ideal, "mean")->values[1] == approx(find_array(ideal, "target")->values[1]));
    CHECK(find_array(ideal, "sigma")->values[1] < 1e-12 * exact->g_max());
    const auto noisy = make_device(find_card("pcm/hermes_1"));
    const Lut levels = device_levels_lut(*noisy, {}, 4, 500, {Programming::single_shot});
    CHECK(find_array(levels, "sigma")->values[3] > 1e-3 * noisy->g_max());
}
