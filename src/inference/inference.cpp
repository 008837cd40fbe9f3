#include "inference/inference.hpp"

#include "base/errors.hpp"
#include "inference/classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ohmloom {

namespace {

/// What a layer makes of its row voltages: a linear one is solved once, others for every input.
LayerSignals answer_of(const LayerArrays& layer, const Matrix<double>& v, const SolveOptions& options,
                       bool power) {
    return layer.is_linear() ? apply_response(*response_of(layer, options, power), v, power)
                             : solve_signals(layer, v, options, power);
}

/// Runs inputs through layers, each of which `drive_layer(l, v)` answers.
template <class DriveLayer>
AnalogInference infer_layers(std::size_t layers, const Neuron& neuron, const Matrix<double>& inputs,
                             const DriveLayer& drive_layer) {
    validate(neuron);
    AnalogInference result;
    Matrix<double> v = with_bias_row(inputs, neuron.v_supply, neuron.v_supply);
    for (std::size_t l = 0; l < layers; ++l) {
        LayerSignals signals = drive_layer(l, v);
        result.power += signals.power;
        result.residual = std::max(result.residual, signals.residual);
        result.converged = result.converged && signals.converged;
        result.engine = signals.engine;
        if (l + 1 < layers) {
            v = with_bias_row(transfer(neuron, signals.u), 1.0, neuron.v_supply);
        } else {
            result.outputs = std::move(signals.u);
        }
    }
    if (polarity_for(neuron) == Polarity::inverted) {
        for (double& output : result.outputs.values()) output = -output;
    }
    result.classes = largest_output(result.outputs);
    return result;
}

} // namespace

Polarity polarity_for(const Neuron& neuron) {
    return inverts(neuron) ? Polarity::inverted : Polarity::direct;
}

std::vector<LayerArrays> build_network(const Plan& plan, const NetworkCircuit& circuit) {
    if (circuit.gain.size() != plan.layers.size()) {
        throw InputError(fmt::format("{} stage gains are given for {} layers: expected one per layer",
                                     circuit.gain.size(), plan.layers.size()));
    }
    std::vector<LayerArrays> layers;
    layers.reserve(plan.layers.size());
    std::uint32_t tile = 0;
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        ArrayCircuit array = circuit.array;
        array.stage.gain = circuit.gain[l];
        layers.push_back(build_layer(plan.layers[l], array, circuit.devices, tile, circuit.shared));
        if (circuit.tables) use_tables(*circuit.tables, l, layers.back());
        tile += static_cast<std::uint32_t>(plan.layers[l].tiles.size());
    }
    return layers;
}

std::vector<LayerArrays> circuits_of(const Plan& plan, NetworkCircuit circuit) {
    circuit.tables = nullptr;
    return build_network(plan, circuit);
}

std::vector<LayerResponse> solve_network(const Plan& plan, const NetworkCircuit& circuit,
                                         const SolveOptions& options) {
    std::vector<LayerResponse> layers;
    layers.reserve(plan.layers.size());
    for (const LayerArrays& arrays : build_network(plan, circuit))
        layers.push_back(solve_layer(arrays, options));
    return layers;
}

AnalogInference infer(std::span<const LayerResponse> layers, const Neuron& neuron,
                      const Matrix<double>& inputs) {
    return infer_layers(layers.size(), neuron, inputs,
                        [&](std::size_t l, const Matrix<double>& v) { return apply_response(layers[l], v); });
}

AnalogInference infer(std::span<const LayerArrays> layers, const Neuron& neuron, const Matrix<double>& inputs,
                      const SolveOptions& options, bool power) {
    return infer_layers(layers.size(), neuron, inputs, [&](std::size_t l, const Matrix<double>& v) {
        return answer_of(layers[l], v, options, power);
    });
}

std::vector<Matrix<double>> row_voltages(std::span<const LayerArrays> layers, const Neuron& neuron,
                                         const Matrix<double>& inputs, const SolveOptions& options) {
    std::vector<Matrix<double>> voltages;
    static_cast<void>(
        infer_layers(layers.size(), neuron, inputs, [&](std::size_t l, const Matrix<double>& v) {
            voltages.push_back(v);
            return answer_of(layers[l], v, options, false);
        }));
    return voltages;
}

} // namespace ohmloom
