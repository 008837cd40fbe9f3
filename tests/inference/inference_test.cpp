#include "inference/inference.hpp"

#include "base/errors.hpp"
#include "inference/classes.hpp"
#include "inference/software.hpp"
#include "tests/inference/small_networks.hpp"
#include "tests/readout/flawed_stages.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("the outputs of horizontal partitions are averaged at the neuron") {
    const Network network = random_network({9, 4}, WeightKind::binary, 1);
    const Plan whole =
        make_plan(network, std::vector<LayerPartition>{{3, 2}}, small_window, Polarity::inverted);
    ArrayCircuit circuit = small_circuit();
    const LayerResponse layer = solve_layer(whole.layers[0], circuit);
    for (const Tile& tile : whole.layers[0].tiles) {
        const StageResponse alone = solve_tile(whole.layers[0], tile, circuit);
        for (Index s = 0; s < tile.outputs.size(); ++s) {
            for (Index r = 0; r < tile.inputs.size(); ++r) {
                CHECK(layer.transfer(tile.outputs.begin + s, tile.inputs.begin + r) ==
                      testing::approx(alone.u(s, r) / 3.0));
            }
        }
    }
}

TEST_CASE("power by component is what the node voltages dissipate, and what the sources deliver") {
    // One tile at one operating point, its node voltages from KLU: cells g v^2, wires i^2 R by difference,
    // stages from the line currents; the sources are the row drivers and the op-amp outputs, which feed u
    // through r_feedback.
    const Network network = random_network({7, 3}, WeightKind::binary, 2);
    const Plan plan =
        make_plan(network, std::vector<LayerPartition>{{1, 1}}, small_window, Polarity::inverted);
    for (const StageKind kind : {StageKind::difference, StageKind::virtual_ground}) {
        ArrayCircuit circuit = small_circuit();
        circuit.stage.kind = kind;
        const LayerResponse layer = solve_layer(plan.layers[0], circuit);
        const Crossbar crossbar = build_tile(plan.layers[0], plan.layers[0].tiles[0], circuit);
        const StageResponse response = solve_tile(plan.layers[0], plan.layers[0].tiles[0], circuit);

        Drive drive{Matrix<double>(1, 8), std::vector<double>(6, 0.0)};
        for (Index r = 0; r < 8; ++r) drive.v_row(0, r) = 0.1 * static_cast<double>(r);
        const auto at_operating_point = [&](const Matrix<double>& map, Index s) {
            double sum = 0.0;
            for (Index r = 0; r < 8; ++r) sum += map(s, r) * drive.v_row(0, r);
            return sum;
        };
        for (Index s = 0; s < 3; ++s)
            drive.v_col[static_cast<std::size_t>(2 * s + 1)] = at_operating_point(response.v_minus, s);
        const ArraySolution solution = solve_array(crossbar, drive, {.engine = Engine::mna, .fields = true});

        double cells = 0.0, stages = 0.0, sources = 0.0;
        for (Index r = 0; r < 8; ++r) {
            sources += drive.v_row(0, r) * solution.i_row(0, r);
            for (Index l = 0; l < 6; ++l) {
                const double v = solution.v_w(0, r * 3 + l / 2) - solution.v_b(0, r * 6 + l);
                cells += crossbar.g(r, l) * v * v;
            }
        }
        const double r1 = circuit.stage.r_input, r3 = circuit.stage.r_feedback();
        for (Index s = 0; s < 3; ++s) {
            const double plus = solution.i_col(0, 2 * s), minus = solution.i_col(0, 2 * s + 1);
            if (kind == StageKind::difference) {
                stages += (r1 + r3) * plus * plus + (r1 + r3) * minus * minus;
                sources += at_operating_point(response.u, s) * -minus;
            } else {
                stages += r3 * (plus * plus + minus * minus);
                sources += r3 * (plus * plus +
                                 minus * minus); // each transimpedance output drives its feedback resistor
            }
        }
        const auto form = [&](const Matrix<double>& q) {
            double sum = 0.0;
            for (Index i = 0; i < 8; ++i) {
                for (Index j = 0; j < 8; ++j) sum += drive.v_row(0, i) * q(i, j) * drive.v_row(0, j);
            }
            return sum;
        };
        CHECK(form(layer.power.cells) == testing::approx(cells).epsilon(1e-7));
        CHECK(form(layer.power.stages) == testing::approx(stages).epsilon(1e-10));
        CHECK(form(layer.power.cells) + form(layer.power.wires) + form(layer.power.stages) ==
              testing::approx(sources).epsilon(1e-10));
        CHECK(form(layer.power.wires) > 0.0);
    }
}

