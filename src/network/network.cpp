#include "network/network.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ohmloom {

namespace {

bool is_of_kind(double weight, WeightKind kind) {
    switch (kind) {
    case WeightKind::binary:
        return weight == -1.0 || weight == 1.0;
    case WeightKind::ternary:
        return weight == -1.0 || weight == 0.0 || weight == 1.0;
    case WeightKind::real:
        return std::isfinite(weight);
    }
    return false;
}

std::string_view allowed_values(WeightKind kind) {
    switch (kind) {
    case WeightKind::binary:
        return "-1 or 1 (binary)";
    case WeightKind::ternary:
        return "-1, 0 or 1 (ternary)";
    case WeightKind::real:
        break;
    }
    return "a finite number";
}

void validate_weights(const DenseLayer& layer, std::size_t number, WeightKind kind) {
    const auto refuse = [&](std::string_view place, double value) {
        throw InputError(
            fmt::format("layer_{}: {} is {}, expected {}", number, place, value, allowed_values(kind)));
    };
    for (Index r = 0; r < layer.outputs(); ++r) {
        for (Index c = 0; c < layer.inputs(); ++c) {
            if (!is_of_kind(layer.weights(r, c), kind))
                refuse(fmt::format("weights[{}, {}]", r, c), layer.weights(r, c));
        }
    }
    // The bias is the weight of one more row of cells, so it can only be what a weight can be.
    for (std::size_t r = 0; r < layer.bias.size(); ++r) {
        if (!is_of_kind(layer.bias[r], kind)) refuse(fmt::format("bias[{}]", r), layer.bias[r]);
    }
}

void validate_norm(const DenseLayer& layer, std::size_t number) {
    if (!layer.norm) return;
    const auto outputs = static_cast<std::size_t>(layer.outputs());
    const auto check = [&](std::string_view name, const std::vector<double>& values) {
        if (values.size() != outputs) {
            throw InputError(fmt::format("layer_{}: {} of its normalisation has {} entries, expected {} (one "
                                         "per output)",
                                         number, name, values.size(), outputs));
        }
        for (std::size_t o = 0; o < outputs; ++o) {
            if (!std::isfinite(values[o]))
                throw InputError(fmt::format("layer_{}: {}[{}] of its normalisation is {}: it must be finite",
                                             number, name, o, values[o]));
        }
    };
    check("gamma", layer.norm->gamma);
    check("beta", layer.norm->beta);
    check("mean", layer.norm->mean);
    check("variance", layer.norm->variance);
    for (std::size_t o = 0; o < outputs; ++o) {
        const double sum = layer.norm->variance[o] + layer.norm->epsilon;
        if (!(sum > 0.0 && std::isfinite(sum))) {
            throw InputError(fmt::format("layer_{}: variance[{}] of its normalisation is {} and epsilon {}: "
                                         "their sum must be positive",
                                         number, o, layer.norm->variance[o], layer.norm->epsilon));
        }
    }
}

void validate_layer(const DenseLayer& layer, std::size_t number, WeightKind kind, Index inputs) {
    if (layer.inputs() == 0 || layer.outputs() == 0) {
        throw InputError(fmt::format("layer_{}: weights are [{} x {}]: a layer needs at least one output and "
                                     "one input",
                                     number, layer.outputs(), layer.inputs()));
    }
    if (layer.inputs() != inputs) {
        throw InputError(fmt::format("layer_{}: weights are [{} x {}], expected [outputs x {}]: {} gives {} "
                                     "values",
                                     number, layer.outputs(), layer.inputs(), inputs,
                                     number == 0 ? "the cropped image" : "the layer before", inputs));
    }
    if (static_cast<Index>(layer.bias.size()) != layer.outputs()) {
        throw InputError(fmt::format("layer_{}: bias has {} entries, expected {} (one per output)", number,
                                     layer.bias.size(), layer.outputs()));
    }
    if (!std::isfinite(layer.slope) || layer.slope <= 0.0) {
        throw InputError(
            fmt::format("layer_{}: slope is {}: it must be finite and positive", number, layer.slope));
    }
    if (!std::isfinite(layer.gain) || layer.gain < 0.0) {
        throw InputError(
            fmt::format("layer_{}: gain is {}: it must be finite and not negative", number, layer.gain));
    }
    validate_weights(layer, number, kind);
    validate_norm(layer, number);
}

} // namespace

std::string_view to_string(Activation activation) {
    switch (activation) {
    case Activation::sigmoid:
        return "sigmoid";
    case Activation::relu:
        return "relu";
    case Activation::tanh:
        return "tanh";
    case Activation::sign:
        return "sign";
    }
    return "";
}

double normalised(const DenseLayer& layer, Index output, double z) {
    if (!layer.norm) return z;
    const Normalisation& norm = *layer.norm;
    const auto o = static_cast<std::size_t>(output);
    return norm.gamma[o] * (z - norm.mean[o]) / std::sqrt(norm.variance[o] + norm.epsilon) + norm.beta[o];
}

double activate(const DenseLayer& layer, double y) {
    switch (layer.activation) {
    case Activation::sigmoid:
        return 1.0 / (1.0 + std::exp(-layer.slope * y));
    case Activation::relu:
        return std::max(0.0, layer.slope * y);
    case Activation::tanh:
        return std::tanh(layer.slope * y);
    case Activation::sign:
        return y < 0.0 ? -1.0 : 1.0;
    }
    return y;
}

bool has_signed_inputs(const Network& network, std::size_t layer) {
    if (layer == 0) return false;
    const Activation before = network.layers[layer - 1].activation;
    return before == Activation::tanh || before == Activation::sign;
}

Network with_positive_scales(Network network) {
    for (DenseLayer& layer : network.layers) {
        if (!layer.norm) continue;
        for (Index o = 0; o < layer.outputs(); ++o) {
            const auto at = static_cast<std::size_t>(o);
            if (layer.norm->gamma[at] >= 0.0) continue;
            for (double* value : {&layer.norm->gamma[at], &layer.norm->mean[at], &layer.bias[at]})
                *value = -*value;
            for (double& weight : layer.weights.row(o)) weight = -weight;
        }
    }
    return network;
}

void validate(const InputCoding& coding) {
    if (coding.crop <= 0) {
        throw InputError(fmt::format("the input crop is {} pixels: it must be at least 1", coding.crop));
    }
    if (coding.threshold < 0 || coding.threshold > 255) {
        throw InputError(
            fmt::format("the input threshold is {}: it must be a grey value of 0 to 255", coding.threshold));
    }
}

void validate(const Network& network) {
    validate(network.input);
    if (network.layers.empty()) throw InputError("the network has no layers");
    if (!(network.accuracy_software >= 0.0 && network.accuracy_software <= 1.0)) {
        throw InputError(fmt::format("accuracy_software is {}: it must be a fraction of 0 to 1",
                                     network.accuracy_software));
    }
    Index inputs = network.input.crop * network.input.crop;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        validate_layer(network.layers[i], i, network.weight_kind, inputs);
        inputs = network.layers[i].outputs();
    }
}

} // namespace ohmloom
