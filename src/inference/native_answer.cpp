#include "inference/native_answer.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

Matrix<double> one_row(const Matrix<double>& matrix, Index row) {
    const auto values = matrix.row(row);
    return {1, matrix.cols(), std::vector<double>(values.begin(), values.end())};
}

} // namespace

NativeAnswer answer_layer(const LayerArrays& layer, const Matrix<double>& v, const SolveOptions& options) {
    std::optional<LayerResponse> response;
    if (layer.is_linear()) response = solve_layer(layer, options);
    NativeAnswer answer{Matrix<double>(v.rows(), layer.outputs), {}};
    for (Index k = 0; k < v.rows(); ++k) {
        // One at a time: power comes as a mean.
        const Matrix<double> image = one_row(v, k);
        const LayerSignals signals =
            response ? apply_response(*response, image) : solve_signals(layer, image, options);
        std::ranges::copy(signals.u.row(0), answer.outputs.row(k).begin());
        answer.power.push_back(signals.power.total());
    }
    return answer;
}

NativeAnswer answer_tile(const LayerArrays& layer, std::size_t tile, const Matrix<double>& v,
                         const SolveOptions& options) {
    return answer_layer(single_tile(layer, tile), v, options);
}

NetworkAnswer answer_network(std::span<const LayerArrays> layers, std::size_t count, const Neuron& neuron,
                             const Matrix<double>& inputs) {
    NetworkAnswer network;
    network.answer.power.assign(static_cast<std::size_t>(inputs.rows()), 0.0);
    network.v.push_back(with_bias_row(inputs, neuron.v_supply, neuron.v_supply));
    for (std::size_t l = 0; l < count; ++l) {
        NativeAnswer layer = answer_layer(layers[l], network.v.back());
        std::transform(layer.power.begin(), layer.power.end(), network.answer.power.begin(),
                       network.answer.power.begin(), std::plus<>());
        if (l + 1 < layers.size()) {
            network.v.push_back(with_bias_row(transfer(neuron, layer.outputs), 1.0, neuron.v_supply));
        } else {
            network.answer.outputs = std::move(layer.outputs);
        }
    }
    return network;
}

} // namespace ohmloom
