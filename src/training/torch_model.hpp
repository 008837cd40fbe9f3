#pragma once

#include "training/torch_line_map.hpp"
#include "training/torch_mixed_circuit.hpp"
#include "training/training.hpp"

#include <torch/torch.h>

#include <optional>
#include <vector>

namespace ohmloom::detail {

/// Rounds latent weights to the values their kind allows; gradients pass straight through.
torch::Tensor quantise(const torch::Tensor& latent, WeightKind kind);

/// The exact map of a layer relative to its line map: M = attenuation o S + difference.
struct MapCorrection {
    torch::Tensor attenuation, difference; ///< [rows x outputs]
};

/// One layer while it is trained.
struct TrainedLayer {
    torch::Tensor latent;         ///< [rows x outputs]; the last row is the bias
    torch::Tensor log_slope;      ///< of the software sigmoid
    torch::Tensor log_gain;       ///< of the difference stages
    torch::Tensor gamma, beta;    ///< [outputs] of the batch normalisation; not defined without
    torch::Tensor mean, variance; ///< [outputs] running ones
    std::optional<TorchLineMap> line_map;
    MapCorrection correction;
};

/// Whether sums are normalised by the batch's own mean and variance, which the running ones follow, or by these.
enum class Pass { training, evaluation };

/// A multi-layer perceptron under training, as plain arithmetic or through a circuit.
class TorchModel {
public:
    /// Keeps a reference to the options.
    /// `calibration_inputs` [images x inputs] set converters; empty if there are none.
    explicit TorchModel(const TrainingOptions& options, Matrix<double> calibration_inputs = {});

    /// Latent weights; and slopes, gains, output scale and normalisation.
    [[nodiscard]] std::vector<torch::Tensor> weights() const;
    [[nodiscard]] std::vector<torch::Tensor> scalars() const;

    /// Prepares forward(): the layers' maps of the present weights, as part of the graph unless gradients are off.
    void build_maps();

    /// Scores [batch x classes]; the class is the largest.
    [[nodiscard]] torch::Tensor forward(const torch::Tensor& inputs, Pass pass) const;

    /// Keeps latent weights where their rounding still follows them.
    void clip_weights();

    /// Brings every layer's correction up to date with the exact circuit.
    void refresh();

    [[nodiscard]] Network network() const;

private:
    [[nodiscard]] torch::Tensor layer_sums(std::size_t layer, const torch::Tensor& x, Pass pass) const;
    [[nodiscard]] torch::Tensor activate(const torch::Tensor& y) const;
    [[nodiscard]] torch::Tensor line_map(const TrainedLayer& layer) const;
    [[nodiscard]] torch::Tensor layer_map(const TrainedLayer& layer) const;
    [[nodiscard]] MapCorrection correct(const TrainedLayer& layer, const Matrix<double>& exact) const;
    [[nodiscard]] DenseLayer dense_layer(const TrainedLayer& layer) const;

    const TrainingOptions& options_;
    std::vector<TrainedLayer> layers_;
    std::optional<TorchMixedCircuit> mixed_;
    std::vector<torch::Tensor> maps_; // of each layer, from build_maps()
    torch::Tensor log_scale_;         // of the scores that the loss sees
};

} // namespace ohmloom::detail
