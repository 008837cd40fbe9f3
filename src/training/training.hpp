#pragma once

#include "base/progress.hpp"
#include "inference/tile_design.hpp"
#include "mapping/plan.hpp"
#include "network/dataset.hpp"
#include "network/network.hpp"
#include "training/augmentation.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace ohmloom {

/// The circuit that a network is trained through: every layer's arrays with their wires and difference stages, and the
/// inverting sigmoid neurons between the layers, v_out = supply / (1 + exp(neuron_slope·u)), where u is the mean over
/// the layer's horizontal partitions.
struct TrainingCircuit {
    std::vector<LayerPartition> partitions; ///< one per layer
    ConductanceWindow window{1.0 / 15e3, 1.0 / 5e3};
    ArrayCircuit arrays;       ///< of every layer; the stage's gain is replaced by the layer's own
    std::vector<double> gains; ///< of each layer's stages at the start
    bool train_gains =
        true;            ///< gains of the hidden layers are trained with the weights; the last one is kept
    double supply = 0.8; ///< [V] a row at 1
    double neuron_slope = 15.0; ///< [1/V]
};

/// Arrays between converters that a network is trained through, as `ohmloom run` builds them; activations are the network's own.
struct MixedTrainingCircuit {
    std::vector<LayerPartition> partitions; ///< one per layer
    TileDesign tiles;                       ///< resistive ones with one gain per layer; cells must be linear
    MixedReadout readout;
    Index calibration_images = 256; ///< held-back training images that set ranges and corrections
};

/// How to train. Defaults are those of the networks that ship with the project.
struct TrainingOptions {
    std::vector<Index> layers{400, 120, 84, 10}; ///< inputs, hidden units, classes
    WeightKind weight_kind = WeightKind::binary;
    InputCoding input;
    Activation activation = Activation::sigmoid; ///< of all hidden layers
    /// Normalises the sums of all hidden layers. Around converters it is the initial network's, as it is.
    bool batch_norm = false;
    std::optional<TrainingCircuit> circuit;    ///< none: plain arithmetic, or
    std::optional<MixedTrainingCircuit> mixed; ///< between converters

    int epochs = 60;
    Index batch = 100;
    double learning_rate = 2e-3; ///< at the start; falls to 0 by a half cosine
    double weight_decay = 0.0;   ///< of latent weights, per unit of learning rate
    double initial_weight = 0.1; ///< standard deviation of binary weights' latent ones at the start
    Augmentation augmentation;
    double plain_share = 0.1; ///< share of the epochs, at the end, that see undeformed images
    double smoothing = 0.0;   ///< label smoothing, 0 to below 1
    int refresh_steps = 20;   ///< steps between refreshes of the exact circuit map
    Index validation_images =
        5000; ///< held back from the training images; they choose the epoch that is kept
    std::uint64_t seed = 1;
    std::optional<Network> initial; ///< start from these weights instead of random ones
};

/// Checks that options are in range and fit the images. @throws InputError naming the option and its value.
void validate(const TrainingOptions& options, const DataSet& images);

/// A trained network and how it fared while it was trained.
struct TrainingResult {
    Network network;                         ///< accuracy_software and training are left to the caller
    std::vector<double> validation_accuracy; ///< of each epoch, through the exact circuit where there is one
    int best_epoch = 0;                      ///< the epoch that was kept, counted from 0
};

/// Told the validation accuracy after every epoch, which is counted from 0.
using EpochObserver = std::function<void(int epoch, double validation_accuracy)>;

/// Trains a multi-layer perceptron on labelled images.
///
/// Binary and ternary weights have real latent weights behind them and pass gradients straight through their rounding.
/// Through a circuit, a layer is the linear map M = A o S(w) + D: S treats every output line as an exact ladder of its
/// cells and wire segments with ideal inputs (line_map.hpp); A, one factor per partition and output, and D, the
/// remaining difference, come from the exact solution of all tiles with the current weights, every `refresh_steps`
/// steps and before every validation. So what is chosen on the validation images is chosen on the exact circuit.
///
/// The same options and images give the same network on one kind of machine: batches, deformations and first weights
/// are keyed by the seed, and the arithmetic is single-threaded except for the tiles, which do not depend on it.
///
/// The slopes of a network trained through a circuit, which only plain arithmetic uses, are fitted afterwards: the sigmoid
/// arguments of the circuit against the weighted sums, by least squares over the validation images.
/// @throws InputError if options or images are out of range or do not fit each other.
TrainingResult train_network(const DataSet& images, const TrainingOptions& options,
                             const Progress& progress = {}, const EpochObserver& observer = {});

} // namespace ohmloom
