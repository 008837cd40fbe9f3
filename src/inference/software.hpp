#pragma once

#include "base/matrix.hpp"
#include "network/network.hpp"

#include <cstdint>
#include <vector>

namespace ohmloom {

/// Weighted sums [images x outputs] of a layer's inputs [images x inputs], W·x + b, normalised if the layer has a normalisation.
/// @throws InputError if the inputs do not fit the layer.
Matrix<double> weighted_sums(const DenseLayer& layer, const Matrix<double>& inputs);

/// Outputs [images x classes] of a network as plain arithmetic, without any circuit: z = W·x + b, normalised, in every layer and its
/// activation behind every layer but the last.
/// @throws InputError if `inputs` [images x inputs] does not fit the first layer.
Matrix<double> evaluate_in_software(const Network& network, const Matrix<double>& inputs);

/// Class of each image: the largest output.
std::vector<std::uint8_t> classify_in_software(const Network& network, const Matrix<double>& inputs);

} // namespace ohmloom
