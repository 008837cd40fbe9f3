#pragma once

#include "inference/mixed_signal.hpp"
#include "training/training.hpp"

#include <torch/torch.h>

#include <vector>

namespace ohmloom::detail {

/// The matrix as a tensor on the same memory.
torch::Tensor tensor_of(const Matrix<double>& matrix);

/// Arrays between converters as training sees them: the forward pass is that of the run, but for the arrays' map between two refreshes and
/// for accumulators, which have room here; the
/// backward pass takes a converter for its smooth curve, cut off at the ends of its range, and rounding for none (straight through).
class TorchMixedCircuit {
public:
    /// `calibration_inputs` [images x inputs] set ranges and corrections at every refresh. Keeps a reference to the circuit.
    TorchMixedCircuit(const MixedTrainingCircuit& circuit, Matrix<double> calibration_inputs);

    /// Builds the arrays of the present weights and sets their converters.
    void refresh(const Network& network);

    /// Sums [batch x outputs], normalised as the network of the last refresh says, of the numbers [batch x inputs] by weights [inputs + 1 x outputs]; differentiable in both.
    [[nodiscard]] torch::Tensor forward(std::size_t layer, const torch::Tensor& weights,
                                        const torch::Tensor& numbers) const;

private:
    /// A tile's stage outputs per number relative to its weights: u = numbers·(attenuation o weights + difference) + offset.
    struct TileMap {
        torch::Tensor attenuation; ///< [1 x outputs]
        torch::Tensor difference;  ///< [rows x outputs]
        torch::Tensor offset;      ///< [1 x outputs] [V] of the stages
    };
    [[nodiscard]] torch::Tensor tile_sums(std::size_t layer, std::size_t tile, const torch::Tensor& weights,
                                          const torch::Tensor& rows) const;
    [[nodiscard]] TileMap relate(const MixedLayer& layer, const MixedTile& tile) const;

    const MixedTrainingCircuit& circuit_;
    Matrix<double> calibration_inputs_;
    MixedNetwork mixed_;
    std::vector<std::vector<TileMap>> maps_;
};

} // namespace ohmloom::detail
