#include "writing/array_pulse.hpp"

#include "base/parallel.hpp"
#include "devicemodels/cbram/pheno.hpp"
#include "devicemodels/mram/junction.hpp"
#include "devicemodels/mram/switching.hpp"
#include "tests/approx.hpp"
#include "tests/writing/arrays.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

namespace ohmloom::testing {

namespace {

/// One cell behind a driver's resistance.
PulseOutcome pulse_one_cell(const DeviceModel& model, const DeviceState& from, double r, double v,
                            double width, double accuracy = 1e-3) {
    Crossbar wires = wires_of(1, 1);
    wires.r_source = {r};
    const DeviceArray devices = devices_of(model, 1, 1, [&](Index, Index) { return from; });
    PulseOutcome outcome = pulse_array(wires, devices, SelectScheme::half, pulse_to(0, {0}, 1, v, width), 7,
                                       {.voltage = accuracy, .shortest_step = 0.1 * accuracy});
    CHECK(outcome.unsolved == 0);
    return outcome;
}

/// y' = f(y) from y0 over t in small Runge-Kutta steps of fourth order.
double integrate(const std::function<double(double)>& f, double y, double t, int steps) {
    const double h = t / steps;
    for (int k = 0; k < steps; ++k) {
        const double k1 = f(y), k2 = f(y + 0.5 * h * k1), k3 = f(y + 0.5 * h * k2), k4 = f(y + h * k3);
        y += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    return y;
}

double balance_of(const ArrayPower& energy) {
    return std::abs(energy.sources - energy.cells - energy.wires - energy.drivers) / energy.sources;
}

} // namespace

TEST_CASE("a filament behind a resistor grows as its differential equation with the divided voltage") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const FilamentGrowth growth{.v_p = 0.25, .v_n = 0.20};
    for (const double r : {300.0, 1e3, 3e3}) {
        CAPTURE(r);
        const double v = 0.42, width = r < 1e3 ? 4e-6 : 20e-6;
        const double exact =
            integrate([&](double g) { return growth.rate(g, v / (1.0 + g * r)); }, 5e-6, width, 200000);
        const double alone = growth.after(5e-6, v, width);
        CHECK(std::abs(alone - exact) > 0.1 * exact); // the resistor matters
        for (const double accuracy : {1e-3, 1e-4, 1e-5}) {
            const double g = pulse_one_cell(*device, {.g = 5e-6}, r, v, width, accuracy).state(0, 0).g;
            const double error = std::abs(g / exact - 1.0);
            CAPTURE(accuracy);
            CHECK(error < 10.0 * accuracy);
        }
    }
}

TEST_CASE("a junction behind a resistor reverses as its equation of motion with the divided voltage") {
    const auto device = make_device(find_card(
        "mram/measured_78nm", {{"noise", "0"}, {"sigma_ra", "0"}, {"sigma_tmr", "0"}, {"sigma_ic", "0"}}));
    const DeviceState ap = device->fresh({1, {}});
    const Card& card = device->card();
    Junction junction{.tmr = card.number("tmr"), .v_half = card.number("v_half")};
    junction.r_p = 1.0 / device->g_max();
    junction.ic_to_p = junction.current(card.number("v_to_p"), 0.0);
    junction.ic_to_ap = junction.current(card.number("v_to_ap"), 1.0);
    const double y_rest = std::abs(ap.memory), r = 2e3, v = 1.1, tau = card.number("tau_d");
    const auto part = [&](double y) {
        return std::clamp(0.5 * (1.0 + std::tanh(y) / std::tanh(y_rest)), 0.0, 1.0);
    };
    // dy/dt = tanh(y) + i/Ic, and v_cell + r i(v_cell) = v by bisection. On its way the junction is to the array what the law of its
    // two states makes of the numbers in between.
    const CellModel law = device->law(300.0);
    const auto rate = [&](double y) {
        double low = 0.0, high = v;
        for (int k = 0; k < 60; ++k) {
            const double middle = 0.5 * (low + high);
            const double p = part(y), shape = junction.tmr * (1.0 - p);
            const double i = evaluate_cell(law, junction.conductance(p), shape, middle).current;
            (middle + r * i < v ? low : high) = middle;
        }
        return (std::tanh(y) + junction.drive(junction.current(low, part(y)))) / tau;
    };
    for (const double width : {4e-9, 6e-9, 8e-9}) {
        const double exact = integrate(rate, ap.memory, width, 20000);
        CAPTURE(width);
        CAPTURE(exact);
        const double y = pulse_one_cell(*device, ap, r, v, width, 1e-4).state(0, 0).memory;
        CHECK(std::tanh(y) == testing::approx(std::tanh(std::min(exact, y_rest))).epsilon(2e-3));
    }
}

TEST_CASE("a phase-change cell behind a resistor crystallises until it takes its own voltage away") {
    // Ohmic, so that it stops where v/(1 + g r) is v_set.
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}, {"v0", "10"}}));
    const DeviceState fresh = device->fresh({1, {}});
    const double r = 50e3, v = 1.0, g_stop = (v / 0.8 - 1.0) / r;
    const double unhindered = device->pulse(fresh, {v, 500e-9}, {1, {}}, 7).state.g;
    CHECK(unhindered > 1.2 * g_stop);
    // Placed to within a step of a thousandth of the pulse.
    CHECK(pulse_one_cell(*device, fresh, r, v, 500e-9).state(0, 0).g ==
          testing::approx(g_stop).epsilon(5e-3));
    const double small = 1e3; // not in its way
    CHECK(pulse_one_cell(*device, fresh, small, v, 500e-9).state(0, 0).g ==
          testing::approx(unhindered).epsilon(1e-9));
}

