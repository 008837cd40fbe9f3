#pragma once

#include "inference/inference.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// A tile and an image: what is solved once more. All numbers count from 0, tiles within their layer.
struct CheckedPair {
    Index layer = 0;
    Index tile = 0;
    Index image = 0;
    friend bool operator==(const CheckedPair&, const CheckedPair&) = default;
};

struct CrossCheckOptions {
    Index pairs = 0;                 ///< how many; 0: no check
    Engine engine = Engine::ngspice; ///< or mna, which is our own, if there is no ngspice
    double time_limit = 600.0;       ///< [s] for one pair in ngspice
    std::uint64_t seed = 1;
};

/// How far tiles of a network are from what a circuit simulator makes of them.
struct CrossCheck {
    Engine engine = Engine::ngspice; ///< that solved the circuits
    Index pairs = 0;
    Index unsolved = 0; ///< pairs without an answer of that engine
    double deviation =
        0.0; ///< largest difference of a stage output from its, over the largest of the tile's outputs
    CheckedPair worst;       ///< where
    std::string problem;     ///< why the first unsolved pair was not; "" if none
    double tolerance = 1e-6; ///< that the deviation may have
    [[nodiscard]] bool passed() const;
};

/// Tiles of layers that have so many, and images, drawn at random, each as likely as any other: the same for the same seed.
std::vector<CheckedPair> draw_pairs(std::span<const Index> tiles, Index images, Index count,
                                    std::uint64_t seed);

/// The same for layers of arrays.
std::vector<CheckedPair> draw_pairs(std::span<const LayerArrays> layers, Index images, Index count,
                                    std::uint64_t seed);

/// Row voltages [images x rows] [V] of every layer for inputs [images x inputs].
using RowVoltagesOf = std::function<std::vector<Matrix<double>>(const Matrix<double>& inputs)>;

/// What checking one pair came to.
struct PairOutcome {
    double deviation = 0.0;
    std::string problem; ///< why there is none; "" if there is
};

/// Draws pairs, and checks each: `check_pair` is given the pair and the row voltages [V] of its layer, all its tiles'.
/// @throws InputError if the engine is neither ngspice nor mna.
CrossCheck check_drawn(std::span<const Index> tiles, const RowVoltagesOf& voltages_of,
                       const Matrix<double>& inputs, const CrossCheckOptions& check,
                       const std::function<PairOutcome(Index k, const CheckedPair& pair,
                                                       std::span<const double> v_row)>& check_pair);

/// Solves tiles of a network once more as circuits, wire by wire, with their amplifiers, in an engine that knows nothing of
/// arrays. `inputs` [images x inputs] are those that images are drawn from; drift compensation multiplies the outputs of both sides.
/// @throws InputError if the engine is neither ngspice nor mna; BackendError if ngspice is asked for and not installed.
CrossCheck cross_check(std::span<const LayerArrays> layers, const RowVoltagesOf& voltages_of,
                       const Matrix<double>& inputs, const SolveOptions& options,
                       const CrossCheckOptions& check);

/// The same for a network whose neurons drive the next layer, with the row voltages of infer().
CrossCheck cross_check(std::span<const LayerArrays> layers, const Neuron& neuron,
                       const Matrix<double>& inputs, const SolveOptions& options,
                       const CrossCheckOptions& check);

} // namespace ohmloom
