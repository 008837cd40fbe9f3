#include "devicemodels/device_library.hpp"
#include "devicemodels/pcm/step_device.hpp"
#include "tests/devicemodels/distributions.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ohmloom::testing {

namespace {

DeviceDraws draws_of(std::uint32_t number) {
    return {41, {9, number / 1000, number % 1000}};
}

std::vector<double> weights(const DeviceModel& device, const DeviceState& from, double v) {
    std::vector<double> found;
    for (std::uint32_t k = 0; k < 5000; ++k)
        found.push_back(device.pulse(from, {v, 50e-9}, draws_of(k), 3).state.memory);
    return found;
}

} // namespace

TEST_CASE("training steps have their published sizes") {
    const ExponentialSteps steps;
    CHECK(steps.up(0.0) / steps.dw_min == testing::approx(28.235).epsilon(1e-12));
    CHECK(std::abs(steps.up(2.0) / steps.dw_min - 1.1835) < 5.01e-5);
    CHECK(steps.down(0.0) / steps.dw_min == testing::approx(3.235).epsilon(1e-12));
    CHECK(steps.down(0.5) == testing::approx(0.01 * (1.0 + 2.235 * std::exp(1.25))).epsilon(1e-12));
}

TEST_CASE("the card of training steps makes them, whole and in part, between 0 and the greatest weight") {
    const auto device = make_device(find_card("pcm/training_steps", {{"noise", "0"}}));
    const ExponentialSteps steps;
    const DeviceDraws draws = draws_of(0);
    const DeviceState fresh = device->fresh(draws);
    CHECK(fresh.memory == testing::approx(0.01));
    double w = fresh.memory;
    DeviceState state = fresh;
    for (int k = 0; k < 400; ++k) {
        state = device->pulse(state, {1.0, 50e-9}, draws, 0).state;
        w = std::min(2.0, w + steps.up(w));
        REQUIRE(state.memory == testing::approx(w).epsilon(1e-12));
        CHECK(state.g == testing::approx(0.1e-6 + 24.9e-6 * w / 2.0).epsilon(1e-12));
    }
    CHECK(w == 2.0);
    const DeviceState from{.g = 6e-6, .memory = 0.5};
    CHECK(device->pulse(from, {1.0, 25e-9}, draws, 0).state.memory ==
          testing::approx(0.5 + 0.5 * steps.up(0.5)).epsilon(1e-12));
    CHECK(device->pulse(from, {-1.0, 50e-9}, draws, 0).state.memory ==
          testing::approx(0.5 - steps.down(0.5)).epsilon(1e-12));
    CHECK(device->pulse(from, {0.7, 1.0}, draws, 0).state.memory == 0.5);
    CHECK(device->pulse(from, {2.1, 50e-9}, draws, 0).state.memory == testing::approx(0.01));
    CHECK(device->pulse(from, {1.0, 100e-9}, draws, 0).state.memory ==
          testing::approx(0.5 + steps.up(0.5) + steps.up(0.5 + steps.up(0.5))).epsilon(1e-12));
}

TEST_CASE("training steps scatter from pulse to pulse and from device to device as published") {
    const ExponentialSteps steps;
    const double w = 0.8, spread = 0.6 * (steps.up(w) + 0.042 + 0.108 * w);
    const auto alike =
        make_device(find_card("pcm/training_steps", {{"sigma_step", "0"}, {"sigma_range", "0"}}));
    CHECK(kolmogorov_distance(weights(*alike, {.g = 1e-5, .memory = w}, 1.0), [&](double x) {
              return normal_distribution((x - w - steps.up(w)) / spread);
          }) < 1.63);
    const auto quiet =
        make_device(find_card("pcm/training_steps", {{"sigma_pulse", "0"}, {"sigma_range", "0"}}));
    CHECK(kolmogorov_distance(weights(*quiet, {.g = 1e-5, .memory = w}, 1.0), [&](double x) {
              return normal_distribution(((x - w) / steps.up(w) - 1.0) / 0.2);
          }) < 1.63);
    // The greatest weight of each device, where a long train ends.
    const auto ranges =
        make_device(find_card("pcm/training_steps", {{"sigma_pulse", "0"}, {"sigma_step", "0"}}));
    std::vector<double> ends;
    for (std::uint32_t k = 0; k < 2000; ++k)
        ends.push_back(
            ranges->pulse({.g = 1e-5, .memory = 1.9}, {1.0, 400 * 50e-9}, draws_of(k), 0).state.memory);
    CHECK(kolmogorov_distance(ends, [](double x) { return normal_distribution((x / 2.0 - 1.0) / 0.1); }) <
          1.63);
    // A reset: 0.01 +- 0.02, held at 0.
    const std::vector<double> resets = weights(*alike, {.g = 1e-5, .memory = w}, 2.5);
    const auto zeros = static_cast<double>(std::count(resets.begin(), resets.end(), 0.0));
    CHECK(std::abs(zeros / 5000 - normal_distribution(-0.5)) < 0.027);
    CHECK(*std::max_element(resets.begin(), resets.end()) < 0.01 + 0.02 * 4.5);
}

TEST_CASE("cells for training are programmed by write-verify, and by a counted train in one shot") {
    const auto quiet = make_device(find_card("pcm/training_steps", {{"noise", "0"}}));
    const double target = 15e-6;
    const Programmed shot =
        quiet->program(quiet->fresh(draws_of(0)), target, {Programming::single_shot}, draws_of(0), 0);
    CHECK(std::abs(shot.got() - target) < 0.03 * 25e-6);
    const auto noisy = make_device(find_card("pcm/training_steps"));
    int reached = 0;
    for (std::uint32_t k = 0; k < 500; ++k) {
        const Programmed result = noisy->program(noisy->fresh(draws_of(k)), target,
                                                 {Programming::write_verify, 0.05, 200}, draws_of(k), 0);
        if (!result.reached) continue;
        ++reached;
        CHECK(std::abs(result.got() - target) <= 0.05 * 25e-6);
    }
    CHECK(reached > 400);
}

} // namespace ohmloom::testing
