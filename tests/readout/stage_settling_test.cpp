#include "readout/stage_settling.hpp"

#include "base/errors.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/spice_deck.hpp"
#include "solver/array_transient.hpp"
#include "solver/circuit_solver.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

using namespace ohmloom;

namespace {

/// Three rows, two pairs, with wires and capacitances of some tens of picoseconds.
Crossbar slow_pair_array(const ReadoutStage& stage) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(3, 4,
                                std::vector<double>{2e-4, 7e-5, 7e-5, 2e-4, //
                                                    1e-4, 2e-4, 3e-5, 6e-5, //
                                                    7e-5, 2e-4, 2e-4, 1e-4});
    crossbar.lines_per_site = 2;
    crossbar.r_row = 100.0;
    crossbar.r_col = 150.0;
    crossbar.r_source = {50.0, 50.0, 50.0};
    attach_stages(crossbar, stage);
    crossbar.capacitance = {.row_ground = 1e-13, .col_ground = 2e-13, .row_coupling = 2e-14, .cell = 3e-14};
    return crossbar;
}

double largest(const Matrix<double>& m) {
    double value = 0.0;
    for (const double x : m.values()) value = std::max(value, std::abs(x));
    return value;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    double value = 0.0;
    for (std::size_t i = 0; i < a.values().size(); ++i)
        value = std::max(value, std::abs(a.values()[i] - b.values()[i]));
    return value;
}

/// The same tile and stages as a circuit, whose row `driven` rises by 1 V from 0 to `rise`: stage outputs at the time t.
std::vector<double> by_nodal_analysis(const Crossbar& crossbar, const ReadoutStage& stage,
                                      const AmplifierDynamics& amplifier, Index driven, double rise,
                                      double t) {
    const ArrayNetlist array = expand_array(crossbar, {});
    Circuit circuit;
    const auto renamed = [&](NodeId node) { return circuit.node(array.circuit.node_name(node)); };
    for (const Element& element : array.circuit.elements()) {
        // The I- lines do not end at ground.
        if (element.name.starts_with("vcol_") && std::stoi(element.name.substr(5)) % 2 == 1) continue;
        ElementKind kind = element.kind;
        for_each_node(kind, [&](NodeId& node) { node = renamed(node); });
        if (element.name == fmt::format("vrow_{}", driven)) {
            Waveform waveform{WaveformKind::pwl, {0.0, 0.0, rise, 1.0}};
            std::get<VoltageSource>(kind).stimulus.waveform = waveform;
        }
        circuit.add(element.name, kind);
    }
    constexpr double two_pi = 2.0 * std::numbers::pi, c = 1e-12, r = 1e3;
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const auto node = [&](const char* name) { return circuit.node(fmt::format("{}_{}", name, s)); };
        const NodeId minus = circuit.node(fmt::format("col_{}", 2 * s + 1)), plus = node("plus"),
                     y = node("y"), out = node("out"), lag = node("lag");
        circuit.add(fmt::format("hplus_{}", s),
                    Transresistor{plus, ground, fmt::format("vcol_{}", 2 * s), stage.r_feedback()});
        circuit.add(fmt::format("rfeedback_{}", s), Resistor{minus, out, stage.r_feedback()});
        circuit.add(fmt::format("gfirst_{}", s),
                    Transconductor{ground, y, plus, minus, two_pi * amplifier.gain_bandwidth * c});
        circuit.add(fmt::format("cfirst_{}", s), Capacitor{y, ground, c});
        const NodeId copy = node("copy");
        circuit.add(fmt::format("ecopy_{}", s), VoltageAmplifier{copy, ground, y, ground, 1.0});
        circuit.add(fmt::format("rsecond_{}", s), Resistor{copy, lag, r});
        circuit.add(fmt::format("csecond_{}", s),
                    Capacitor{lag, ground, 1.0 / (two_pi * amplifier.second_pole * r)});
        circuit.add(fmt::format("eout_{}", s), VoltageAmplifier{out, ground, lag, ground, 1.0});
    }
    CircuitSolver solver(circuit);
    const Waveforms run = solver.transient({.step = t, .stop = t}, {.relative = 1e-7});
    REQUIRE(run.all_converged());
    std::vector<double> outputs;
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const auto place = std::ranges::find(run.signals, fmt::format("v(out_{})", s)) - run.signals.begin();
        outputs.push_back(run.values(run.values.rows() - 1, place));
    }
    return outputs;
}

} // namespace