TEST_CASE("high-resistance cells on virtual grounds compute what software computes") {
    // With virtual grounds and no wires, u = -r_feedback (g_max - g_min) v_supply (W x + b); a slope of
    // k r_feedback (g_max - g_min) v_supply in software is then the same network.
    Network network = random_network({12, 8, 5}, WeightKind::binary, 3);
    NetworkCircuit circuit;
    circuit.array.stage = {StageKind::virtual_ground, 2.0, 1e3};
    circuit.gain = {2.0, 2.0};
    const double slope =
        circuit.neuron.slope * 2e3 * (small_window.g_max - small_window.g_min) * circuit.neuron.v_supply;
    for (DenseLayer& layer : network.layers) layer.slope = slope;
    const Plan plan =
        make_plan(network, std::vector<LayerPartition>{{1, 1}, {1, 1}}, small_window, Polarity::inverted);
    const Matrix<double> inputs = random_inputs(30, 12, 4);
    const AnalogInference analog = infer(solve_network(plan, circuit), circuit.neuron, inputs);
    const Matrix<double> software = evaluate_in_software(network, inputs);
    const double scale = 2e3 * (small_window.g_max - small_window.g_min) * circuit.neuron.v_supply;
    for (Index k = 0; k < inputs.rows(); ++k) {
        for (Index o = 0; o < 5; ++o)
            CHECK(analog.outputs(k, o) == testing::approx(scale * software(k, o)).epsilon(1e-10));
    }
    CHECK(analog.classes == classify_in_software(network, inputs));
}

TEST_CASE("condense and mna give the same layer") {
    const Network network = random_network({20, 6}, WeightKind::real, 5);
    const Plan plan =
        make_plan(network, std::vector<LayerPartition>{{2, 1}}, small_window, Polarity::inverted);
    const LayerResponse a = solve_layer(plan.layers[0], small_circuit(), {.engine = Engine::condense});
    const LayerResponse b = solve_layer(plan.layers[0], small_circuit(), {.engine = Engine::mna});
    for (std::size_t i = 0; i < a.transfer.values().size(); ++i) {
        CHECK(a.transfer.values()[i] == testing::approx(b.transfer.values()[i]).epsilon(1e-9));
    }
}

TEST_CASE("gains must come one per layer") {
    const Network network = random_network({4, 3, 2}, WeightKind::binary, 6);
    const Plan plan =
        make_plan(network, std::vector<LayerPartition>{{1, 1}, {1, 1}}, small_window, Polarity::inverted);
    CHECK_THROWS_AS(solve_network(plan, NetworkCircuit{small_circuit(), {30.0}, {}}), InputError);
}

