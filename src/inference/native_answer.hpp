#pragma once

#include "inference/inference.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// As close as the engines come: what circuits are held to.
inline constexpr SolveOptions closest_answer{.tolerance = 1e-12};

/// What the native engines find where a circuit of the same arrays is measured.
struct NativeAnswer {
    Matrix<double> outputs;    ///< [images x outputs] [V] of stages, or [A] into sense potentials
    std::vector<double> power; ///< [images] [W] delivered by drivers and op-amps together
};

/// One tile of a layer with its stages and its drift compensation, for row voltages [images x rows of the tile] [V].
NativeAnswer answer_tile(const LayerArrays& layer, std::size_t tile, const Matrix<double>& v,
                         const SolveOptions& options = closest_answer);

/// A whole layer up to its neurons, for row voltages [images x rows] [V].
NativeAnswer answer_layer(const LayerArrays& layer, const Matrix<double>& v,
                          const SolveOptions& options = closest_answer);

/// A whole network.
struct NetworkAnswer {
    std::vector<Matrix<double>>
        v;               ///< [layers] [images x rows] [V] row voltages of each layer, its bias row last
    NativeAnswer answer; ///< of the last layer's stages; power of all layers
};

/// Runs the inputs [images x inputs], each in [0, 1], through the first `count` layers, and finds what drives the one behind.
/// With all layers, `answer` is the network's; with fewer, it is empty and v has one entry more.
NetworkAnswer answer_network(std::span<const LayerArrays> layers, std::size_t count, const Neuron& neuron,
                             const Matrix<double>& inputs);

} // namespace ohmloom