TEST_CASE("stages settle to what their operating point says") {
    for (const StageKind kind : {StageKind::difference, StageKind::virtual_ground}) {
        const ReadoutStage stage{kind, 30.0, 1e3};
        const Crossbar crossbar = slow_pair_array(stage);
        for (const AmplifierDynamics& amplifier : {AmplifierDynamics{}, AmplifierDynamics{2e11, 1e14},
                                                   AmplifierDynamics{.gain_bandwidth = 2e11}}) {
            const StageSettling settling = settle_stages(crossbar, stage, amplifier, 5e-10, 80, 1e-9);
            CAPTURE(amplifier.gain_bandwidth);
            CHECK(largest_difference(settling.jump.back(), settling.settled) <
                  1e-6 * largest(settling.settled));
            CHECK(largest_difference(settling.ramp.back(), settling.settled) <
                  1e-6 * largest(settling.settled));
            CHECK(largest_difference(settling.jump.front(), settling.settled) >
                  1e-2 * largest(settling.settled));
        }
    }
}

TEST_CASE("behind virtual grounds that follow at once, outputs are the settled-by-t currents") {
    const ReadoutStage stage{StageKind::virtual_ground, 10.0, 1e3};
    const Crossbar crossbar = slow_pair_array(stage);
    const StageSettling settling = settle_stages(crossbar, stage, {}, 5e-11, 4, 1e-8);
    Matrix<double> unit(3, 3, 0.0);
    for (Index r = 0; r < 3; ++r) unit(r, r) = 1.0;
    TransientOptions options{.times = {5e-11, 1e-10, 1.5e-10, 2e-10}, .tolerance = 1e-8};
    const TransientSolution jump = solve_transient(crossbar, step_drive(unit), options);
    const TransientSolution ramp = solve_transient(crossbar, step_drive(unit, 5e-11), options);
    for (std::size_t i = 0; i < 4; ++i) {
        for (Index r = 0; r < 3; ++r) {
            for (Index s = 0; s < 2; ++s) {
                const auto u = [&](const TransientSolution& run) {
                    return 1e4 * (run.i_col[i](r, 2 * s) - run.i_col[i](r, 2 * s + 1));
                };
                CHECK(std::abs(settling.jump[i](s, r) - u(jump)) < 1e-5);
                CHECK(std::abs(settling.ramp[i](s, r) - u(ramp)) < 1e-5);
            }
        }
    }
}

TEST_CASE("difference stages of slow amplifiers settle as the same circuit in nodal analysis") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    const Crossbar crossbar = slow_pair_array(stage);
    const AmplifierDynamics amplifier{8e9, 5e8};
    const double step = 2.5e-11;
    const StageSettling settling = settle_stages(crossbar, stage, amplifier, step, 160, 1e-8);
    const double full = largest(settling.settled);
    for (const Index n : {20, 60, 159}) {
        for (Index r = 0; r < 3; ++r) {
            const std::vector<double> expected =
                by_nodal_analysis(crossbar, stage, amplifier, r, step, step * static_cast<double>(n + 1));
            for (Index s = 0; s < 2; ++s) {
                CAPTURE(n);
                CHECK(std::abs(settling.ramp[static_cast<std::size_t>(n)](s, r) -
                               expected[static_cast<std::size_t>(s)]) < 1e-3 * full);
            }
        }
    }
}

TEST_CASE("half the step brings stages four times as near to their course") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    const Crossbar crossbar = slow_pair_array(stage);
    const AmplifierDynamics amplifier{8e9, 1e9};
    const double t = 1.6e-9;
    const auto at = [&](Index count) {
        return settle_stages(crossbar, stage, amplifier, t / static_cast<double>(count), count, 1e-9)
            .jump.back();
    };
    const Matrix<double> coarse = at(16), middle = at(32), fine = at(64);
    const double ratio = largest_difference(coarse, middle) / largest_difference(middle, fine);
    CHECK(ratio > 3.0);
    CHECK(ratio < 6.0);
}

TEST_CASE("amplifiers that cannot be are refused by name") {
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    const Crossbar crossbar = slow_pair_array(stage);
    CHECK_THROWS_WITH_AS(static_cast<void>(settle_stages(crossbar, stage, {0.0, 1e9}, 1e-10, 4)),
                         doctest::Contains("gain_bandwidth"), InputError);
    CHECK_THROWS_WITH_AS(static_cast<void>(settle_stages(crossbar, stage, {.second_pole = 1e9}, 1e-10, 4)),
                         doctest::Contains("second_pole"), InputError);
    CHECK_THROWS_WITH_AS(static_cast<void>(settle_stages(crossbar, stage, {}, 0.0, 4)),
                         doctest::Contains("time step"), InputError);
    CHECK_THROWS_WITH_AS(static_cast<void>(settle_stages(crossbar, stage, {}, 1e-10, 0)),
                         doctest::Contains("instants"), InputError);
}
