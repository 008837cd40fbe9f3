#pragma once

#include "report/result_data.hpp"

#include <vector>

namespace ohmloom {

/// How far a tile's outputs are from ideal ones, over all images.
struct OutputError {
    std::vector<double> edges;     ///< [bins + 1] [V] of the histogram of all outputs' errors, equal bins
    std::vector<Index> counts;     ///< [bins]
    std::vector<double> mean;      ///< [outputs] [V] of a column's errors
    std::vector<double> rms;       ///< [outputs] [V]
    std::vector<double> low, high; ///< [outputs] [V] between which 95 % of a column's errors lie
};

/// Error = output less ideal output. Bins lie between the least and the greatest error; where these are equal there is one.
OutputError output_error(const ResultMap& map, Index bins = 40);

} // namespace ohmloom
