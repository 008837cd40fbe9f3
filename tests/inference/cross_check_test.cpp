#include "inference/cross_check.hpp"

#include "solver/ngspice_jobs.hpp"
#include "tests/inference/small_networks.hpp"
#include "tests/readout/flawed_stages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// 12-6-4 units on tiles of 2 x 2 and 3 x 1 partitions, seven in all.
struct SmallNetwork {
    Network network = random_network({12, 6, 4}, WeightKind::real, 77);
    std::vector<LayerPartition> partitions{{2, 2}, {3, 1}};
    NetworkCircuit circuit{small_circuit(), {4.0, 3.0}, Neuron{}, {}};
    Matrix<double> inputs = random_inputs(9, 12, 78);

    [[nodiscard]] std::vector<LayerArrays> build() const {
        return build_network(make_plan(network, partitions, small_window, Polarity::inverted), circuit);
    }
};

} // namespace

TEST_CASE("tiles and images are drawn by the seed alone, all of them in the long run") {
    const auto layers = SmallNetwork().build();
    const std::vector<CheckedPair> pairs = draw_pairs(layers, 9, 300, 5);
    CHECK(pairs == draw_pairs(layers, 9, 300, 5));
    CHECK(pairs != draw_pairs(layers, 9, 300, 6));
    const std::vector<CheckedPair> first = draw_pairs(layers, 9, 10, 5);
    CHECK(std::equal(first.begin(), first.end(), pairs.begin()));
    std::vector<int> tiles(7, 0), images(9, 0);
    for (const CheckedPair& pair : pairs) {
        REQUIRE(pair.tile < (pair.layer == 0 ? 4 : 3));
        ++tiles[static_cast<std::size_t>(pair.layer * 4 + pair.tile)];
        ++images[static_cast<std::size_t>(pair.image)];
    }
    // 300 draws among 7 tiles: 43 each, give or take four deviations of 6; 33 of each image, give or take 5.4.
    CHECK(*std::ranges::min_element(tiles) > 18);
    CHECK(*std::ranges::max_element(tiles) < 68);
    CHECK(*std::ranges::min_element(images) > 11);
    CHECK(*std::ranges::max_element(images) < 55);
}

TEST_CASE("tiles solved once more as circuits agree, in ngspice and in mna, with stages of all kinds") {
    for (const ReadoutStage& stage : sample_stages()) {
        CAPTURE(to_string(stage.kind));
        SmallNetwork small;
        small.circuit.array.stage = stage;
        const auto layers = small.build();
        for (const Engine engine : {Engine::ngspice, Engine::mna}) {
            CAPTURE(to_string(engine));
            const CrossCheck check =
                cross_check(layers, small.circuit.neuron, small.inputs, {}, {.pairs = 8, .engine = engine});
            CHECK(check.engine == engine);
            CHECK(check.pairs == 8);
            CHECK(check.unsolved == 0);
            CHECK(check.problem == "");
            CHECK(check.deviation < 1e-10);
            CHECK(check.passed());
        }
    }
}

TEST_CASE("tiles of single lines agree in ngspice and in mna, with stages of all kinds") {
    for (const ReadoutStage& stage : sample_stages()) {
        if (stage.kind == StageKind::difference) continue; // which has two lines
        CAPTURE(to_string(stage.kind));
        SmallNetwork small;
        small.circuit.array.stage = stage;
        std::vector<LayerArrays> layers;
        for (const LayerArrays& layer : small.build()) layers.push_back(with_single_lines(layer));
        for (const Engine engine : {Engine::ngspice, Engine::mna}) {
            CAPTURE(to_string(engine));
            const CrossCheck check =
                cross_check(layers, small.circuit.neuron, small.inputs, {}, {.pairs = 8, .engine = engine});
            CHECK(check.problem == "");
            CHECK(check.unsolved == 0);
            CHECK(check.deviation < 1e-10);
        }
    }
}

TEST_CASE("cells that are not ohmic are checked, too") {
    SmallNetwork small;
    auto layers = small.build();
    for (LayerArrays& layer : layers) {
        for (Crossbar& crossbar : layer.crossbars) crossbar.cell = SinhCell{4.0};
    }
    const CrossCheck check = cross_check(layers, small.circuit.neuron, small.inputs, {}, {.pairs = 8});
    CHECK(check.unsolved == 0);
    CHECK(check.deviation > 0.0);
    CHECK(check.deviation < 1e-7); // the engines' own tolerance is 1e-9 of the largest current
}

TEST_CASE("tiles whose outputs are multiplied for drift agree, too") {
    SmallNetwork small;
    auto layers = small.build();
    for (LayerArrays& layer : layers) {
        for (double& scale : layer.scale) scale = 1.3;
    }
    const CrossCheck check =
        cross_check(layers, small.circuit.neuron, small.inputs, {}, {.pairs = 8, .engine = Engine::mna});
    CHECK(check.deviation < 1e-10);
    CHECK(check.passed());
}

TEST_CASE("the check finds arrays that are not what they were solved as") {
    // The circuit's cells see a stage of 4, the network's engines are asked at a stage that r_sense does not fit.
    SmallNetwork small;
    auto layers = small.build();
    for (Crossbar& crossbar : layers[0].crossbars) crossbar.r_sense.assign(crossbar.r_sense.size(), 900.0);
    const CrossCheck check = cross_check(layers, small.circuit.neuron, small.inputs, {}, {.pairs = 20});
    CHECK(check.deviation > 1e-3);
    CHECK(check.worst.layer == 0);
    CHECK_FALSE(check.passed());
}

TEST_CASE("pairs that ngspice has no time for are told, not passed over") {
    SmallNetwork small;
    const auto layers = small.build();
    const CrossCheck check =
        cross_check(layers, small.circuit.neuron, small.inputs, {}, {.pairs = 2, .time_limit = 1e-6});
    CHECK(check.unsolved == 2);
    CHECK(check.problem.find("more time than allowed") != std::string::npos);
    CHECK_FALSE(check.passed());
}

TEST_CASE("the row voltages of a layer are those that drive its arrays") {
    const SmallNetwork small;
    const auto layers = small.build();
    const std::vector<Matrix<double>> v = row_voltages(layers, small.circuit.neuron, small.inputs, {});
    REQUIRE(v.size() == 2);
    CHECK(v[0](3, 5) == small.circuit.neuron.v_supply * small.inputs(3, 5));
    CHECK(v[0](3, 12) == small.circuit.neuron.v_supply); // the bias row
    // The last layer's outputs follow from its row voltages; inverted, as infer() gives them.
    const AnalogInference whole = infer(layers, small.circuit.neuron, small.inputs, {});
    const LayerSignals last = apply_response(solve_layer(layers[1], {}), v[1]);
    for (Index k = 0; k < 9; ++k) {
        for (Index c = 0; c < 4; ++c) CHECK(last.u(k, c) == -whole.outputs(k, c));
    }
}
