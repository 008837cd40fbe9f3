#pragma once

#include <array>

namespace ohmloom::ladder_kernel {

/// A point z of the contour, and the weights with which 1/alpha(z/t) enters D, t·D' and t²·D'': what counts is the imaginary part.
struct InversionPoint {
    double re, im;
    double fall_re, fall_im;
    double slope_re, slope_im;
    double curvature_re, curvature_im;
};

inline constexpr std::size_t inversion_points = 10; ///< of the upper half; the others are their mirror images

/// The cotangent contour z(θ) = N·(0.5017·θ·cot(0.6407·θ) − 0.6122 + 0.2645·i·θ), θ = (2k + 1)·π/N, N = 20.
const std::array<InversionPoint, inversion_points>& inversion_rule();

} // namespace ohmloom::ladder_kernel
