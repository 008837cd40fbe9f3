#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "devicemodels/device_library.hpp"
#include "inference/inference.hpp"
#include "tests/inference/small_networks.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

DeviceUse use_of(const char* card, const CardChanges& changes = {}) {
    DeviceUse use;
    use.model = make_device(find_card(card, changes));
    return use;
}

NetworkCircuit circuit_with(DeviceUse devices) {
    return {small_circuit(), {30.0, 10.0}, {}, std::move(devices)};
}

Plan small_plan(const ConductanceWindow& window) {
    return make_plan(random_network({20, 12, 5}, WeightKind::binary, 8),
                     std::vector<LayerPartition>{{3, 2}, {2, 1}}, window, Polarity::inverted);
}

ConductanceWindow window_of(const DeviceUse& use) {
    return {std::max(use.model->g_min(), use.model->g_max() / 3.0), use.model->g_max()};
}

} // namespace

TEST_CASE("arrays that are built first give the very numbers of the linear map") {
    const Plan plan = small_plan(small_window);
    const NetworkCircuit circuit = circuit_with({});
    const Matrix<double> inputs = random_inputs(40, 20, 5);
    const AnalogInference mapped = infer(solve_network(plan, circuit), circuit.neuron, inputs);
    const AnalogInference built = infer(build_network(plan, circuit), circuit.neuron, inputs, {});
    CHECK(mapped.outputs == built.outputs);
    CHECK(mapped.power.total() == built.power.total());
}

TEST_CASE("a device that takes exactly what it is given changes nothing") {
    const DeviceUse exact = use_of("linear");
    const Plan plan = small_plan(window_of(exact));
    const Matrix<double> inputs = random_inputs(40, 20, 5);
    const NetworkCircuit ideal = circuit_with({}), programmed = circuit_with(exact);
    const std::vector<LayerArrays> layers = build_network(plan, programmed);
    CHECK(layers[0].is_linear());
    CHECK(layers[0].error.worst == 0.0);
    CHECK(layers[0].error.cells == 21 * 24);
    CHECK(infer(layers, programmed.neuron, inputs, {}).outputs ==
          infer(solve_network(plan, ideal), ideal.neuron, inputs).outputs);
}

TEST_CASE("a layer's error is that of its arrays, each programmed by its own number") {
    const DeviceUse pcm = use_of("pcm");
    const Plan plan = small_plan(window_of(pcm));
    const std::vector<LayerArrays> layers = build_network(plan, circuit_with(pcm));
    // All cells of the second layer, whose tiles are numbers 6 and 7, as one sample.
    std::vector<double> errors;
    for (std::uint32_t t = 0; t < 2; ++t) {
        const Crossbar crossbar = build_tile(plan.layers[1], plan.layers[1].tiles[t], small_circuit());
        ProgrammingOptions options = pcm.programming;
        options.tile = 6 + t;
        const ProgrammedArray programmed = program_array(crossbar.g, *pcm.model, options);
        CHECK(layers[1].crossbars[t].g == programmed.g);
        for (std::size_t k = 0; k < programmed.g.values().size(); ++k)
            errors.push_back(programmed.g.values()[k] - programmed.asked.values()[k]);
    }
    double mean = 0.0, squares = 0.0, worst = 0.0;
    for (const double error : errors) mean += error / static_cast<double>(errors.size());
    for (const double error : errors) {
        squares += (error - mean) * (error - mean);
        worst = std::max(worst, std::abs(error));
    }
    CHECK(layers[1].error.cells == static_cast<Index>(errors.size()));
    CHECK(layers[1].error.mean == testing::approx(mean).epsilon(1e-10));
    CHECK(layers[1].error.spread ==
          testing::approx(std::sqrt(squares / static_cast<double>(errors.size()))).epsilon(1e-10));
    CHECK(layers[1].error.worst == worst);
    CHECK(worst > 1e-7);
}

TEST_CASE(
    "cells that hardly bend give nearly the linear map; images alike are solved once and counted each") {
    const DeviceUse straight = use_of("sinh", {{"alpha", "0.01"}});
    const Plan plan = small_plan(window_of(straight));
    Matrix<double> inputs = random_inputs(33, 20, 5);
    for (Index i = 0; i < 20; ++i) inputs(7, i) = inputs(30, i) = inputs(2, i);
    const NetworkCircuit ideal = circuit_with({}), programmed = circuit_with(straight);
    const AnalogInference linear = infer(solve_network(plan, ideal), ideal.neuron, inputs);
    const AnalogInference bent = infer(build_network(plan, programmed), programmed.neuron, inputs, {});
    CHECK(bent.converged);
    CHECK(bent.residual <= 1e-9);
    CHECK(bent.engine == Engine::lines);
    for (std::size_t k = 0; k < bent.outputs.values().size(); ++k)
        CHECK(bent.outputs.values()[k] ==
              testing::approx(linear.outputs.values()[k]).epsilon(1e-4).scale(0.01));
    CHECK(bent.power.cells == testing::approx(linear.power.cells).epsilon(1e-4));
    CHECK(bent.power.wires == testing::approx(linear.power.wires).epsilon(1e-3));
    CHECK(bent.power.stages == testing::approx(linear.power.stages).epsilon(1e-4));
}

TEST_CASE("a programmed network is the same for any number of threads") {
    const DeviceUse pcm = use_of("pcm");
    const Plan plan = small_plan(window_of(pcm));
    const NetworkCircuit circuit = circuit_with(pcm);
    const Matrix<double> inputs = random_inputs(40, 20, 6);
    const auto run_with = [&](int threads) {
        const ThreadLimit limit(threads);
        return infer(build_network(plan, circuit), circuit.neuron, inputs, {});
    };
    const AnalogInference one = run_with(1), two = run_with(2);
    CHECK(one.converged);
    CHECK(one.outputs == two.outputs);
    CHECK(one.power.total() == two.power.total());
}

TEST_CASE("compensation multiplies outputs by what has drifted away") {
    DeviceUse pcm = use_of("pcm");
    pcm.programming.read.time = 1e6;
    const Plan plan = small_plan(window_of(pcm));
    const std::vector<LayerArrays> plain = build_network(plan, circuit_with(pcm));
    pcm.compensate_drift = true;
    const std::vector<LayerArrays> scaled = build_network(plan, circuit_with(pcm));
    CHECK(plain[0].scale[0] == 1.0);
    CHECK(scaled[0].scale[0] > 1.2);
    const Matrix<double> u = solve_signals(plain[1], Matrix<double>(3, 13, 0.4)).u;
    const Matrix<double> more = solve_signals(scaled[1], Matrix<double>(3, 13, 0.4)).u;
    CHECK(more(0, 0) / u(0, 0) > 1.2);
}
