// Arrays in time whose devices change: against integration of the equations, closed forms and each device's own pulses.
#include "solver/moving_transient.hpp"

#include "base/parallel.hpp"
#include "devicemodels/cbram/pheno.hpp"
#include "devicemodels/device_library.hpp"
#include "tests/solver/moving_arrays.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::unique_ptr<const DeviceModel> filament() {
    return make_device(find_card("cbram", {{"noise", "0"}}));
}

FilamentGrowth growth_of(const DeviceModel& device) {
    const Card& card = device.card();
    return {card.number("g_min"),  card.number("g_max"),
            card.number("v_p"),    card.number("v_n"),
            card.number("v_s"),    card.number("k_p"),
            card.number("k_n"),    card.number("beta_p"),
            card.number("beta_n"), 0.0};
}

/// One filament of 20 uS behind a resistance, with a capacitance at its row node; the column is held at 0 V.
struct OneFilament {
    static constexpr double r = 3e3, c = 3e-10, v = 0.45, g0 = 20e-6;
    std::unique_ptr<const DeviceModel> device = filament();
    DeviceArray devices = devices_of(*device, 1, 1, [](Index, Index) { return DeviceState{.g = g0}; });
    Crossbar wires = wires_of(1, 1);
    OneFilament() {
        wires.r_source = {r};
        wires.capacitance.row_ground = c;
    }
    [[nodiscard]] MovingSolution solve(const TransientOptions& options,
                                       const MovingOptions& moving = {}) const {
        return solve_moving_transient(wires, devices, step_drive(Matrix<double>(1, 1, v)), options, moving);
    }
};

/// C·dw/dt = (v − w)/R − g·w, dg/dt = rate(g, w) by the classical method of fourth order in tiny steps: (w, g) at t.
std::array<double, 2> integrated(const OneFilament& one, double t, int steps) {
    const FilamentGrowth growth = growth_of(*one.device);
    const auto slope = [&](const std::array<double, 2>& x) {
        return std::array<double, 2>{((one.v - x[0]) / one.r - x[1] * x[0]) / one.c, growth.rate(x[1], x[0])};
    };
    std::array<double, 2> x{0.0, one.g0};
    const double h = t / steps;
    const auto moved = [&](const std::array<double, 2>& k, double by) {
        return std::array<double, 2>{x[0] + by * k[0], x[1] + by * k[1]};
    };
    for (int i = 0; i < steps; ++i) {
        const auto k1 = slope(x), k2 = slope(moved(k1, 0.5 * h)), k3 = slope(moved(k2, 0.5 * h)),
                   k4 = slope(moved(k3, h));
        for (std::size_t j = 0; j < 2; ++j) x[j] += h / 6.0 * (k1[j] + 2.0 * k2[j] + 2.0 * k3[j] + k4[j]);
    }
    return x;
}

} // namespace

TEST_CASE(
    "a filament behind a resistance with a capacitance grows as its equations integrated in tiny steps") {
    const OneFilament one;
    const TransientOptions options{.times = {0.5e-6, 1e-6, 2e-6, 4e-6, 8e-6}, .tolerance = 1e-8};
    const MovingSolution solution = one.solve(options, {.conductances = true});
    REQUIRE(solution.currents.status[0] == SolveStatus::converged);
    double charge = 0.0;
    for (std::size_t i = 0; i < options.times.size(); ++i) {
        const auto [w, g] = integrated(one, options.times[i], 40000);
        CAPTURE(options.times[i]);
        CHECK(solution.g[i](0, 0) == testing::approx(g).epsilon(1e-5));
        CHECK(solution.currents.i_col[i](0, 0) == testing::approx(g * w).epsilon(1e-5));
        CHECK(solution.currents.i_row[i](0, 0) == testing::approx((one.v - w) / one.r).epsilon(1e-5));
        // What the source gave and the cell did not take is on the capacitor.
        charge = solution.currents.charge_row[i](0, 0) - solution.currents.charge_col[i](0, 0);
        CHECK(charge == testing::approx(one.c * w).epsilon(1e-5));
    }
    // It moves while the node charges, and the node's voltage answers.
    CHECK(solution.g[2](0, 0) > 1.2 * one.g0);
    CHECK(solution.g_final(0, 0) > 4.0 * one.g0);
    CHECK(solution.state[0](0, 0).g == solution.g_final(0, 0));
}

