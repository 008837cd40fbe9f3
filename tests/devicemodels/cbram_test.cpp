#include "devicemodels/cbram/ecm_device.hpp"
#include "devicemodels/cbram/pheno.hpp"
#include "devicemodels/device_library.hpp"
#include "devicemodels/stdp.hpp"
#include "tests/devicemodels/distributions.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

DeviceDraws draws_of(std::uint32_t number) {
    return {13, {2, number / 1000, number % 1000}};
}

bool to_digits(double found, double expected, double last_digit) {
    return std::abs(found - expected) <= 0.501 * last_digit;
}

} // namespace

TEST_CASE("half a conductance quantum and its multiples are the published numbers") {
    CHECK(to_digits(half_quantum * 1e6, 38.740, 1e-3));
    CHECK(to_digits(1.0 / half_quantum, 25812.8, 0.1));
    const double levels[] = {38.740, 77.481, 116.221, 154.962};
    for (int n = 1; n <= 4; ++n) CHECK(to_digits(n * half_quantum * 1e6, levels[n - 1], 1e-3));
    const double rounded[] = {38.74, 77.48, 116.22, 154.96, 193.70, 232.44};
    for (int n = 1; n <= 6; ++n) CHECK(to_digits(n * half_quantum * 1e6, rounded[n - 1], 1e-2));
    CHECK(nearest_level(100e-6, 1e-6, 310e-6) == testing::approx(3 * half_quantum));
    CHECK(nearest_level(5e-6, 1e-6, 310e-6) == testing::approx(half_quantum));
    CHECK(nearest_level(1.0, 1e-6, 310e-6) == testing::approx(8 * half_quantum));
    CHECK(level_below(100e-6) == testing::approx(2 * half_quantum));
    CHECK(level_below(3 * half_quantum) == testing::approx(3 * half_quantum));
}

TEST_CASE("the state slows growth as published: at half range a step is exp(-1.5) of the first") {
    const FilamentGrowth growth;
    const double middle = 0.5 * (growth.g_min + growth.g_max);
    CHECK(to_digits(growth.rate(middle, 0.4) / growth.rate(growth.g_min, 0.4), 0.2231, 1e-4));
    CHECK(to_digits(growth.rate(middle, -0.4) / growth.rate(growth.g_max, -0.4), 0.2231, 1e-4));
    const double step = growth.after(middle, 0.4, 1e-9) - middle;
    CHECK(step == testing::approx(growth.rate(middle, 0.4) * 1e-9).epsilon(1e-3));
}

TEST_CASE("below both thresholds a filament is left exactly as it is") {
    const auto device = make_device(find_card("cbram"));
    for (const double g : {1e-6, 77.7e-6, 310e-6}) {
        for (const double v : {-0.2, -0.1, 0.0, 0.15, 0.25}) {
            CHECK(device->pulse({.g = g}, {v, 1.0}, draws_of(1), 3).state.g == g);
        }
    }
}

TEST_CASE("the closed form of a pulse solves the rate equation") {
    const FilamentGrowth growth;
    for (const double v : {0.3, 0.38, -0.25, -0.33}) {
        double g = 120e-6;
        const double t = 1e-4 / std::abs(growth.overdrive(v));
        constexpr int steps = 20000;
        for (int k = 0; k < steps; ++k) {
            const double h = t / steps, half = g + 0.5 * h * growth.rate(g, v);
            g += h * growth.rate(half, v);
        }
        CHECK(growth.after(120e-6, v, t) == testing::approx(g).epsilon(1e-8));
        CHECK(growth.time_between(120e-6, g, v) == testing::approx(t).epsilon(1e-6));
        // Two halves of a pulse are the whole one.
        CHECK(growth.after(growth.after(120e-6, v, t / 3), v, 2 * t / 3) ==
              testing::approx(growth.after(120e-6, v, t)).epsilon(1e-12));
    }
    CHECK(std::isinf(growth.time_between(1e-4, 2e-4, -0.3)));
}

