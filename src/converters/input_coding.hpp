#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <vector>

namespace ohmloom {

/// Codes as time: how long each input pulse lasts [s], |code| slots, for codes [batch × rows]. A column then collects the charge
/// Q = G·V·t, which is the product with the codes.
Matrix<double> pulse_durations(const Matrix<std::int32_t>& codes, double slot);

/// Codes bit after bit, for arrays that take one bit at a time: plane b holds bit b of every code, in two's complement of so many bits.
/// @throws InputError if a code does not fit.
std::vector<Matrix<std::int32_t>> bit_planes(const Matrix<std::int32_t>& codes, int bits, bool is_signed);

/// Adds up what the columns gave for each plane: Σ 2^b·partial_b, the last plane's weight negative for signed codes. The inverse of
/// bit_planes for a linear array.
/// @throws InputError if the planes differ in shape, or there are none.
Matrix<double> shift_and_add(const std::vector<Matrix<double>>& partials, bool is_signed);

/// Inputs of either sign as two phases of magnitudes, or on two rows each: positive − negative.
struct SignPhases {
    Matrix<double> positive, negative; ///< ≥ 0
};
SignPhases split_signs(const Matrix<double>& values);

} // namespace ohmloom
