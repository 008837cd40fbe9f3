#pragma once

#include "devicemodels/law_math.hpp"

namespace ohmloom {

/// A number and its derivative with respect to one variable: forward-mode differentiation. Running a cell law on
/// Dual{v, 1} gives the exact slope of its current, by which the slope that the law states is tested.
struct Dual {
    double value = 0.0;
    double derivative = 0.0;

    Dual() = default;
    explicit Dual(double value_, double derivative_ = 0.0) : value(value_), derivative(derivative_) {}
};

inline Dual operator+(const Dual& x, const Dual& y) {
    return Dual(x.value + y.value, x.derivative + y.derivative);
}
inline Dual operator-(const Dual& x, const Dual& y) {
    return Dual(x.value - y.value, x.derivative - y.derivative);
}
inline Dual operator*(const Dual& x, const Dual& y) {
    return Dual(x.value * y.value, x.derivative * y.value + x.value * y.derivative);
}
inline Dual operator/(const Dual& x, const Dual& y) {
    const double quotient = x.value / y.value;
    return Dual(quotient, (x.derivative - quotient * y.derivative) / y.value);
}
inline Dual mul_add(const Dual& x, const Dual& y, const Dual& z) {
    return x * y + z;
}
inline Dual exp(const Dual& x) {
    const double e = law_math::exp(x.value);
    return Dual(e, e * x.derivative);
}
inline Dual expm1(const Dual& x) {
    const double e = law_math::expm1(x.value);
    return Dual(e, (e + 1.0) * x.derivative);
}
inline Dual sqrt(const Dual& x) {
    const double root = law_math::sqrt(x.value);
    return Dual(root, root == 0.0 ? 0.0 : 0.5 * x.derivative / root);
}
inline Dual abs(const Dual& x) {
    return x.value < 0.0 ? Dual(-x.value, -x.derivative) : x;
}
inline Dual min(const Dual& x, const Dual& y) {
    return x.value < y.value ? x : y;
}
inline Dual max(const Dual& x, const Dual& y) {
    return x.value > y.value ? x : y;
}
inline Dual floor(const Dual& x) {
    return Dual(law_math::floor(x.value));
}
inline Dual step(const Dual& x) {
    return Dual(law_math::step(x.value));
}
inline Dual copy_sign(const Dual& magnitude, const Dual& sign) {
    const bool same = (magnitude.value < 0.0) == (sign.value < 0.0);
    return same ? magnitude : Dual(-magnitude.value, -magnitude.derivative);
}
inline Dual lookup(const double* table, const Dual& position) {
    return Dual(law_math::lookup(table, position.value));
}

} // namespace ohmloom