TEST_CASE("a filament stays in its range under any waveform") {
    const auto device = make_device(find_card("cbram"));
    const DeviceDraws draws = draws_of(5);
    DeviceState state = device->fresh(draws);
    for (std::uint32_t k = 0; k < 3000; ++k) {
        const double size = 10.0 * draws.normal(RandomPurpose::test_generation, k);
        state = device->waveform(state, {{0.0, 1e-6, 3e-6}, {0.0, size, -0.3 * size}}, draws, k).state;
        REQUIRE(state.g >= 1e-6);
        REQUIRE(state.g <= 310e-6);
    }
}

TEST_CASE("the noise of a programming event has the stated spread") {
    const auto device = make_device(find_card("cbram"));
    const FilamentGrowth growth;
    const double before = 100e-6, after = growth.after(before, 0.35, 1e-6), change = after - before;
    std::vector<double> got;
    for (std::uint32_t k = 0; k < 10000; ++k)
        got.push_back(device->pulse({.g = before}, {0.35, 1e-6}, draws_of(k), 0).state.g);
    CHECK(kolmogorov_distance(
              got, [&](double g) { return normal_distribution((g - after) / (1e-6 + 0.2 * change)); }) < 1.7);
    CHECK(device->read_noise({.g = 1e-4}, {}) == testing::approx(1e-6));
}

TEST_CASE("quantised filaments come to rest on half quanta, and decay to the next lower one") {
    const auto device = make_device(find_card("cbram", {{"quantised", "1"}}));
    for (std::uint32_t k = 0; k < 200; ++k) {
        const double target = 1e-6 + 1.5e-6 * k;
        const Programmed result =
            device->program(device->fresh(draws_of(k)), target, {Programming::single_shot}, draws_of(k), 0);
        const double n = result.got() / half_quantum;
        CHECK(std::abs(n - std::round(n)) < 1e-9);
    }
    FilamentGrowth decaying;
    decaying.tau_decay = 2.0;
    CHECK(decaying.after(100e-6, 0.0, 2.0) ==
          testing::approx(2 * half_quantum + (100e-6 - 2 * half_quantum) * std::exp(-1.0)).epsilon(1e-12));
    CHECK(decaying.after(100e-6, 0.0, 1e4) == testing::approx(2 * half_quantum));
}

TEST_CASE("filaments are programmed in one shot without noise, and by write-verify with it") {
    const auto quiet = make_device(find_card("cbram", {{"noise", "0"}}));
    for (const double target : {20e-6, 150e-6, 300e-6}) {
        const Programmed shot =
            quiet->program(quiet->fresh(draws_of(0)), target, {Programming::single_shot}, draws_of(0), 0);
        CHECK(shot.got() == testing::approx(target).epsilon(1e-9));
        CHECK(shot.pulses == 1);
        CHECK(shot.energy > 0.0);
    }
    const auto noisy = make_device(find_card("cbram"));
    int reached = 0;
    for (std::uint32_t k = 0; k < 1000; ++k) {
        const Programmed result = noisy->program(noisy->fresh(draws_of(k)), 150e-6,
                                                 {Programming::write_verify, 0.02, 30}, draws_of(k), 0);
        if (result.reached) {
            ++reached;
            CHECK(std::abs(result.got() - 150e-6) <= 0.02 * 310e-6);
        }
        CHECK(result.pulses <= 30);
    }
    CHECK(reached > 950);
}

TEST_CASE("two overlapping spikes write what neither writes alone, by their order") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const DeviceDraws draws = draws_of(0);
    const DeviceState state{.g = 150e-6};
    const SpikeShape
        shape; // 10 us at 0.18 V, then -0.15 V fading over 100 us: each alone is below both thresholds
    CHECK(device->waveform(state, spike_waveform(shape, 0.0), draws, 0).state.g == state.g);
    const auto change = [&](double delay) {
        return spike_pair_change(*device, state, shape, delay, draws, 0);
    };
    // The later spike's peak meets the earlier one's tail.
    CHECK(change(20e-6) > 0.0);
    CHECK(change(-20e-6) < 0.0);
    CHECK(change(20e-6) > change(30e-6));
    CHECK(change(-20e-6) < change(-40e-6));
    CHECK(change(120e-6) == 0.0);
    CHECK(change(-120e-6) == 0.0);
    // Two spikes at once cancel.
    CHECK(change(0.0) == 0.0);
}

