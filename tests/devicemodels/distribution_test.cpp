// Every distribution that a device draws from, by Kolmogorov and Smirnov; those of programmed phase-change cells and of
// junction resistances are with their families' tests.
#include "devicemodels/device_library.hpp"
#include "devicemodels/mram/junction.hpp"
#include "devicemodels/mram/switching.hpp"
#include "tests/approx.hpp"
#include "tests/devicemodels/distributions.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ohmloom::testing {

namespace {

constexpr double uS = 1e-6;
constexpr std::uint32_t count = 5000;
/// Of KS distances: exceeded in less than one case of a hundred.
constexpr double one_in_a_hundred = 1.63;

DeviceDraws draws_of(std::uint32_t number) {
    return {37, {8, number / 1000, number % 1000}};
}

std::vector<double> sample(const auto& draw) {
    std::vector<double> samples;
    for (std::uint32_t k = 0; k < count; ++k) samples.push_back(draw(k));
    return samples;
}

void check_normal(const std::vector<double>& samples, double mean, double spread) {
    CHECK(kolmogorov_distance(samples, [&](double x) { return normal_distribution((x - mean) / spread); }) <
          one_in_a_hundred);
}

/// Part of the junctions that a pulse reverses from parallel to antiparallel.
double reversed_part(const DeviceModel& device, const auto& change) {
    int reversed = 0;
    for (std::uint32_t k = 0; k < count; ++k) {
        const DeviceDraws draws = draws_of(k);
        const DeviceState parallel =
            device.pulse(device.fresh(draws), {2.0 * device.card().number("polarity"), 1e-5}, draws, 0).state;
        REQUIRE(parallel.memory > 0.0);
        if (change(parallel, draws).memory < 0.0) ++reversed;
    }
    return static_cast<double>(reversed) / count;
}

/// Four standard errors of a part.
double four_errors(double part) {
    return 4.0 * std::sqrt(part * (1.0 - part) / count);
}

} // namespace

TEST_CASE("cells that keep still are programmed with a normal error") {
    for (const char* card : {"linear", "sinh"}) {
        const auto device = make_device(find_card(card, {{"sigma_programming", "0.02"}}));
        const double target = 0.5 * device->g_max(), spread = 0.02 * device->g_max();
        check_normal(sample([&](std::uint32_t k) {
                         const DeviceDraws draws = draws_of(k);
                         return device
                             ->program(device->fresh(draws), target, {Programming::single_shot}, draws, 1)
                             .got();
                     }),
                     target, spread);
    }
}

TEST_CASE(
    "every card of programmed phase-change cells scatters by its own polynomial and drifts by its own law") {
    for (const char* name : {"pcm/hermes_1", "pcm/hermes_2", "pcm/joshi", "pcm/state_independent"}) {
        CAPTURE(name);
        const auto device = make_device(find_card(name));
        const double r = 0.6, g_max = device->g_max();
        double spread = 0.0, power = 1.0;
        for (const double c : device->card().numbers("programming")) {
            spread += c * power;
            power *= r;
        }
        const auto program = [&](std::uint32_t k) {
            const DeviceDraws draws = draws_of(k);
            return device->program(device->fresh(draws), r * g_max, {Programming::single_shot}, draws, 1);
        };
        check_normal(sample([&](std::uint32_t k) { return program(k).got(); }), r * g_max, spread);
        const DeviceState state = program(0).state;
        const ReadCondition later{1e5, 300.0};
        check_normal(
            sample([&](std::uint32_t k) { return read_device(*device, state, later, draws_of(k), 2).g; }),
            device->aged(state, later).g, device->read_noise(state, later));
    }
}

TEST_CASE("cells whose noise does not depend on their state drift with exponents 0.1 +- 0.05") {
    const auto device = make_device(find_card("pcm/state_independent"));
    for (const double r : {0.05, 0.9}) {
        const auto nu = sample([&](std::uint32_t k) {
            const DeviceDraws draws = draws_of(k);
            return device->program(device->fresh(draws), r * 25 * uS, {Programming::single_shot}, draws, 1)
                .state.drift;
        });
        // |nu| of a normal deviate, folded at 0.
        CHECK(kolmogorov_distance(nu, [](double x) {
                  return x < 0.0
                             ? 0.0
                             : normal_distribution((x - 0.1) / 0.05) - normal_distribution((-x - 0.1) / 0.05);
              }) < one_in_a_hundred);
    }
}

TEST_CASE("RESET leaves a normal conductance, a SET pulse a normal step, a read-out a normal error") {
    const auto device = make_device(find_card("pcm/accumulation", {{"g_max", "20u"}}));
    check_normal(sample([&](std::uint32_t k) { return device->fresh(draws_of(k)).g; }), 0.1 * uS, 0.01 * uS);
    const DeviceState before{.g = 5 * uS, .memory = 0.2};
    check_normal(sample([&](std::uint32_t k) {
                     return device->pulse(before, {2.5, 1e-6}, draws_of(k), 3).state.g;
                 }),
                 0.1 * uS, 0.01 * uS);
    // A step of the mean -0.084 G + 0.88 + 1.4 P and the spread 0.091 G + 0.26 + 2.15 P; at 8 uS it is not clipped.
    const DeviceState high{.g = 8 * uS, .memory = 0.2};
    const double p = 0.2 * std::exp(-1.0 / 2.6), mean = 8 - 0.084 * 8 + 0.88 + 1.4 * p,
                 spread = 0.091 * 8 + 0.26 + 2.15 * p;
    check_normal(sample([&](std::uint32_t k) {
                     return device->pulse(high, {1.0, 50e-9}, draws_of(k), 3).state.g;
                 }),
                 mean * uS, spread * uS);
    check_normal(sample([&](std::uint32_t k) {
                     return read_device(*device, high, {0.0, 300.0}, draws_of(k), 1).g;
                 }),
                 8 * uS, (0.03 * 8 + 0.13) * uS);
}

