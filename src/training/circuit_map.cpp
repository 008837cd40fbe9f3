#include "training/circuit_map.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"
#include "inference/layer_signals.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// Weights and bias as one matrix [outputs x (inputs + 1)].
Matrix<double> weights_with_bias(const DenseLayer& layer) {
    Matrix<double> all(layer.outputs(), layer.inputs() + 1);
    for (Index o = 0; o < layer.outputs(); ++o) {
        const auto weights = layer.weights.row(o);
        std::copy(weights.begin(), weights.end(), all.row(o).begin());
        all(o, layer.inputs()) = layer.bias[static_cast<std::size_t>(o)];
    }
    return all;
}

} // namespace

std::vector<Matrix<double>> exact_layer_maps(const Network& network, const TrainingCircuit& circuit) {
    const Plan plan = make_plan(network, circuit.partitions, circuit.window, Polarity::inverted);
    struct Job {
        std::size_t layer;
        const Tile* tile;
    };
    std::vector<Job> jobs;
    std::vector<Matrix<double>> maps;
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        maps.emplace_back(plan.layers[l].outputs(), plan.layers[l].rows());
        for (const Tile& tile : plan.layers[l].tiles) jobs.push_back({l, &tile});
    }
    parallel_for(static_cast<Index>(jobs.size()), [&](Index j) {
        const auto& [l, tile] = jobs[static_cast<std::size_t>(j)];
        const LayerPlan& layer = plan.layers[l];
        ArrayCircuit arrays = circuit.arrays;
        arrays.stage.gain = network.layers[l].gain;
        const StageResponse response = solve_tile(layer, *tile, arrays);
        const double share = 1.0 / static_cast<double>(layer.partition.horizontal);
        for (Index o = 0; o < tile->outputs.size(); ++o) {
            for (Index r = 0; r < tile->inputs.size(); ++r) {
                maps[l](tile->outputs.begin + o, tile->inputs.begin + r) = share * response.u(o, r);
            }
        }
    });
    return maps;
}

std::vector<double> fit_slopes(const Network& network, const TrainingCircuit& circuit,
                               const Matrix<double>& inputs) {
    const std::vector<Matrix<double>> maps = exact_layer_maps(network, circuit);
    std::vector<double> slopes;
    Matrix<double> x = inputs;
    for (std::size_t l = 0; l < maps.size(); ++l) {
        const Matrix<double> rows = with_bias_row(x, 1.0, 1.0);
        const Matrix<double> sums = multiply_transposed(rows, weights_with_bias(network.layers[l]));
        x = multiply_transposed(rows, maps[l]);
        double product = 0.0, square = 0.0;
        for (Index i = 0; i < x.size(); ++i) {
            const double argument = -circuit.neuron_slope * circuit.supply * x.data()[i];
            product += argument * sums.data()[i];
            square += sums.data()[i] * sums.data()[i];
            x.data()[i] = 1.0 / (1.0 + std::exp(-argument));
        }
        slopes.push_back(product > 0.0 ? product / square : 1.0);
    }
    return slopes;
}

} // namespace ohmloom