TEST_CASE("without resistance and capacitance a filament in time is the closed form of its pulse") {
    const auto device = filament();
    const DeviceArray devices =
        devices_of(*device, 1, 1, [](Index, Index) { return DeviceState{.g = 30e-6}; });
    TransientDrive drive = step_drive(Matrix<double>(1, 1, 0.4));
    const double width = 2e-6;
    drive.curves.front() = {{0.0, 0.0, width, width}, {0.0, 1.0, 1.0, 0.0}};
    const MovingSolution solution =
        solve_moving_transient(wires_of(1, 1), devices, drive, {.times = {2.0 * width}, .tolerance = 1e-4});
    const DeviceDraws draws = devices.draws(0, 0);
    const PulseResult pulse = device->pulse(devices.state(0, 0), {0.4, width}, draws, 1);
    const double energy =
        device->waveform(devices.state(0, 0), {{0.0, width}, {0.4, 0.4}}, draws, 1).energy; // in 64 parts
    CHECK(pulse.state.g > 1.5 * 30e-6);
    CHECK(solution.g_final(0, 0) == testing::approx(pulse.state.g).epsilon(1e-5));
    CHECK(solution.cell_energy(0, 0) == testing::approx(energy).epsilon(1e-3));
    // And all that the sources gave, as nothing else takes any.
    CHECK(solution.currents.energy[0] == testing::approx(energy).epsilon(1e-3));
}

TEST_CASE("the error of a transient with a growing filament falls as that of a method of second order") {
    // As without: a tolerance 1000 times smaller, 100 times less error.
    const OneFilament one;
    const double t = 3e-6, g = integrated(one, t, 100000)[1];
    const auto error = [&](double tolerance) {
        const MovingSolution solution =
            one.solve({.times = {t}, .tolerance = tolerance, .kcl_tolerance = 1e-12});
        return std::abs(solution.g_final(0, 0) - g) / g;
    };
    const double coarse = error(1e-3), fine = error(1e-6);
    CAPTURE(coarse);
    CAPTURE(fine);
    CHECK(coarse < 1e-2);
    CHECK(coarse / fine > 40.0);
    CHECK(coarse / fine < 400.0);
}

TEST_CASE("a small filament beside a large one is followed as exactly as if it were alone") {
    // Its current is lost beside the other's, and its rate goes with exp(v/30 mV): what voltages and charges may err is too much for it.
    const auto device = filament();
    const DeviceArray devices =
        devices_of(*device, 1, 2, [](Index, Index l) { return DeviceState{.g = l == 0 ? 2e-6 : 309e-6}; });
    Crossbar wires = wires_of(1, 2);
    wires.r_source = {500.0};
    wires.capacitance.row_ground = 1e-9;
    const auto g_at = [&](double tolerance) {
        return solve_moving_transient(wires, devices, step_drive(Matrix<double>(1, 1, 0.5)),
                                      {.times = {1.2e-6}, .tolerance = tolerance})
            .g_final(0, 0);
    };
    const double exact = g_at(1e-7), coarse = g_at(3e-2);
    CAPTURE(exact);
    CAPTURE(coarse);
    CHECK(exact > 1.5 * 2e-6);
    CHECK(coarse == testing::approx(exact).epsilon(
                        1.8e-2)); // 1.2 %; 2.7 % where nobody looks at the devices' own error
}

TEST_CASE("what flows into an array of growing filaments has flowed out when all is at 0 V again") {
    const auto device = filament();
    const DeviceArray devices = devices_of(
        *device, 4, 3, [](Index r, Index l) { return DeviceState{.g = 1e-6 * double(5 + 3 * r + 7 * l)}; });
    Crossbar wires = wires_of(4, 3, 100.0, 500.0);
    wires.capacitance = some_capacitance(1e-12);
    TransientDrive drive = step_drive(Matrix<double>(2, 4, {0.5, 0.1, -0.4, 0.45, 0.4, 0.42, 0.44, 0.46}));
    drive.curves.front() = {{0.0, 1e-8, 2e-6, 2.01e-6}, {0.0, 1.0, 1.0, 0.0}};
    const MovingSolution solution = solve_moving_transient(
        wires, devices, drive, {.times = {1e-6, 1e-5}, .tolerance = 1e-4, .kcl_tolerance = 1e-13});
    for (Index k = 0; k < 2; ++k) {
        double in = 0.0, out = 0.0, scale = 0.0;
        for (const double q : solution.currents.charge_row[1].row(k))
            in += q, scale = std::max(scale, std::abs(q));
        for (const double q : solution.currents.charge_col[1].row(k)) out += q;
        CHECK(scale > 0.0);
        CHECK(std::abs(in - out) < 1e-9 * scale);
        CHECK(solution.g_final(k, 0) > 2.0 * devices.state(0, 0).g);
    }
    // The runs have nothing to do with each other.
    CHECK(solution.g_final(0, 6) == testing::approx(growth_of(*device).g_min).epsilon(1e-6));
    CHECK(solution.g_final(1, 6) > 1.5 * devices.state(2, 0).g);
}

