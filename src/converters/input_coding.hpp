#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <vector>

namespace ohmloom {

/// Codes bit after bit, for arrays that take one bit at a time: plane b holds bit b of every code, in two's complement of so many bits.
/// The code is Σ 2^b·plane_b, the last plane's weight negative for signed codes.
/// @throws InputError if a code does not fit.
std::vector<Matrix<std::int32_t>> bit_planes(const Matrix<std::int32_t>& codes, int bits, bool is_signed);

/// Inputs of either sign as magnitudes, for two phases or for two rows each: positive − negative.
struct SignPhases {
    Matrix<double> positive, negative; ///< ≥ 0
};
SignPhases split_signs(const Matrix<double>& values);

} // namespace ohmloom
