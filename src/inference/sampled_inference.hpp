#pragma once

#include "inference/layer_settling.hpp"
#include "readout/neuron.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// How images follow each other through a network that is read before it has settled.
enum class ImageSequence {
    stream, ///< one after the other, each from where the last one left the circuit
    reset,  ///< each from the state at rest: all inputs at 0 V, bias rows on
};

/// What was read at the end of each image's time.
struct SampledInference {
    std::vector<std::uint8_t> classes; ///< [images]
    Matrix<double> outputs;            ///< [images x classes] [V] with the sign that makes the largest win
};

/// Runs inputs [images x inputs], each in [0, 1], through a network in time: input k stands at the rows from k·T on, T = instants
/// steps of the layers' grid, and the last stages are read at (k + 1)·T. Neurons follow their inputs at once; between the instants of
/// the grid their outputs count as straight. Each layer remembers as many instants as its LayerSettling has.
/// The signs of plan and classes are those of infer().
/// @throws InputError if the layers do not fit each other or the inputs, or do not cover the time of one image.
SampledInference infer_sampled(std::span<const LayerSettling> layers, const Neuron& neuron,
                               const Matrix<double>& inputs, Index instants, ImageSequence sequence);

} // namespace ohmloom
