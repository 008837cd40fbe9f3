#include "mapping/partition.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

namespace ohmloom {

std::vector<IndexRange> split_evenly(Index count, Index parts) {
    if (parts < 1 || parts > count) {
        throw InputError(
            fmt::format("{} lines cannot be cut into {} partitions: expected 1 to {}", count, parts, count));
    }
    std::vector<IndexRange> ranges;
    ranges.reserve(static_cast<std::size_t>(parts));
    Index begin = 0;
    for (Index k = 0; k < parts; ++k) {
        const Index end = begin + count / parts + (k < count % parts ? 1 : 0);
        ranges.push_back({begin, end});
        begin = end;
    }
    return ranges;
}

LayerPartition fit_partition(Index rows, Index outputs, Index max_rows, Index max_cols) {
    if (max_rows < 1 || max_cols < 1) {
        throw InputError(fmt::format("the largest tile is {} x {}: it needs at least one row and one column",
                                     max_rows, max_cols));
    }
    return {(rows + max_rows - 1) / max_rows, (outputs + max_cols - 1) / max_cols};
}

} // namespace ohmloom
