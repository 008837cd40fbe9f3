#include "mapping/plan.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

namespace {

constexpr ConductanceWindow window{1.0 / 15e3, 1.0 / 5e3};

DenseLayer layer_of(std::vector<double> weights, std::vector<double> bias) {
    DenseLayer layer;
    const auto outputs = static_cast<Index>(bias.size());
    const Index inputs = static_cast<Index>(weights.size()) / outputs;
    layer.weights = Matrix<double>(outputs, inputs, std::move(weights));
    layer.bias = std::move(bias);
    return layer;
}

} // namespace

TEST_CASE("binary weights put the low resistance on the line of their sign") {
    const auto pairs = map_weights(layer_of({1, -1}, {1}), WeightKind::binary, window, Polarity::direct);
    CHECK(pairs.plus(0, 0) == window.g_max);
    CHECK(pairs.minus(0, 0) == window.g_min);
    CHECK(pairs.plus(0, 1) == window.g_min);
    CHECK(pairs.minus(0, 1) == window.g_max);
    CHECK(pairs.plus(0, 2) == window.g_max); // the bias
    CHECK(pairs.weight_scale == 1.0);
}

TEST_CASE("inverted polarity swaps every pair") {
    const DenseLayer layer = layer_of({0.3, -0.7, 0.0, 1.2}, {0.1, -0.2});
    const auto direct = map_weights(layer, WeightKind::real, window, Polarity::direct);
    const auto inverted = map_weights(layer, WeightKind::real, window, Polarity::inverted);
    CHECK(direct.plus == inverted.minus);
    CHECK(direct.minus == inverted.plus);
}

TEST_CASE("a ternary zero has both cells in the low-resistance state") {
    const auto pairs = map_weights(layer_of({0, 1}, {-1}), WeightKind::ternary, window, Polarity::direct);
    CHECK(pairs.plus(0, 0) == window.g_max);
    CHECK(pairs.minus(0, 0) == window.g_max);
    CHECK(pairs.minus(0, 2) == window.g_max);
    CHECK(pairs.plus(0, 2) == window.g_min);
}

TEST_CASE("real weights come back from their pairs by the scale") {
    const DenseLayer layer = layer_of({0.3, -0.7, 0.0, 1.2}, {0.1, -2.4});
    const auto pairs = map_weights(layer, WeightKind::real, window, Polarity::direct);
    CHECK(pairs.weight_scale == 2.4); // the largest, here a bias
    const double unit = (window.g_max - window.g_min) / pairs.weight_scale;
    for (Index o = 0; o < 2; ++o) {
        for (Index i = 0; i < 2; ++i) {
            CHECK((pairs.plus(o, i) - pairs.minus(o, i)) / unit == testing::approx(layer.weights(o, i)));
            CHECK(pairs.plus(o, i) + pairs.minus(o, i) == testing::approx(window.g_max + window.g_min));
        }
    }
    CHECK(pairs.minus(1, 2) == testing::approx(window.g_max));
}

TEST_CASE("a plan has one tile for each pair of input and output groups") {
    Network network;
    network.layers = {layer_of(std::vector<double>(6 * 4, 1.0), std::vector<double>(4, 1.0)),
                      layer_of(std::vector<double>(4 * 2, 1.0), std::vector<double>(2, 1.0))};
    const std::vector<LayerPartition> partitions{{3, 2}, {1, 1}};
    const Plan plan = make_plan(network, partitions, window, Polarity::direct);
    CHECK(plan.tile_count() == 7);
    CHECK(plan.layers[0].tiles[1].inputs == IndexRange{0, 3}); // 7 rows with the bias in 3 groups: 3, 2, 2
    CHECK(plan.layers[0].tiles[1].outputs == IndexRange{2, 4});
    CHECK(plan.layers[0].tiles[5].inputs == IndexRange{5, 7});
    CHECK_THROWS_AS(make_plan(network, std::vector<LayerPartition>{{1, 1}}, window, Polarity::direct),
                    InputError);
}

TEST_CASE("an empty conductance window is refused") {
    CHECK_THROWS_AS(map_weights(layer_of({1}, {1}), WeightKind::binary, {1e-4, 1e-4}, Polarity::direct),
                    InputError);
    CHECK_THROWS_AS(map_weights(layer_of({1}, {1}), WeightKind::binary, {-1e-5, 1e-4}, Polarity::direct),
                    InputError);
}
