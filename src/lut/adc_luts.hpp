#pragma once

#include "converters/adc_bank.hpp"
#include "lut/lut.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// Tables of the converters under a tile's columns.
///
/// - `edges`: every column's exact staircase; column c changes its code at edge[begin[c]] to edge[begin[c + 1] − 1], and has the codes
///   code[begin[c] + c] to code[begin[c + 1] + c].
/// - `codes` (kind `adc`): code over column and input, exact: the nodes are the edges of all columns. Left out if that makes more than
///   `max_points`.
/// - `output_noise`: of an input in the middle of each ideal code, mean and standard deviation of the codes [code] over columns and
///   `conversions` with noise of their own, both counted from the lowest code.
/// Errors are against conversions decision by decision at random inputs.
/// @param input_unit of the range
std::vector<Lut> adc_luts(const AdcBank& bank, const std::string& input_unit, Index max_points,
                          Index conversions, Index check_points, std::uint32_t seed);

} // namespace ohmloom
