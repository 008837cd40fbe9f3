#include "devicemodels/device_library.hpp"
#include "devicemodels/mram/junction.hpp"
#include "devicemodels/mram/switching.hpp"
#include "tests/devicemodels/distributions.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

namespace ohmloom::testing {

namespace {

/// `expected` as published has so many digits after the point of its mantissa: half a unit of the last one is allowed.
bool to_digits(double found, double expected, double last_digit) {
    return std::abs(found - expected) <= 0.501 * last_digit;
}

DeviceDraws draws_of(std::uint32_t number) {
    return {11, {1, number / 1000, number % 1000}};
}

/// The framework's Verilog-A set, as its card has it.
MacrospinNumbers arm_numbers() {
    return macrospin_numbers({1e-3, 1.2e6, 1e-9, 50e-9, 0.01, 0.75, 0.941, 300.0, 0.029, 61e-15, 1.6e-9});
}

Spinlib at_temperature(double t) {
    Spinlib model;
    model.temperature = t;
    return model;
}

} // namespace

TEST_CASE("the SPINLIB junction has its published numbers at 300 K") {
    const Spinlib model;
    CHECK(to_digits(model.area(), 1.25664e-15, 1e-20));
    CHECK(to_digits(model.r_p(), 3978.9, 0.1));
    CHECK(to_digits(model.m_s(), 15799, 1));
    CHECK(to_digits(model.delta(), 35.55, 0.01));
    const double v[] = {0.0, 0.1, 0.3, 0.5, 1.0}, tmr[] = {1.2582, 1.2098, 0.9252, 0.6291, 0.2516};
    for (int k = 0; k < 5; ++k) CHECK(to_digits(model.tmr(v[k]), tmr[k], 1e-4));
    CHECK(to_digits(model.r_ap(0.0), 8985, 1));
    CHECK(to_digits(model.r_ap(0.5), 6482, 1));
    CHECK(to_digits(model.r_ap(1.0), 4980, 1));
    CHECK(to_digits(model.critical_current(0.0) * 1e6, 53.85, 0.01));
    CHECK(to_digits(model.critical_current(0.3) * 1e6, 56.50, 0.01));
    CHECK(to_digits(model.critical_current(0.5) * 1e6, 61.16, 0.01));
}

TEST_CASE("the SPINLIB junction reverses in its published mean times") {
    const Spinlib model;
    CHECK(to_digits(model.mean_time(1.2, 0.3) * 1e9, 19.36, 0.01));
    CHECK(to_digits(model.mean_time(1.5, 0.3) * 1e9, 7.742, 0.001));
    CHECK(to_digits(model.mean_time(2.0, 0.3) * 1e9, 3.871, 0.001));
    CHECK(to_digits(model.mean_time(3.0, 0.3) * 1e9, 1.936, 0.001));
    CHECK(to_digits(model.mean_time(0.2, 0.3), 1948, 1));
    CHECK(to_digits(model.mean_time(0.5, 0.3) * 1e3, 45.5, 0.1));
    CHECK(to_digits(model.mean_time(0.7, 0.3) * 1e6, 37.2, 0.1));
}

TEST_CASE("the SPINLIB junction softens with temperature as published") {
    const double t[] = {250, 358, 400}, tmr[] = {1.349, 1.158, 1.089}, ic[] = {61.2, 45.5, 39.7},
                 delta[] = {48.9, 24.9, 19.3};
    for (int k = 0; k < 3; ++k) {
        const Spinlib model = at_temperature(t[k]);
        CHECK(to_digits(model.tmr(0.0), tmr[k], 1e-3));
        CHECK(to_digits(model.critical_current(0.0) * 1e6, ic[k], 0.1));
        CHECK(std::abs(model.delta() - delta[k]) < 0.06); // 19.248 at 400 K stands as 19.3
    }
}

TEST_CASE("macrospin numbers are those computed for the published sets") {
    constexpr double mu0 = 4e-7 * 3.14159265358979;
    Macrospin verilog{1e-3, 1.2e6, 1e-9, 50e-9, 0.01, 0.75, 0.941, 300.0, 0.029};
    const MacrospinNumbers exact = macrospin_numbers(verilog);
    CHECK(to_digits(mu0 * exact.h_k, 0.29140, 1e-5));
    CHECK(to_digits(exact.delta, 82.884, 1e-3));
    CHECK(to_digits(exact.ic0 * 1e6, 27.817, 1e-3));
    CHECK(to_digits(exact.tau_d * 1e9, 1.95001, 1e-5));
    // The framework's mode 1 leaves the factor across the axis out.
    verilog.n_x = 0.0;
    const MacrospinNumbers one = macrospin_numbers(verilog);
    CHECK(to_digits(one.delta, 70.446, 1e-3));
    CHECK(to_digits(one.ic0 * 1e6, 23.642, 1e-3));
    CHECK(to_digits(one.tau_d * 1e9, 2.2943, 1e-4));
    Macrospin cylinder{1e-3, 0.97e6, 1e-9, 50e-9, 0.005, 0.35, 0.0, 300.0};
    const MacrospinNumbers python = macrospin_numbers(cylinder);
    CHECK(python.n_x == testing::approx(0.5 * (1.0 - python.n_z)).epsilon(1e-14));
    CHECK(to_digits(python.delta, 211.95, 0.01));
    CHECK(to_digits(python.ic0 * 1e6, 76.22, 0.01));
    cylinder.n_x = 0.0;
    CHECK(to_digits(macrospin_numbers(cylinder).delta, 205.90, 0.01));
    CHECK(to_digits(macrospin_numbers(cylinder).ic0 * 1e6, 74.04, 0.01));
    CHECK(to_digits(100 * julliere_tmr(0.75), 257.1, 0.1));
    CHECK(to_digits(6000 * (1 + julliere_tmr(0.75)), 21428.6, 0.1));
    CHECK(to_digits(100 * julliere_tmr(0.35), 27.9, 0.1));
}

TEST_CASE("the time of a deterministic reversal is the closed form") {
    const double i[] = {1.5, 2.0, 3.0};
    const double small[] = {8.47038, 4.48975, 2.33858}, nanoseconds[] = {16.517, 8.7550, 4.5603},
                 digit[] = {1e-3, 1e-4, 1e-4};
    const double sixty[] = {4.74729, 2.62618, 1.40629};
    for (int k = 0; k < 3; ++k) {
        CHECK(to_digits(reversal_time(i[k], 0.01414119), small[k], 1e-5));
        CHECK(to_digits(reversal_time(i[k], 0.01414119) * 1.95001, nanoseconds[k], digit[k]));
        CHECK(to_digits(reversal_time(i[k], 1.0 / std::sqrt(120.0)), sixty[k], 1e-5));
    }
    CHECK(rest_angle(60.0) == testing::approx(1.0 / std::sqrt(120.0)));
    CHECK(std::isinf(reversal_time(0.9, 0.1)));
}

TEST_CASE("the equation of motion arrives at 90 degrees when the closed form says") {
    for (const double i : {1.2, 1.5, 2.0, 3.0, 6.0}) {
        const double theta = rest_angle(60.0), y0 = std::atanh(std::cos(theta));
        const double y = rapidity_after(
            y0, [i](double) { return i; }, reversal_time(i, theta), 10.0);
        CHECK(std::abs(y) < 1e-6);
    }
}

TEST_CASE("a voltage that adds to the anisotropy scales current, barrier and time") {
    // With the field h times as strong, the motion is that of i/h in times tau_d/h.
    for (const double h : {0.6, 1.0, 1.5}) {
        const double i = 2.2, theta = rest_angle(60.0), y0 = std::atanh(std::cos(theta));
        const double y = rapidity_after(
            y0, [i](double) { return i; }, reversal_time(i / h, theta) / h, 10.0, h);
        CHECK(std::abs(y) < 1e-6);
    }
    Junction junction;
    junction.vcma = 0.5;
    CHECK(junction.field(0.4) == testing::approx(1.2));
    CHECK(junction.field(-0.4) == testing::approx(0.8));
    CHECK(junction.field(-1e3) == least_field);
}

TEST_CASE("a junction at rest stays within its thermal angle whatever drives it") {
    const double rest = 3.0;
    double y = rest;
    for (int k = 0; k < 2000; ++k) {
        const double i = 8.0 * std::sin(0.37 * k) + 5.0 * std::cos(1.7 * k);
        y = rapidity_after(
            y, [i](double) { return i; }, 0.3, rest);
        REQUIRE(std::abs(y) <= rest);
    }
}

TEST_CASE("the Fokker-Planck equation gives the reference write-error rates") {
    struct Case {
        double delta, i, t, error, digit;
    };
    for (const Case& c : {Case{60, 1.5, 4, 0.30267, 1e-5},
                          {60, 1.5, 6, 0.041653, 1e-6},
                          {60, 1.5, 8, 5.2135e-3, 1e-7},
                          {60, 1.5, 12, 8.013e-5, 1e-8},
                          {60, 2, 2, 0.59492, 1e-5},
                          {60, 2, 3, 0.10981, 1e-5},
                          {60, 2, 4, 0.015269, 1e-6},
                          {60, 2, 6, 2.726e-4, 1e-7},
                          {60, 2, 8, 4.837e-6, 1e-9},
                          {60, 3, 1, 0.81803, 1e-5},
                          {60, 3, 1.5, 0.20446, 1e-5},
                          {60, 3, 2, 0.030427, 1e-6},
                          {60, 3, 3, 5.656e-4, 1e-7},
                          {40, 2, 2, 0.45045, 1e-5},
                          {40, 2, 3, 0.073759, 1e-6},
                          {40, 2, 4, 0.010015, 1e-6},
                          {40, 2, 6, 1.757e-4, 1e-7}}) {
        const double found = fokker_planck_survival(c.i, c.delta, c.t);
        CAPTURE(c.delta);
        CAPTURE(c.i);
        CAPTURE(c.t);
        CAPTURE(found);
        // The references are converged to 1e-4 of themselves.
        CHECK(std::abs(found - c.error) <= std::max(0.501 * c.digit, 1e-4 * c.error));
    }
}

TEST_CASE("half of the junctions have reversed at the reference medians") {
    for (const auto& [delta, i, median] :
         {std::array{60.0, 1.5, 3.4100}, {60.0, 2.0, 2.1277}, {60.0, 3.0, 1.2236}, {40.0, 2.0, 1.9299}}) {
        const double slope = (fokker_planck_survival(i, delta, median + 0.01) -
                              fokker_planck_survival(i, delta, median - 0.01)) /
                             0.02;
        const double error = (fokker_planck_survival(i, delta, median) - 0.5) / slope;
        CHECK(std::abs(error) < 1.5e-4);
    }
}

TEST_CASE("the fast formula stays as close to the Fokker-Planck equation as stated") {
    for (const double t : {1.0, 1.5, 2.0, 3.0}) {
        CHECK(fast_survival(3, 60, t) / fokker_planck_survival(3, 60, t) ==
              testing::approx(1.0).epsilon(0.02));
    }
    for (const double t : {2.0, 3.0, 4.0, 6.0, 8.0}) {
        const double ratio = fast_survival(2, 60, t) / fokker_planck_survival(2, 60, t);
        CHECK(ratio > 0.975);
        CHECK(ratio < 1.115);
    }
    const double deep = fast_survival(1.5, 60, 12) / fokker_planck_survival(1.5, 60, 12);
    CHECK(deep > 1.3);
    CHECK(deep < 1.465);
}

TEST_CASE("the constant of the usual mean time, pi^2/4, misses the write-error rate by as much as stated") {
    const auto usual = [](double i, double delta, double t) {
        const double pi = 3.14159265358979;
        return -std::expm1(-0.25 * pi * pi * delta * (i - 1.0) / (i * std::exp(2.0 * (i - 1.0) * t) - 1.0));
    };
    for (const auto& [t, reference] : {std::array{4.0, 0.015269}, {6.0, 2.726e-4}})
        CHECK(usual(2.0, 60.0, t) / reference == testing::approx(1.6).epsilon(0.05));
    for (const auto& [t, reference] : {std::array{8.0, 5.2135e-3}, {12.0, 8.013e-5}}) {
        const double ratio = usual(1.5, 60.0, t) / reference;
        CHECK(ratio > 3.0);
        CHECK(ratio < 4.0);
    }
}

TEST_CASE("sampled reversal times have the fast formula's distribution") {
    std::vector<double> times;
    for (std::uint32_t k = 0; k < 20000; ++k) {
        times.push_back(
            fast_reversal_time(2.0, 60.0, -std::log(draws_of(k).uniform(RandomPurpose::device_programming))));
    }
    CHECK(kolmogorov_distance(times, [](double t) { return 1.0 - fast_survival(2.0, 60.0, t); }) < 1.7);
}

TEST_CASE("the probability to stay has no jump over the current") {
    double last = 1.0;
    for (double i = -0.5; i < 3.0; i += 1e-3) {
        const double here = survival(i, 60.0, 4.0);
        // Near the critical current the two formulas that are blended are poor, and not even monotonic.
        if (i < 0.9 || i > 1.5) CHECK(here <= last + 1e-12);
        CHECK(std::abs(last - here) < 0.02);
        last = here;
    }
    CHECK(survival(0.5, 40.0, 10.0) == testing::approx(std::exp(-10.0 * thermal_rate(0.5, 40.0))));
    CHECK(survival(2.0, 60.0, 0.0) == 1.0);
}

TEST_CASE("the junction of the fully analog study has its resistances") {
    const auto device = make_device(find_card("mram"));
    CHECK(device->card().name == "mram/analog_50x30");
    CHECK(to_digits(1.0 / device->g_max(), 8488.2636, 1e-4));
    CHECK(to_digits(1.0 / device->g_min(), 25464.7909, 1e-4));
    const auto synapse = make_device(find_card("mram/synapse_5k"));
    CHECK(1.0 / synapse->g_max() == testing::approx(5000.0).epsilon(1e-6));
    CHECK(1.0 / synapse->g_min() == testing::approx(15000.0).epsilon(1e-6));
}

TEST_CASE("the cards say what the published models say") {
    const auto spinlib = make_device(find_card("mram/spinlib"));
    CHECK(to_digits(1.0 / spinlib->g_max(), 3978.9, 0.1));
    CHECK(to_digits(1.0 / spinlib->g_min(), 8985, 1));
    const auto measured = make_device(find_card("mram/measured_78nm"));
    CHECK(to_digits(1.0 / measured->g_max(), 3363.7, 0.1));
    CHECK(to_digits(1.0 / measured->g_min(), 9199.2, 1.2));
    const auto umn = make_device(find_card("mram/umn_65nm"));
    CHECK(to_digits(1.0 / umn->g_max(), 1183.4, 0.1));
    CHECK(to_digits(umn->g_max() / umn->g_min() - 1.0, 1.2377, 1e-4));
    const auto hot = make_device(find_card("mram/umn_65nm", {{"temperature", "358"}}));
    CHECK(to_digits(hot->g_max() / hot->g_min() - 1.0, 1.1048, 1e-4));
    const auto python = make_device(find_card("mram/arm_python"));
    CHECK(python->g_max() / python->g_min() - 1.0 == testing::approx(0.279).epsilon(2e-3));
    CHECK(to_digits(measured->card().number("ra") * 1e12, 16.07, 0.01));
    // Resistance-area products of spin-orbit sets on their discs.
    const auto austin = make_device(find_card("mram/ut_austin"));
    CHECK(to_digits(9.818e-12 / (0.25 * 3.14159265358979 * 50e-9 * 50e-9), 5000, 1));
    CHECK(1.0 / austin->g_max() == testing::approx(5000).epsilon(1e-12));
    const auto gated = make_device(find_card("mram/buaa_vgsot"));
    CHECK(to_digits(1.0 / gated->g_max() / 1e3, 331, 1));
    CHECK(gated->g_max() / gated->g_min() == testing::approx(2.0).epsilon(1e-12));
    const auto nyu = make_device(find_card("mram/nyu"));
    CHECK(to_digits(1.0 / nyu->g_max() / 1e3, 2.53, 0.01));
    CHECK(nyu->g_max() / nyu->g_min() == testing::approx(2.24).epsilon(1e-12));
}

TEST_CASE("the low-field junction conducts as its published fit says, at every voltage of its table") {
    // G/A [S/cm²] over the oxide's thickness [nm].
    const auto conductance = [](double c1, double c2, double c3, double c4, double v) {
        constexpr double oxide = 1.15, area = 3.63e-15 * 1e4;
        return area * (std::exp(c1 * oxide + c2) * v * v + std::exp(c3 * oxide + c4));
    };
    const auto device = make_device(find_card("mram/fong_2013"));
    const CellModel law = device->law(300.0);
    const std::vector<double>& knots = device->card().numbers("voltages");
    REQUIRE(knots.size() == 33);
    for (const double v : knots) {
        const double p = conductance(-5.90497, 21.5434, -7.46919, 25.0243, v),
                     ap = conductance(-6.7524, 23.2848, -7.56891, 24.144, v);
        CHECK(evaluate_cell(law, device->g_max(), 0.0, v).current == testing::approx(p * v).epsilon(1e-7));
        CHECK(evaluate_cell(law, device->g_min(), 0.0, v).current == testing::approx(ap * v).epsilon(1e-7));
    }
    // Between them: to what a cubic through points 25 mV apart can do.
    for (double v = -0.39; v < 0.4; v += 0.0137) {
        const double p = conductance(-5.90497, 21.5434, -7.46919, 25.0243, v);
        CHECK(evaluate_cell(law, device->g_max(), 0.0, v).current == testing::approx(p * v).epsilon(1e-3));
    }
    CHECK(to_digits(1.0 / conductance(-5.90497, 21.5434, -7.46919, 25.0243, 0.0), 2007.0, 1.0));
    CHECK(to_digits(1.0 / conductance(-6.7524, 23.2848, -7.56891, 24.144, 0.0), 5429.0, 1.0));
}

TEST_CASE(
    "a series column of measured junctions has the resistance, the step and the spread that were computed") {
    // 64 cells, half parallel: the reading of a column that sums resistances.
    const auto device = make_device(find_card("mram/measured_78nm", {{"noise", "0"}}));
    const double r_p = 1.0 / device->g_max(), r_ap = 1.0 / device->g_min();
    CHECK(to_digits(32 * (r_p + r_ap) / 1e3, 402.0, 0.1));
    CHECK(std::abs(r_ap - r_p - 5835.5) < 1.2); // the card's TMR is rounded to 1.735
    CHECK(to_digits(100 * (r_ap - r_p) / (32 * (r_p + r_ap)), 1.45, 0.01));
    std::vector<double> columns;
    for (std::uint32_t c = 0; c < 1500; ++c) {
        double sum = 0.0;
        for (std::uint32_t r = 0; r < 64; ++r) {
            const DeviceDraws draws(12, {2, r, c});
            DeviceState state = device->fresh(draws);
            if (r % 2 == 0) state = device->pulse(state, {0.9, 1e-6}, draws, 0).state;
            sum += 1.0 / state.g;
        }
        columns.push_back(sum);
    }
    CHECK(std::abs(moments_of(columns).mean / 1e3 - 402.0) < 0.4);
    CHECK(std::abs(moments_of(columns).spread / 1e3 - 2.9) < 0.2);
}

TEST_CASE("measured junctions reverse at the measured voltages, and not below") {
    const auto device = make_device(find_card(
        "mram/measured_78nm", {{"noise", "0"}, {"sigma_ra", "0"}, {"sigma_tmr", "0"}, {"sigma_ic", "0"}}));
    const DeviceDraws draws = draws_of(0);
    const DeviceState ap = device->fresh(draws);
    // From the thermal angle, cos(theta) of the critical current does: 0.4 % less.
    CHECK(device->pulse(ap, {0.461 * 0.99, 1e-3}, draws, 0).state.memory < 0.0);
    const DeviceState p = device->pulse(ap, {0.461 * 1.001, 1e-3}, draws, 0).state;
    CHECK(p.memory > 0.0);
    CHECK(device->pulse(p, {-0.299 * 0.99, 1e-3}, draws, 0).state.memory > 0.0);
    CHECK(device->pulse(p, {-0.299 * 1.001, 1e-3}, draws, 0).state.memory < 0.0);
}

TEST_CASE("measured junctions scatter as measured, parallel and antiparallel together") {
    const auto device = make_device(find_card("mram/measured_78nm", {{"noise", "0"}}));
    std::vector<double> r_p, r_ap, tmr;
    for (std::uint32_t k = 0; k < 20000; ++k) {
        const DeviceState ap = device->fresh(draws_of(k));
        const DeviceState p = device->pulse(ap, {0.7, 1e-6}, draws_of(k), 0).state;
        REQUIRE(p.memory > 0.0);
        r_ap.push_back(1.0 / ap.g);
        r_p.push_back(1.0 / p.g);
        tmr.push_back(r_ap.back() / r_p.back() - 1.0);
    }
    CHECK(moments_of(r_p).mean == testing::approx(3363.7).epsilon(2e-3));
    CHECK(moments_of(r_p).spread == testing::approx(171.8).epsilon(0.02));
    CHECK(moments_of(r_ap).mean == testing::approx(9199.2).epsilon(2e-3));
    CHECK(moments_of(r_ap).spread == testing::approx(480.7).epsilon(0.04));
    CHECK(moments_of(tmr).mean == testing::approx(1.735).epsilon(2e-3));
    CHECK(moments_of(tmr).spread == testing::approx(0.039).epsilon(0.03));
    CHECK(kolmogorov_distance(r_p, [](double r) { return normal_distribution((r / 3363.7 - 1.0) / 0.051); }) <
          1.7);
}

TEST_CASE("pulses reverse as many junctions as the probability says, and the same ones every time") {
    const auto device = make_device(find_card("mram/arm_verilog_a"));
    const DeviceDraws first = draws_of(0);
    const MacrospinNumbers numbers = arm_numbers();
    const double v = -0.25, width = 2.5 * numbers.tau_d, field = 1.0 + numbers.vcma * v;
    CHECK(field ==
          testing::approx(1.0 - 0.25 * 2 * 61e-15 / (4e-7 * 3.14159265358979 * 1.2e6 * 1e-9 * 1.6e-9) /
                                    numbers.h_k));
    const double i = -v / 6000 / numbers.ic0;
    const double stays = survival(i / field, field * numbers.delta, 2.5 * field);
    REQUIRE(stays > 0.05);
    REQUIRE(stays < 0.95);
    const DeviceState parallel = device->pulse(device->fresh(first), {2.0, 1e-6}, first, 0).state;
    REQUIRE(parallel.memory > 0.0);
    int reversed = 0;
    constexpr int count = 20000;
    for (std::uint32_t k = 0; k < count; ++k) {
        const DeviceState after = device->pulse(parallel, {v, width}, draws_of(k), 5).state;
        CHECK(device->pulse(parallel, {v, width}, draws_of(k), 5).state.g == after.g);
        if (after.memory < 0.0) ++reversed;
    }
    CHECK(std::abs(reversed - (1 - stays) * count) < 4 * std::sqrt(stays * (1 - stays) * count));
}

TEST_CASE("junctions are programmed to the nearer state, and write-verify repairs what one pulse missed") {
    const auto device = make_device(find_card("mram/measured_78nm", {{"write_width", "6n"}}));
    int missed = 0;
    for (std::uint32_t k = 0; k < 1000; ++k) {
        const DeviceState fresh = device->fresh(draws_of(k));
        const double target = k % 2 == 0 ? device->g_max() : device->g_min();
        const Programmed shot = device->program(fresh, target, {Programming::single_shot}, draws_of(k), 0);
        CHECK(shot.pulses == 1);
        if ((shot.state.memory > 0.0) != (k % 2 == 0)) ++missed;
        const Programmed verified =
            device->program(fresh, target, {Programming::write_verify, 0.02, 50}, draws_of(k), 0);
        CHECK(verified.reached);
        CHECK((verified.state.memory > 0.0) == (k % 2 == 0));
        CHECK(verified.energy >= 0.0);
    }
    CHECK(missed > 0);
    CHECK(missed < 500);
}

TEST_CASE("a junction's angle lies between its states: conductance is linear in the magnetisation") {
    const Junction junction{.r_p = 4000, .tmr = 1.5, .v_half = 0.5};
    CHECK(junction.conductance(1.0) == testing::approx(1.0 / 4000));
    CHECK(junction.conductance(0.0) == testing::approx(1.0 / 10000));
    CHECK(junction.conductance(0.5) == testing::approx(0.5 * (1.0 / 4000 + 1.0 / 10000)));
    // The form R_P(1 + T/(T+2))/(1 + T/(T+2)·m), identical at zero bias.
    const double tt = 1.5 / 3.5, m = 0.3;
    CHECK(junction.conductance(0.5 * (1 + m)) ==
          testing::approx((1 + tt * m) / (4000 * (1 + tt))).epsilon(1e-12));
    const MramCell law{0.5};
    CHECK(junction.current(0.4, 0.0) == testing::approx(law.current(0.4, 1e-4, 1.5)).epsilon(1e-13));
    CHECK(junction.current(0.4, 1.0) == testing::approx(0.4 / 4000).epsilon(1e-13));
}

} // namespace ohmloom::testing