TEST_CASE("a threshold of energy is reached behind a resistor when the cell has taken it up") {
    const auto device = make_device(find_card("cbram/cu_asic_tin"));
    const CellModel law = device->law(300.0);
    const DeviceState off = device->fresh({1, {}});
    const double r = 1e6, v = 2.4;
    double low = 0.0, high = v; // of the cell that is still off
    for (int k = 0; k < 60; ++k) {
        const double middle = 0.5 * (low + high);
        (middle + r * evaluate_cell(law, off.g, 0.0, middle).current < v ? low : high) = middle;
    }
    const double power = low * evaluate_cell(law, off.g, 0.0, low).current;
    const double t_set = device->card().number("e_set") / power;
    CHECK(low < 0.99 * v);
    CHECK(pulse_one_cell(*device, off, r, v, 0.999 * t_set).state(0, 0).memory < 1.0);
    const PulseOutcome on = pulse_one_cell(*device, off, r, v, 2.0 * t_set);
    CHECK(on.state(0, 0).memory >= 1.0);
    // First as it was, then with a filament: the switch is placed to within a thousandth of the pulse.
    double filament = 0.0;
    high = v;
    for (int k = 0; k < 60; ++k) {
        const double middle = 0.5 * (filament + high);
        (middle + r * evaluate_cell(law, device->g_max(), 0.0, middle).current < v ? filament : high) =
            middle;
    }
    const double after = v * (v - filament) / r, before = v * (v - low) / r;
    CHECK(on.energy.sources == testing::approx(t_set * (before + after)).epsilon(2e-3));
}

TEST_CASE("without wires half-selected cells see exactly a half or a third of the voltage") {
    const auto device = make_device(find_card("linear"));
    const DeviceArray devices = fresh_devices(*device, 4, 5);
    const double v = 0.9, width = 1e-6, g = devices.state(0, 0).g;
    const RowPulse pulse = pulse_to(1, {0, 3}, 5, v, width);
    for (const SelectScheme scheme : {SelectScheme::half, SelectScheme::third, SelectScheme::isolated}) {
        CAPTURE(to_string(scheme));
        const PulseOutcome outcome = pulse_array(wires_of(4, 5), devices, scheme, pulse, 7);
        CHECK(outcome.solutions == 1);
        Selection selection{1, {true, false, false, true, false}, v};
        const Drive drive = potentials_of(scheme, selection, 4);
        for (Index r = 0; r < 4; ++r) {
            for (Index l = 0; l < 5; ++l) {
                CAPTURE(r);
                CAPTURE(l);
                const bool in_row = r == 1, in_column = l == 0 || l == 3;
                double expected = in_row && in_column ? v : 0.0;
                if (scheme == SelectScheme::half && in_row != in_column) expected = v / 2.0;
                if (scheme == SelectScheme::third && in_row != in_column) expected = v / 3.0;
                if (scheme == SelectScheme::third && !in_row && !in_column) expected = -v / 3.0;
                const double across = drive.v_row(0, r) - drive.v_col[static_cast<std::size_t>(l)];
                if (scheme != SelectScheme::isolated)
                    CHECK(across == testing::approx(expected).epsilon(1e-15));
                CHECK(outcome.cell_energy(r, l) ==
                      testing::approx(expected * expected * g * width).epsilon(1e-12));
            }
        }
    }
}

