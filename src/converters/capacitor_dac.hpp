#pragma once

#include "converters/adc_design.hpp"

#include <functional>
#include <vector>

namespace ohmloom {

/// Standard normal number `draw` of a part of one converter.
using PartDraws = std::function<double(std::uint32_t draw)>;

/// Weights of a capacitor DAC's bits in LSB, most significant first: 2^(bits−1) … 1 without errors, exactly.
///
/// Binary: weight = 2^bits·C / (sum of all, the last unit included). Split, with the upper array's sum A, the lower array's sum B with its
/// last unit and its parasitic, and the bridge D between them: the lower array is seen through D·B/(D + B), which without errors is one
/// unit; upper bits weigh C, lower ones C·D/(D + B), of A + D·B/(D + B).
/// @throws InputError if a capacitor that was drawn is not positive.
std::vector<double> capacitor_weights(const CapacitorDac& dac, int bits, const PartDraws& draws);

/// Level of a code's bits in LSB: the sum from the most significant bit on.
double level_of(const std::vector<double>& weights, std::uint32_t bits);

} // namespace ohmloom
