#pragma once

#include "inference/inference.hpp"
#include "inference/mixed_layer.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// A network on arrays with converters around every tile.
struct MixedNetwork {
    Network network;
    MixedReadout readout;
    std::vector<MixedLayer> layers;
};

/// What came out of it for a set of inputs.
struct MixedInference {
    std::vector<std::uint8_t> classes; ///< [images]
    Matrix<double> outputs;            ///< [images x classes] weighted sums of the last layer
    std::vector<MixedSignals> layers;  ///< of every layer, but without `z`
    /// [layers] RMS of what the weighted sums miss of W·x + b, for the inputs x that reach the layer, over the RMS of W·x + b, both over all images
    /// and outputs. Not a number where W·x + b is 0 throughout.
    std::vector<double> product_error;
    PowerBreakdown power;  ///< of all layers, each for its own part of the time
    double charging = 0.0; ///< [J] of an image, all layers together, mean
    double residual = 0.0;
    bool converged = true;
    Engine engine = Engine::automatic;
};

/// Puts converters around a network's tiles and sets them: ranges first, from what the stages put out for the calibration images
/// [images x inputs] if nothing were rounded; then each converter's calibration and each column's scale and offset, layer by layer, with the
/// converters before it at work. The tiles must be made with the read-out's `signs`. What reaches layers behind a ReLU for the
/// calibration images sets what their rows stand for at full voltage. The fixed unit's scales have no sign: see with_positive_scales().
/// Random numbers of converters are keyed by tile as those of devices. `v_full` [V] is that of a row at 1.
/// @throws InputError if something of the read-out is out of range or not for such tiles, or digital arithmetic has no codes to work on.
MixedNetwork build_mixed(const Network& network, std::vector<TiledLayer> tiles, double v_full,
                         const MixedReadout& readout, const Matrix<double>& calibration_inputs,
                         const SolveOptions& options = {});

/// The same around the resistive arrays of a plan, see resistive_tiles(). Without `power` the network is built sooner, and infer_mixed() cannot
/// be asked for its power.
MixedNetwork build_mixed(const Network& network, const Plan& plan, const NetworkCircuit& circuit,
                         const MixedReadout& readout, const Matrix<double>& calibration_inputs,
                         const SolveOptions& options = {}, bool power = true);

/// Row voltages [images x rows] [V] of every layer for inputs [images x inputs] as ideal drivers would give them: what its converters hand
/// on, times full voltage; of two phases the first.
std::vector<Matrix<double>> row_voltages(const MixedNetwork& mixed, const Matrix<double>& inputs,
                                         const SolveOptions& options = {});

/// Runs inputs [images x inputs], each in [0, 1], through the network. Without `power` neither power nor product errors are worked out.
MixedInference infer_mixed(const MixedNetwork& mixed, const Matrix<double>& inputs,
                           const SolveOptions& options = {}, bool power = true);

} // namespace ohmloom
