#pragma once

#include "digital/post_processing.hpp"

namespace ohmloom {

/// What one step of the fixed-point unit does to its numbers, in output steps after cut_after.
struct StepError {
    double largest = 0.0; ///< magnitude
    double mean = 0.0;    ///< of magnitudes
    double bias = 0.0;    ///< mean with its sign
};

/// Where a fixed-point unit loses what: each step against what it was given, and the unit against real arithmetic.
struct PostProcessingError {
    StepError registers;  ///< scale and offset written as registers
    StepError cut_before; ///< bits of the product that fall off
    StepError rounding;
    StepError cut_after;
    StepError limit; ///< saturation or wrapping
    StepError total;
    double limited = 0.0; ///< share of the numbers that the output format has no room for
};

/// Errors over codes [batch x columns], one correction per column. Outputs below 0 count as 0 in a unit with ReLU.
/// @throws InputError as PostProcessor.
PostProcessingError post_processing_error(const PostProcessingDesign& design,
                                          std::span<const ColumnCorrection> columns,
                                          const Matrix<std::int32_t>& codes);

} // namespace ohmloom
