#include "inference/inference.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "inference/classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace ohmloom {

namespace {

/// Row voltages of a layer: the signals and a bias row at the supply.
Matrix<double> with_bias(const Matrix<double>& signals, double signal_scale, double v_bias) {
    Matrix<double> v(signals.rows(), signals.cols() + 1, v_bias);
    for (Index k = 0; k < signals.rows(); ++k) {
        std::transform(signals.row(k).begin(), signals.row(k).end(), v.row(k).begin(),
                       [&](double x) { return signal_scale * x; });
    }
    return v;
}

/// Mean over images of xᵀ·Q·x = sum of the elements of Q times those of the inputs' second moments.
double mean_power(const Matrix<double>& form, const Matrix<double>& moments) {
    return std::inner_product(form.values().begin(), form.values().end(), moments.values().begin(), 0.0);
}

Matrix<double> second_moments(const Matrix<double>& v) {
    Matrix<double> moments = transposed_multiply(v, v);
    for (double& value : moments.values()) value /= static_cast<double>(v.rows());
    return moments;
}

} // namespace

std::vector<LayerResponse> solve_network(const Plan& plan, const NetworkCircuit& circuit,
                                         const SolveOptions& options) {
    if (circuit.gain.size() != plan.layers.size()) {
        throw InputError(fmt::format("{} stage gains are given for {} layers: expected one per layer",
                                     circuit.gain.size(), plan.layers.size()));
    }
    std::vector<LayerResponse> layers;
    layers.reserve(plan.layers.size());
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        ArrayCircuit array = circuit.array;
        array.stage.gain = circuit.gain[l];
        layers.push_back(solve_layer(plan.layers[l], array, options));
    }
    return layers;
}

AnalogInference infer(std::span<const LayerResponse> layers, const Neuron& neuron,
                      const Matrix<double>& inputs) {
    validate(neuron);
    AnalogInference result;
    Matrix<double> v = with_bias(inputs, neuron.v_supply, neuron.v_supply);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        OHMLOOM_ASSERT(layers[l].transfer.cols() == v.cols());
        const Matrix<double> moments = second_moments(v);
        result.power.cells += mean_power(layers[l].power.cells, moments);
        result.power.wires += mean_power(layers[l].power.wires, moments);
        result.power.stages += mean_power(layers[l].power.stages, moments);
        result.residual = std::max(result.residual, layers[l].residual);
        result.engine = layers[l].engine;
        const Matrix<double> u = multiply_transposed(v, layers[l].transfer);
        if (l + 1 < layers.size()) {
            v = with_bias(transfer(neuron, u), 1.0, neuron.v_supply);
        } else {
            result.outputs = u;
        }
    }
    for (double& output : result.outputs.values()) output = -output;
    result.classes = largest_output(result.outputs);
    return result;
}

} // namespace ohmloom