TEST_CASE("filaments are read with a normal error of one percent") {
    const auto device = make_device(find_card("cbram"));
    const DeviceState state{.g = 100 * uS};
    check_normal(sample([&](std::uint32_t k) { return read_device(*device, state, {}, draws_of(k), 4).g; }),
                 100 * uS, 1 * uS);
}

TEST_CASE("a junction's magnetoresistance is a normal deviate of its own") {
    const auto device = make_device(find_card("mram/measured_78nm"));
    std::vector<double> tmr, r_p;
    for (std::uint32_t k = 0; k < count; ++k) {
        const DeviceState ap = device->fresh(draws_of(k));
        tmr.push_back(ap.shape);
        r_p.push_back(1.0 / (ap.g * (1.0 + ap.shape)));
    }
    check_normal(tmr, 1.735, 0.022 * 1.735);
    // It does not go with the resistance: the correlation of so many independent pairs is below 4/sqrt(count).
    const Moments t = moments_of(tmr), r = moments_of(r_p);
    double together = 0.0;
    for (std::size_t k = 0; k < tmr.size(); ++k)
        together += (tmr[k] - t.mean) * (r_p[k] - r.mean) / (t.spread * r.spread);
    CHECK(std::abs(together) / count < 4.0 / std::sqrt(count));
}

TEST_CASE("critical currents scatter normally: long pulses between them reverse that part of the junctions") {
    const auto device =
        make_device(find_card("mram/measured_78nm", {{"noise", "0"}, {"sigma_ra", "0"}, {"sigma_tmr", "0"}}));
    for (const double deviates : {-2.0, -1.0, 0.0, 1.0, 2.0}) {
        // Ohmic where parallel; from the thermal angle, its cosine of the critical current does.
        const double v = -0.299 * std::cos(rest_angle(60.0)) * (1.0 + 0.065 * deviates);
        const double part =
            reversed_part(*device, [&](const DeviceState& parallel, const DeviceDraws& draws) {
                return device->pulse(parallel, {v, 1e-3}, draws, 1).state;
            });
        const double expected = normal_distribution(deviates);
        CHECK(std::abs(part - expected) <= four_errors(expected));
    }
}

TEST_CASE(
    "waveforms draw a thermal angle: they reverse junctions whose angle is beyond the one that just does") {
    const auto device = make_device(find_card("mram/arm_verilog_a", {{"xi", "0"}}));
    const MacrospinNumbers numbers =
        macrospin_numbers({1e-3, 1.2e6, 1e-9, 50e-9, 0.01, 0.75, 0.941, 300.0, 0.029});
    const Junction junction{.r_p = 6000.0, .tmr = julliere_tmr(0.75), .v_half = 0.5};
    const double v = -0.4, m_rest = std::cos(rest_angle(numbers.delta));
    const auto drive = [&](double y) {
        return -junction.current(v, std::clamp(0.5 * (1.0 + std::tanh(y) / m_rest), 0.0, 1.0)) / numbers.ic0;
    };
    for (const double theta : {0.08, 0.12, 0.2}) {
        // The time in which this angle comes to 90 degrees.
        const double y0 = std::atanh(std::cos(theta));
        double shorter = 0.0, longer = 1e3;
        for (int k = 0; k < 40; ++k) {
            const double t = 0.5 * (shorter + longer);
            (rapidity_after(y0, drive, t, 10.0) > 0.0 ? shorter : longer) = t;
        }
        const VoltageCurve waveform{{0.0, longer * numbers.tau_d}, {v, v}};
        const double part =
            reversed_part(*device, [&](const DeviceState& parallel, const DeviceDraws& draws) {
                return device->waveform(parallel, waveform, draws, 1).state;
            });
        const double expected = std::exp(-numbers.delta * theta * theta);
        CHECK(std::abs(part - expected) <= four_errors(expected) + 1e-3);
    }
}

TEST_CASE("heat reverses half-selected junctions in waveforms as often as in pulses") {
    // A low barrier, so that it happens; voltages at which the parallel junction carries 0.3 to 0.8 of the critical current.
    const auto device = make_device(find_card(
        "mram/measured_78nm", {{"delta", "25"}, {"sigma_ra", "0"}, {"sigma_tmr", "0"}, {"sigma_ic", "0"}}));
    const double tau = device->card().number("tau_d");
    for (const double i : {0.3, 0.5, 0.8}) {
        const double width = -std::log(0.6) * tau / thermal_rate(i, 25.0);
        const double v = -0.299 * i;
        const double expected = 1.0 - survival(i, 25.0, width / tau);
        const auto part_after = [&](const VoltageCurve& waveform) {
            return reversed_part(*device, [&](const DeviceState& parallel, const DeviceDraws& draws) {
                return device->waveform(parallel, waveform, draws, 1).state;
            });
        };
        CHECK(expected == testing::approx(0.4).epsilon(1e-9));
        // The thermal angle at the beginning is beyond reach now and then: exp(-delta (1 - i²)).
        const double allowed = four_errors(expected) + std::exp(-25.0 * (1.0 - i * i));
        CHECK(std::abs(part_after({{0.0, width}, {v, v}}) - expected) <= allowed);
        CHECK(std::abs(part_after({{0.0, 0.3 * width, width}, {v, 1.0001 * v, v}}) - expected) <=
              allowed + 2e-3);
    }
}

} // namespace ohmloom::testing
