#pragma once

#include "digital/post_processing.hpp"

#include <array>
#include <span>
#include <string_view>

namespace ohmloom {

/// What one step of the fixed-point unit does to its numbers, in output steps after cut_after.
struct StepError {
    double largest = 0.0; ///< magnitude
    double mean = 0.0;    ///< of magnitudes
    double rms = 0.0;     ///< root of the mean square
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
    StepError fp16, fp32;     ///< floating-point twins of the whole unit against real arithmetic
    double limited = 0.0;     ///< share of the numbers that the output format has no room for
    std::int64_t numbers = 0; ///< that these are errors of
};

/// A step's name and where its error stands.
struct UnitStep {
    std::string_view name;
    StepError PostProcessingError::*error;
};

/// The steps in the order in which the unit takes them, then the unit as a whole and its twins.
inline constexpr std::array<UnitStep, 8> unit_steps{{{"registers", &PostProcessingError::registers},
                                                     {"cut_before", &PostProcessingError::cut_before},
                                                     {"rounding", &PostProcessingError::rounding},
                                                     {"cut_after", &PostProcessingError::cut_after},
                                                     {"limit", &PostProcessingError::limit},
                                                     {"total", &PostProcessingError::total},
                                                     {"fp16", &PostProcessingError::fp16},
                                                     {"fp32", &PostProcessingError::fp32}}};

/// Errors over codes [batch x columns], one correction per column. Outputs below 0 count as 0 in a unit with ReLU.
/// @throws InputError as PostProcessor.
PostProcessingError post_processing_error(const PostProcessingDesign& design,
                                          std::span<const ColumnCorrection> columns,
                                          const Matrix<std::int32_t>& codes);

/// Errors of all numbers of several units together, as of a layer's tiles.
PostProcessingError join_unit_errors(std::span<const PostProcessingError> parts);

} // namespace ohmloom