TEST_CASE("a difference of waveforms keeps the steps of both") {
    const VoltageCurve v = difference({{0, 1, 1, 2}, {0, 0, 1, 1}}, {{0.5, 0.5, 1.5}, {0, 2, 0}});
    CHECK(voltage_at(v, 0.25) == 0.0);
    CHECK(voltage_at(v, 0.75) == testing::approx(-1.5));
    CHECK(voltage_at(v, 1.25) == testing::approx(1.0 - 0.5));
    CHECK(voltage_at(v, 1.75) == testing::approx(1.0));
}

TEST_CASE("the Cu/a-SiC/TiN cell conducts as published") {
    const Card card = find_card("cbram/cu_asic_tin");
    const EcmCell law = ecm_law(card, 300.0);
    CHECK(to_digits(law.s_plus - card.number("s_plus"), 2.59136, 1e-5));
    const auto off = [](const EcmCell& cell, double v) { return cell.current(v, cell.g_off()); };
    CHECK(to_digits(off(law, 0.5) * 1e10, 2.3227, 1e-4));
    CHECK(to_digits(off(law, 1.0) * 1e9, 2.1460, 1e-4));
    CHECK(to_digits(off(law, -1.0) * 1e9, -6.6070, 1e-4));
    CHECK(to_digits(off(law, 1.5) * 1e8, 1.1819, 1e-4));
    CHECK(to_digits(off(ecm_law(card, 350.0), 1.0) * 1e7, 2.9022, 1e-4));
    CHECK(law.current(0.1, law.g_on()) == testing::approx(0.1 / 6100).epsilon(1e-3));
    CHECK(law.current(-0.1, law.g_on()) == testing::approx(-0.1 / 8500).epsilon(1e-3));
    CHECK(law.current(5.0, law.g_on()) == testing::approx(100e-6).epsilon(1e-3));
}

TEST_CASE("the Cu/a-SiC/TiN cell switches when its published energies are spent") {
    const auto device = make_device(find_card("cbram/cu_asic_tin"));
    const DeviceDraws draws = draws_of(0);
    const DeviceState off = device->fresh(draws);
    const auto is_on = [&](const DeviceState& from, double v, double t) {
        return device->pulse(from, {v, t}, draws, 0).state.memory >= 1.0;
    };
    const double v[] = {1.0, 1.5, 2.0}, delay[] = {1.398e-3, 169.2e-6, 30.12e-6};
    for (int k = 0; k < 3; ++k) {
        CHECK(!is_on(off, v[k], delay[k] * 0.9995));
        CHECK(is_on(off, v[k], delay[k] * 1.0005));
    }
    const DeviceState on = device->pulse(off, {2.0, 40e-6}, draws, 0).state;
    CHECK(on.g == testing::approx(device->g_max()));
    CHECK(is_on(on, -0.5, 271e-6));
    CHECK(!is_on(on, -0.5, 273e-6));
    CHECK(is_on(on, 1.0, 1.0)); // more of the same does nothing
    CHECK(!is_on(off, -1.0, 1.0));
    // Energy adds up over pulses of one sign and is not lost between them.
    DeviceState state = off;
    for (int n = 0; n < 9; ++n) state = device->pulse(state, {1.0, 0.15e-3}, draws, 0).state;
    CHECK(state.memory < 1.0);
    CHECK(device->pulse(state, {1.0, 0.15e-3}, draws, 0).state.memory >= 1.0);
}

TEST_CASE("soft switching passes through every state between off and on") {
    const auto device = make_device(find_card("cbram/cu_asic_tin", {{"softness", "4"}}));
    const DeviceDraws draws = draws_of(0);
    DeviceState state = device->fresh(draws);
    double last = state.g;
    int between = 0;
    for (int n = 0; n < 400 && state.memory < 1.0; ++n) {
        state = device->pulse(state, {1.5, 1e-6}, draws, 0).state;
        CHECK(state.g >= last);
        if (state.g > 0.01 * device->g_max() && state.g < 0.9 * device->g_max()) ++between;
        last = state.g;
    }
    CHECK(state.memory >= 1.0);
    CHECK(state.g == testing::approx(device->g_max()));
}

} // namespace ohmloom::testing
