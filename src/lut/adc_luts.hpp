#pragma once

#include "converters/adc_bank.hpp"
#include "lut/lut.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// Tables of the converters under a tile's columns.
///
/// - `edges`: every column's exact staircase; column c changes its code at edge[begin[c]] to edge[begin[c + 1] − 1], and has the codes
///   code[begin[c] + c] to code[begin[c + 1] + c]. `range` has the ends of every column's range, and notes have `bits`, `is_signed`, `rounding`
///   and `sharing`: with them the table can stand for the converters (measured_design()).
/// - `codes` (kind `adc`): code over column and input, exact: the nodes are the edges of all columns. Left out if that makes more than
///   `max_points`.
/// - `output_noise`: of an input in the middle of each ideal code, mean and standard deviation of the codes [code] over columns and
///   `conversions` with noise of their own, both counted from the lowest code.
/// Errors are against conversions decision by decision at random inputs.
/// @param input_unit of the range
std::vector<Lut> adc_luts(const AdcBank& bank, const std::string& input_unit, Index max_points,
                          Index conversions, Index check_points, std::uint32_t seed);

/// The converters (kind `table`) whose edges a table of kind `edges` holds: in the same range they have, bit for bit, the staircases that it
/// was made from, one for every `sharing` columns. Costs are those of AdcDesign.
/// @throws InputError naming the table and what is missing or does not fit: another kind of table, notes, edges that fall, codes that the
/// bits do not have, ranges or shared converters that differ from column to column.
AdcDesign measured_design(const Lut& edges);

} // namespace ohmloom
