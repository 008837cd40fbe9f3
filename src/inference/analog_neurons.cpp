#include "inference/analog_neurons.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

namespace ohmloom {

namespace {

bool fits(Activation activation, Neuron::Kind kind) {
    switch (kind) {
    case Neuron::Kind::sigmoid:
    case Neuron::Kind::inverter:
        return activation == Activation::sigmoid;
    case Neuron::Kind::relu:
        return activation == Activation::relu;
    case Neuron::Kind::tanh:
        return activation == Activation::tanh;
    case Neuron::Kind::comparator:
        return activation != Activation::relu;
    case Neuron::Kind::table:
        return true;
    }
    return false;
}

} // namespace

void require_neurons_for(const Network& network, const Neuron& neuron) {
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const DenseLayer& layer = network.layers[l];
        if (layer.norm) {
            throw InputError(
                fmt::format("layer_{} of network '{}' has batch normalisation, which is digital: "
                            "give the study converters ([adc]), or a network without it",
                            l, network.name));
        }
        if (l + 1 < network.layers.size() && !fits(layer.activation, neuron.kind)) {
            throw InputError(fmt::format("layer_{} of network '{}' was trained for {}, but readout.neuron is "
                                         "\"{}\": give neurons that match, or the study converters ([adc])",
                                         l, network.name, to_string(layer.activation),
                                         to_string(neuron.kind)));
        }
    }
}

} // namespace ohmloom
