#pragma once

#include "training/training.hpp"

namespace ohmloom {

/// Exact linear map of every layer of a network through a circuit: element (o, r) of a layer's map is what row r, driven
/// by 1 V, adds to the neuron input of output o: the mean over the layer's horizontal partitions. Shape
/// [outputs x (inputs + 1)] each; the last column is the bias row.
/// Each layer's stages have the gain that the layer carries.
std::vector<Matrix<double>> exact_layer_maps(const Network& network, const TrainingCircuit& circuit);

/// Slope for each layer with which plain arithmetic comes nearest to the circuit: slope·(W·x + b) against the argument
/// −neuron_slope·supply·u of the circuit's sigmoid, by least squares over the given inputs [images x inputs] as the
/// circuit carries them. A layer whose sums run against its weights gets 1, since no slope helps.
std::vector<double> fit_slopes(const Network& network, const TrainingCircuit& circuit,
                               const Matrix<double>& inputs);

} // namespace ohmloom
