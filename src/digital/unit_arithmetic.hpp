#pragma once

#include <string_view>

namespace ohmloom {

/// In what arithmetic a unit works.
enum class UnitArithmetic {
    exact, ///< real numbers (double precision), neither rounded to output steps nor limited: what the others are measured against
    fp32,  ///< IEEE 754 single precision: every product and sum rounded; outputs are floating-point numbers
    fp16,  ///< IEEE 754 half precision, likewise
    fixed, ///< fixed point
};

/// "fp16", as study files name it.
std::string_view name_of(UnitArithmetic arithmetic);

/// The number of IEEE 754 binary16 (11 significant bits, 2^−14 to 65504 and subnormal numbers below) nearest to `value`, ties to even;
/// infinite beyond 65520.
///
/// Sums and products of two such numbers, worked out in double precision and rounded by this, are those of a half-precision unit:
/// they are exact in double, so nothing is rounded twice.
double round_to_half(double value);

/// The number nearest to `value` that the arithmetic can hold; the fixed-point unit's own rounding is post_process().
double round_to(double value, UnitArithmetic arithmetic);

} // namespace ohmloom
