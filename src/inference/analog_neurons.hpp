#pragma once

#include "network/network.hpp"
#include "readout/neuron.hpp"

namespace ohmloom {

/// Checks that neurons of one kind can stand behind all hidden layers of an analog network: they must be of the network's activation (a
/// comparator is a steep sigmoid or tanh, a table any curve), and normalisation needs a digital side.
/// @throws InputError naming the layer, what it asks for and what the circuit has.
void require_neurons_for(const Network& network, const Neuron& neuron);

} // namespace ohmloom
