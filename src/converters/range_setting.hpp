#pragma once

#include "base/matrix.hpp"
#include "converters/code_grid.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// Which converters have one range in common.
enum class RangeScope {
    fixed,  ///< the design's range, for the whole chip, whatever the signals are
    chip,   ///< one for all layers, from data
    layer,  ///< one for each layer
    column, ///< one for each column
};

struct RangeSetting {
    RangeScope scope = RangeScope::fixed;
    double percentile = 100.0; ///< of the data that must fit, above 50; what lies beyond is clipped
    double margin = 1.0;       ///< factor on what the percentile gives
};

/// @throws InputError if the percentile is not above 50 and at most 100, or the margin not positive.
void validate(const RangeSetting& setting);

/// Range for data: ±margin·q for signed codes, where q is the percentile of the magnitudes; for unsigned ones the percentiles p and 100 − p,
/// moved apart by the margin about their middle. Percentiles are interpolated between sorted values. Data that are all alike give a
/// range of 1 (signed: ±1 if all are 0).
/// @throws InputError if there is no data or some of it is not finite.
InputRange range_for(std::span<const double> values, bool is_signed, const RangeSetting& setting);

/// The same for every column of `x` [samples × columns].
std::vector<InputRange> column_ranges(const Matrix<double>& x, bool is_signed, const RangeSetting& setting);

} // namespace ohmloom
