#include "inference/software.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "inference/classes.hpp"

#include <fmt/format.h>

namespace ohmloom {

Matrix<double> weighted_sums(const DenseLayer& layer, const Matrix<double>& inputs) {
    if (inputs.cols() != layer.inputs())
        throw InputError(fmt::format("a layer of {} inputs gets {}", layer.inputs(), inputs.cols()));
    Matrix<double> z = multiply_transposed(inputs, layer.weights);
    for (Index k = 0; k < z.rows(); ++k) {
        for (Index o = 0; o < z.cols(); ++o)
            z(k, o) = normalised(layer, o, z(k, o) + layer.bias[static_cast<std::size_t>(o)]);
    }
    return z;
}

Matrix<double> evaluate_in_software(const Network& network, const Matrix<double>& inputs) {
    Matrix<double> signals = inputs;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const DenseLayer& layer = network.layers[l];
        if (signals.cols() != layer.inputs()) {
            throw InputError(fmt::format("layer {} of network '{}' has {} inputs, but gets {}", l,
                                         network.name, layer.inputs(), signals.cols()));
        }
        signals = weighted_sums(layer, signals);
        if (l + 1 == network.layers.size()) break;
        for (double& value : signals.values()) value = activate(layer, value);
    }
    return signals;
}

std::vector<std::uint8_t> classify_in_software(const Network& network, const Matrix<double>& inputs) {
    return largest_output(evaluate_in_software(network, inputs));
}

} // namespace ohmloom
