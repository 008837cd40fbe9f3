#pragma once

#include "base/matrix.hpp"

#include <vector>

namespace ohmloom {

/// Half-open range of rows or outputs.
struct IndexRange {
    Index begin = 0;
    Index end = 0;
    [[nodiscard]] Index size() const { return end - begin; }
    friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

/// Cuts [0, count) into `parts` ranges as equal as integers allow; the first `count mod parts` are one
/// longer.
/// @throws InputError unless 1 <= parts <= count.
std::vector<IndexRange> split_evenly(Index count, Index parts);

/// How one layer is cut: `horizontal` groups of inputs (bias row included) times `vertical` groups of
/// outputs.
struct LayerPartition {
    Index horizontal = 1;
    Index vertical = 1;
    friend bool operator==(const LayerPartition&, const LayerPartition&) = default;
};

/// The fewest partitions of a layer whose tiles have at most `max_rows` rows and `max_cols` outputs.
/// @throws InputError unless both limits are positive.
LayerPartition fit_partition(Index rows, Index outputs, Index max_rows, Index max_cols);

} // namespace ohmloom