TEST_CASE("lines that float take the potential that the cells give them") {
    const auto device = make_device(find_card("linear"));
    const DeviceArray devices = fresh_devices(*device, 2, 2);
    const double g = devices.state(0, 0).g, v = 0.9, width = 1e-6;
    // Three cells in series, beside the addressed one.
    const PulseOutcome outcome =
        pulse_array(wires_of(2, 2), devices, SelectScheme::floating, pulse_to(0, {0}, 2, v, width), 7);
    CHECK(outcome.cell_energy(0, 0) == testing::approx(v * v * g * width).epsilon(1e-9));
    for (const auto& [r, l] : {std::pair<Index, Index>{0, 1}, {1, 1}, {1, 0}})
        CHECK(outcome.cell_energy(r, l) == testing::approx(v * v / 9.0 * g * width).epsilon(1e-6));
}

TEST_CASE("what the sources give goes into cells, wires and drivers") {
    for (const char* name : {"cbram", "mram/arm_verilog_a", "pcm/accumulation", "sinh", "table"}) {
        const auto device = make_device(find_card(name));
        const DeviceArray devices = fresh_devices(*device, 6, 7);
        const Pulse own =
            device->write_pulse(devices.state(0, 0), device->g_max()).value_or(Pulse{0.3, 1e-6});
        for (const SelectScheme scheme :
             {SelectScheme::half, SelectScheme::third, SelectScheme::floating, SelectScheme::isolated}) {
            CAPTURE(name);
            CAPTURE(to_string(scheme));
            Crossbar wires = wires_of(6, 7, 20.0, 300.0);
            wires.row_ends = TiedEnds::both;
            wires.r_col_map = Matrix<double>(7, 7, 20.0);
            wires.r_col_map(3, 2) = std::numeric_limits<double>::infinity(); // an open wire
            wires.r_col_map(5, 4) = 0.0;
            const PulseOutcome outcome =
                pulse_array(wires, devices, scheme, pulse_to(2, {0, 2, 4, 5}, 7, own.v, own.width), 7);
            CHECK(outcome.unsolved == 0);
            CHECK(outcome.energy.sources > 0.0);
            CHECK(outcome.energy.wires > 0.0);
            CHECK(outcome.energy.drivers > 0.0);
            CHECK(balance_of(outcome.energy) < 1e-6);
        }
    }
}

TEST_CASE("the energy that cells took from the array is what their own equations took up") {
    const std::pair<const char*, double> cards[] = {
        {"cbram", 3e-6}, {"mram/measured_78nm", 10e-9}, {"cbram/cu_asic_tin", 50e-6}};
    for (const auto& [name, width] : cards) {
        CAPTURE(name);
        const auto device = make_device(find_card(name));
        const DeviceState from = device->fresh({1, {}});
        const double v = device->write_pulse(from, device->g_max())->v;
        // Without a resistor the voltage is a rectangle.
        const PulseOutcome outcome = pulse_one_cell(*device, from, 0.0, v, width);
        const double by_device = device->waveform(from, {{0.0, width}, {v, v}}, {1, {}}, 7).energy;
        const double as_before = v * evaluate_cell(device->law(300.0), from.g, from.shape, v).current * width;
        CHECK(by_device > 1.1 * as_before);
        // A junction on its way is to the array what its law makes of the numbers in between, a few percent from what it is to itself.
        CHECK(outcome.energy.cells == testing::approx(by_device).epsilon(name[0] == 'm' ? 5e-2 : 5e-3));
    }
}

