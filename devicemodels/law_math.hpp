#pragma once

#include <cmath>

/// Elementary functions by which cell laws are written, for plain numbers.
///
/// A law is a function template over a type Real: double, a dual number, or lanes of a SIMD register. Real must be
/// constructible from double, have + - * / among its own kind, and these functions as overloads in its own
/// namespace; laws name those here by using-declarations and leave the choice to the type.
namespace ohmloom::law_math {

inline double exp(double x) {
    return std::exp(x);
}
inline double expm1(double x) {
    return std::expm1(x);
}
inline double sqrt(double x) {
    return std::sqrt(x);
}
inline double abs(double x) {
    return std::abs(x);
}
inline double min(double x, double y) {
    return x < y ? x : y;
}
inline double max(double x, double y) {
    return x > y ? x : y;
}
inline double floor(double x) {
    return std::floor(x);
}
/// x·y + z
inline double mul_add(double x, double y, double z) {
    return x * y + z;
}
/// 1 where x >= 0, else 0.
inline double step(double x) {
    return x >= 0.0 ? 1.0 : 0.0;
}
/// Whether |x| <= limit, in every lane.
inline bool all_within(double x, double limit) {
    return std::abs(x) <= limit;
}
/// |magnitude| with the sign of `sign`.
inline double copy_sign(double magnitude, double sign) {
    return std::copysign(magnitude, sign);
}
/// table[position], with a position that is a whole number.
inline double lookup(const double* table, double position) {
    return table[static_cast<long>(position)];
}

} // namespace ohmloom::law_math
