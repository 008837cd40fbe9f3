#pragma once

#include "mapping/partition.hpp"

#include <torch/torch.h>

#include <vector>

namespace ohmloom::detail {

/// Constants of line_map() for one layer, as tensors. Conductances and resistances may be in any units whose product is 1,
/// so that training can stay near 1 in single precision.
class TorchLineMap {
public:
    TorchLineMap(Index rows, Index horizontal, double r_col, double r_input, torch::Dtype dtype);

    /// plus, minus: [rows x outputs]; gain: scalar. Returns u per row voltage, [rows x outputs]; differentiable.
    [[nodiscard]] torch::Tensor operator()(const torch::Tensor& plus, const torch::Tensor& minus,
                                           const torch::Tensor& gain) const;

    [[nodiscard]] const std::vector<IndexRange>& partitions() const { return partitions_; }
    /// [horizontal x rows], 1 where the row belongs to the partition.
    [[nodiscard]] const torch::Tensor& membership() const { return membership_; }

private:
    std::vector<IndexRange> partitions_;
    torch::Tensor membership_;
    double r_col_;
    double r_input_;
};

} // namespace ohmloom::detail
