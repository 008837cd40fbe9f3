#include "readout/readout_circuits.hpp"

#include "solver/circuit_solver.hpp"

#include "tests/approx.hpp"
#include "tests/readout/flawed_stages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

/// A subcircuit by itself, its ports joined to nodes of their own names.
Circuit around(const Subcircuit& subcircuit) {
    Circuit circuit;
    circuit.add(subcircuit);
    SubcircuitCall call{subcircuit.name, {}};
    for (const NodeId port : subcircuit.ports)
        call.nodes.push_back(circuit.node(subcircuit.body.node_name(port)));
    circuit.add("x1", call);
    return circuit;
}

double voltage(const Circuit& circuit, const std::string& node) {
    const Waveforms point = CircuitSolver(circuit).operating_point();
    REQUIRE(point.all_converged());
    const auto found = std::ranges::find(point.signals, "v(" + node + ")");
    REQUIRE(found != point.signals.end());
    return point.values(0, found - point.signals.begin());
}

} // namespace

TEST_CASE("a neuron's circuit has its transfer curve, whatever its kind and however far it is driven") {
    for (const Neuron::Kind kind : {Neuron::Kind::sigmoid, Neuron::Kind::inverter}) {
        Neuron neuron;
        neuron.kind = kind;
        neuron.v_supply = 0.9;
        for (const double v : {-60.0, -0.4, -0.07, 0.0, 0.02, 0.3, 60.0}) {
            Circuit circuit = around(neuron_circuit("neuron", neuron));
            circuit.add("vin", VoltageSource{*circuit.find_node("in"), ground, v});
            CAPTURE(v);
            CHECK(voltage(circuit, "out") ==
                  testing::approx(transfer(neuron, v)).epsilon(1e-9).scale(neuron.v_supply));
        }
    }
}

TEST_CASE("stages turn the currents of a pair into their voltage, and tell what their op-amps deliver") {
    // I+ = 3 uA, I- = 5 uA into the stage; r_feedback = 20 kOhm.
    for (const StageKind kind : {StageKind::difference, StageKind::virtual_ground}) {
        Circuit circuit = around(stage_circuit("stage", {kind, 10.0, 2e3}));
        circuit.add("i1", CurrentSource{ground, *circuit.find_node("i_plus"), 3e-6});
        circuit.add("i2", CurrentSource{ground, *circuit.find_node("i_minus"), 5e-6});
        circuit.add("r1", Resistor{*circuit.find_node("power"), ground, 1.0});
        // u = r_feedback·(I+ − I−) for both.
        CHECK(voltage(circuit, "out") == testing::approx(20e3 * -2e-6).epsilon(1e-12));
        // Difference: the op-amp at −40 mV takes up the 5 uA that come through the feedback resistor: −40 mV·(−5 uA).
        // Virtual grounds: each op-amp drives the other end of its feedback resistor: r_feedback·I².
        const double power =
            kind == StageKind::difference ? -40e-3 * -5e-6 : 20e3 * (3e-6 * 3e-6 + 5e-6 * 5e-6);
        CHECK(voltage(circuit, "power") == testing::approx(power).epsilon(1e-9));
        if (kind == StageKind::virtual_ground) CHECK(std::abs(voltage(circuit, "i_minus")) < 1e-12);
    }
}

TEST_CASE(
    "a stage's circuit is the two-port that the array is solved with, and delivers what it turns into heat") {
    // Currents into the stage through sources of their own, of which the power at the lines is known.
    const double i_plus = 31e-6, i_minus = -12e-6;
    for (const ReadoutStage& stage : testing::sample_stages()) {
        CAPTURE(to_string(stage.kind));
        const StageSample sample = sample_stage(stage, 2, 5);
        const StagePort port = stage_port(stage, sample);
        for (const bool with_power : {true, false}) {
            Circuit circuit = around(stage_circuit("stage", stage, sample, with_power));
            circuit.add("i1", CurrentSource{ground, *circuit.find_node("i_plus"), i_plus});
            circuit.add("i2", CurrentSource{ground, *circuit.find_node("i_minus"), i_minus});
            if (with_power) circuit.add("r1", Resistor{*circuit.find_node("power"), ground, 1.0});
            const double v_plus = port.r_plus * i_plus + port.e_plus;
            const double v_minus = port.r_minus * i_minus + port.coupling * i_plus + port.e_minus;
            const double u = port.t_plus * i_plus + port.t_minus * i_minus + port.u_0;
            CHECK(voltage(circuit, "i_plus") == testing::approx(v_plus).epsilon(1e-9).scale(1e-3));
            CHECK(voltage(circuit, "i_minus") == testing::approx(v_minus).epsilon(1e-9).scale(1e-3));
            CHECK(voltage(circuit, "out") == testing::approx(u).epsilon(1e-9));
            if (!with_power) continue;
            double heat = 0.0;
            for (const StageLoss& loss : port.losses) {
                const double current = loss.plus * i_plus + loss.minus * i_minus + loss.rest;
                heat += loss.r * current * current;
            }
            const double delivered = voltage(circuit, "power") + v_plus * i_plus + v_minus * i_minus;
            CHECK(delivered == testing::approx(heat).epsilon(1e-9));
        }
    }
}

TEST_CASE("tied outputs are at their mean") {
    Circuit circuit = around(mean_circuit("mean", 3));
    circuit.add("v1", VoltageSource{*circuit.find_node("in_0"), ground, 0.3});
    circuit.add("v2", VoltageSource{*circuit.find_node("in_1"), ground, -0.6});
    circuit.add("v3", VoltageSource{*circuit.find_node("in_2"), ground, 1.5});
    CHECK(voltage(circuit, "out") == testing::approx(0.4).epsilon(1e-12));
}