TEST_CASE("whatever the stages, a layer's map and its arrays solved one by one agree, power included") {
    const Network network = random_network({14, 6}, WeightKind::real, 91);
    const Plan plan =
        make_plan(network, std::vector<LayerPartition>{{3, 2}}, small_window, Polarity::inverted);
    const Matrix<double> v = with_bias_row(random_inputs(5, 14, 92), 0.8, 0.8);
    for (const ReadoutStage& stage : sample_stages()) {
        CAPTURE(to_string(stage.kind));
        ArrayCircuit circuit = small_circuit();
        circuit.stage = stage;
        const LayerArrays layer = build_layer(plan.layers[0], circuit, {}, 11);
        const LayerSignals map = apply_response(solve_layer(layer), v),
                           each = solve_signals(layer, v, {.tolerance = 1e-11});
        double largest = 0.0, difference = 0.0;
        for (std::size_t i = 0; i < map.u.values().size(); ++i) {
            largest = std::max(largest, std::abs(each.u.values()[i]));
            difference = std::max(difference, std::abs(map.u.values()[i] - each.u.values()[i]));
        }
        CHECK(difference < 1e-9 * largest);
        CHECK(map.power.cells == testing::approx(each.power.cells).epsilon(1e-7));
        CHECK(map.power.wires == testing::approx(each.power.wires).epsilon(1e-6));
        CHECK(map.power.stages == testing::approx(each.power.stages).epsilon(1e-7));
        // Outputs do not depend on whether power is asked for.
        CHECK(apply_response(solve_layer(layer, {}, false), v, false).u == map.u);
        // Other tiles have other stages, unless all are alike.
        const LayerArrays moved = build_layer(plan.layers[0], circuit, {}, 12);
        CHECK((apply_response(solve_layer(moved), v).u == map.u) == are_alike(stage));
    }
}

TEST_CASE("a network means the same with every neuron, whether it inverts or not") {
    // Virtual grounds without wires: a layer gives r_feedback·(g_max − g_min)·W·v, whose sign the pairs' order makes up for.
    const Network network = random_network({9, 6, 4}, WeightKind::binary, 23);
    const std::vector<LayerPartition> partitions{{1, 1}, {1, 1}};
    NetworkCircuit circuit{{}, {0.5, 2.0}, {}, {}};
    circuit.array.stage.kind = StageKind::virtual_ground;
    const Matrix<double> inputs = random_inputs(5, 9, 24);
    const double window = small_window.g_max - small_window.g_min;
    std::vector<Neuron> neurons(7);
    neurons[1].kind = Neuron::Kind::inverter;
    neurons[2] = {.kind = Neuron::Kind::relu, .slope = 2.0};
    neurons[3] = {.kind = Neuron::Kind::tanh, .slope = 3.0};
    neurons[4] = {.kind = Neuron::Kind::comparator};
    for (const std::size_t rises : {5, 6}) {
        neurons[rises].kind = Neuron::Kind::table;
        neurons[rises].table_in = {-0.3, 0.1, 0.4};
        neurons[rises].table_out = {0.0, 0.3, 0.8};
    }
    std::swap(neurons[6].table_out.front(), neurons[6].table_out.back());
    for (const Neuron& neuron : neurons) {
        CAPTURE(to_string(neuron.kind));
        circuit.neuron = neuron;
        const Polarity polarity = polarity_for(neuron);
        CHECK((polarity == Polarity::inverted) == (&neuron < &neurons[2] || &neuron == &neurons[6]));
        const auto layers = build_network(make_plan(network, partitions, small_window, polarity), circuit);
        const AnalogInference analog = infer(layers, neuron, inputs, {});
        const auto weighted = [&](std::size_t l, Index o, const std::vector<double>& v) {
            const DenseLayer& layer = network.layers[l];
            double sum = layer.bias[static_cast<std::size_t>(o)] * neuron.v_supply;
            for (std::size_t i = 0; i < v.size(); ++i) sum += layer.weights(o, static_cast<Index>(i)) * v[i];
            return 1e3 * circuit.gain[l] * window * sum;
        };
        for (Index k = 0; k < inputs.rows(); ++k) {
            std::vector<double> v, y;
            for (const double x : inputs.row(k)) v.push_back(x * neuron.v_supply);
            for (Index o = 0; o < 6; ++o) {
                const double z = weighted(0, o, v);
                y.push_back(transfer(neuron, inverts(neuron) ? -z : z));
            }
            for (Index o = 0; o < 4; ++o)
                CHECK(analog.outputs(k, o) == testing::approx(weighted(1, o, y)).epsilon(1e-9).scale(1e-3));
        }
    }
}