TEST_CASE("a junction that heat reverses does so in time when it does in its own pulse of the same number") {
    const auto device = make_device(find_card("mram/arm_verilog_a"));
    const DeviceArray devices = fresh_devices(*device, 1, 1);
    const Index runs = 24;
    TransientDrive drive = step_drive(Matrix<double>(runs, 1, 1.2));
    const double width = 1.5e-9;
    drive.curves.front() = {{0.0, 0.0, width, width}, {0.0, 1.0, 1.0, 0.0}};
    // The resistance is too small to matter; the time constant as well.
    Crossbar wires = wires_of(1, 1);
    wires.r_source = {1e-3};
    wires.capacitance.row_ground = 1e-15;
    const MovingSolution solution =
        solve_moving_transient(wires, devices, drive, {.times = {1.5 * width}}, {.first_event = 40});
    Index reversed = 0;
    for (Index k = 0; k < runs; ++k) {
        CAPTURE(k);
        const PulseResult alone =
            device->waveform(devices.state(0, 0), {{0.0, 0.0, width, width}, {0.0, 1.2, 1.2, 0.0}},
                             devices.draws(0, 0), 40 + static_cast<std::uint32_t>(k));
        const DeviceState& state = solution.state[static_cast<std::size_t>(k)](0, 0);
        CHECK((state.memory > 0.0) == (alone.state.memory > 0.0));
        CHECK(state.g == testing::approx(alone.state.g).epsilon(1e-12));
        CHECK(solution.currents.status[static_cast<std::size_t>(k)] == SolveStatus::converged);
        reversed += state.memory > 0.0 ? 1 : 0;
    }
    CHECK(reversed > 0);
    CHECK(reversed < runs);
}

TEST_CASE("a cell that melts takes its own voltage away and stays reset") {
    // Above v_reset a phase-change cell is amorphous at once; before, it took most of the voltage of a divider with 20 kOhm.
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    DeviceArray devices = fresh_devices(*device, 1, 1);
    devices.state(0, 0) = device->program(devices.state(0, 0), 8e-6, {}, devices.draws(0, 0), 1).state;
    Crossbar wires = wires_of(1, 1);
    wires.r_source = {2e4};
    wires.capacitance.row_ground = 1e-14;
    TransientDrive drive = step_drive(Matrix<double>(1, 1, 1.5 * device->card().number("v_reset")), 1e-8);
    const MovingSolution solution = solve_moving_transient(wires, devices, drive, {.times = {1e-8, 5e-8}});
    CHECK(solution.currents.status[0] == SolveStatus::converged);
    CHECK(solution.g_final(0, 0) == testing::approx(device->card().number("reset_mean")).epsilon(1e-9));
    CHECK(solution.currents.steps < 400);
}

TEST_CASE("devices that no voltage changes cost nothing and are those of an array that stands still") {
    const auto device = make_device(find_card("sinh"));
    const DeviceArray devices = devices_of(
        *device, 3, 3, [](Index r, Index l) { return DeviceState{.g = 1e-5 * double(1 + r + l)}; });
    Crossbar wires = wires_of(3, 3, 100.0, 500.0);
    wires.capacitance = some_capacitance(1e-14);
    const TransientDrive drive = step_drive(Matrix<double>(1, 3, {0.3, 0.2, 0.1}), 1e-11);
    const TransientOptions options{.times = {1e-11, 1e-10, 1e-9}, .tolerance = 1e-5};
    const MovingSolution moving = solve_moving_transient(wires, devices, drive, options);
    wires.cell = device->law(300.0);
    for (std::size_t k = 0; k < 9; ++k) wires.g.values()[k] = devices.state.values()[k].g;
    wires.shape = Matrix<double>(3, 3);
    for (std::size_t k = 0; k < 9; ++k)
        wires.shape.values()[k] = devices.numbers(devices.state.values()[k]).shape;
    const TransientSolution still = solve_transient(wires, drive, options);
    for (std::size_t i = 0; i < 3; ++i) {
        for (Index l = 0; l < 3; ++l)
            CHECK(moving.currents.i_col[i](0, l) == testing::approx(still.i_col[i](0, l)).epsilon(1e-3));
    }
    for (Index l = 0; l < 3; ++l) {
        CHECK(moving.currents.i_final(0, l) == testing::approx(still.i_final(0, l)).epsilon(1e-9));
        CHECK(moving.currents.settled(0, l) == testing::approx(still.settled(0, l)).epsilon(2e-2));
    }
}

TEST_CASE("transients of devices do not depend on the number of threads") {
    const auto device = make_device(find_card("cbram"));
    const DeviceArray devices =
        devices_of(*device, 4, 4, [](Index, Index) { return DeviceState{.g = 2e-5}; });
    Crossbar wires = wires_of(4, 4, 50.0, 200.0);
    wires.capacitance = some_capacitance(1e-13);
    const TransientDrive drive = step_drive(Matrix<double>(20, 4, 0.4));
    const auto solve = [&](int threads) {
        const ThreadLimit limit(threads);
        return solve_moving_transient(wires, devices, drive, {.times = {2e-7}}).g_final;
    };
    const Matrix<double> one = solve(1);
    CHECK(one.values() == solve(2).values());
    CHECK(one(0, 0) != one(1, 0)); // runs are events of their own, with noise of their own
}