TEST_CASE("cells that see less than their thresholds are not disturbed") {
    const auto device = make_device(find_card("cbram"));
    const DeviceArray devices = devices_of(
        *device, 5, 5, [](Index r, Index l) { return DeviceState{.g = 1e-6 * double(20 + 9 * r + 4 * l)}; });
    const PulseOutcome outcome =
        pulse_array(wires_of(5, 5, 2.0), devices, SelectScheme::half, pulse_to(2, {1, 3}, 5, 0.35, 1e-5), 7);
    for (Index r = 0; r < 5; ++r) {
        for (Index l = 0; l < 5; ++l) {
            const bool addressed = r == 2 && (l == 1 || l == 3);
            CHECK((outcome.state(r, l).g != devices.state(r, l).g) == addressed);
        }
    }
}

TEST_CASE("half-selected phase-change cells crystallise where half a RESET is a SET, a third is not") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const DeviceArray devices = fresh_devices(*device, 3, 3);
    const RowPulse reset = pulse_to(0, {0}, 3, 2.0, 1e-6);
    const PulseOutcome half = pulse_array(wires_of(3, 3), devices, SelectScheme::half, reset, 7);
    const PulseOutcome third = pulse_array(wires_of(3, 3), devices, SelectScheme::third, reset, 7);
    // 20 nominal pulses of 1 V.
    const double expected = device->pulse(devices.state(0, 1), {1.0, 1e-6}, {1, {}}, 7).state.g;
    CHECK(expected > 5e-6);
    CHECK(half.state(0, 1).g == testing::approx(expected).epsilon(1e-9));
    CHECK(half.state(2, 0).g == testing::approx(expected).epsilon(1e-9));
    CHECK(half.state(1, 1).g == devices.state(1, 1).g);
    for (const DeviceState& state : third.state.values()) CHECK(state.g == devices.state(0, 0).g);
}

TEST_CASE("columns whose time is over are held like those that are not addressed") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const DeviceArray devices =
        devices_of(*device, 2, 3, [](Index, Index) { return DeviceState{.g = 20e-6}; });
    RowPulse pulse = pulse_to(0, {0, 1, 2}, 3, 0.35, 6e-6);
    pulse.width = {2e-6, 6e-6, 4e-6};
    const PulseOutcome outcome = pulse_array(wires_of(2, 3), devices, SelectScheme::half, pulse, 7);
    CHECK(outcome.time == 6e-6);
    for (std::size_t l = 0; l < 3; ++l) {
        const double alone = device->pulse({.g = 20e-6}, {0.35, pulse.width[l]}, {1, {}}, 7).state.g;
        CHECK(outcome.state(0, static_cast<Index>(l)).g == testing::approx(alone).epsilon(1e-6));
    }
}

TEST_CASE("a pulse leaves the same array on any number of threads") {
    const auto device = make_device(find_card("mram/measured_78nm"));
    const DeviceArray devices = fresh_devices(*device, 8, 8);
    const RowPulse pulse = pulse_to(3, {0, 1, 2, 3, 4, 5, 6, 7}, 8, 1.1, 8e-9);
    const auto run = [&](int threads) {
        const ThreadLimit limit(threads);
        return pulse_array(wires_of(8, 8, 10.0, 100.0), devices, SelectScheme::half, pulse, 7);
    };
    const PulseOutcome one = run(1), two = run(2);
    int reversed = 0;
    for (Index r = 0; r < 8; ++r) {
        for (Index l = 0; l < 8; ++l) {
            CHECK(one.state(r, l).g == two.state(r, l).g);
            reversed += one.state(r, l).memory > 0.0 ? 1 : 0;
        }
    }
    CHECK(reversed > 0);
    CHECK(reversed < 64);
    CHECK(one.energy.sources == two.energy.sources);
}

} // namespace ohmloom::testing
