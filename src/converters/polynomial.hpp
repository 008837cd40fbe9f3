#pragma once

#include <span>
#include <utility>
#include <vector>

namespace ohmloom {

/// Value at x of the polynomial with these coefficients, from the constant on (Horner).
double evaluate(std::span<const double> powers, double x);

std::vector<double> derivative(std::span<const double> powers);

/// Where a polynomial that rises from `low` to `high` is `value`, to the last digits; the nearer end if it is outside.
double rising_root(std::span<const double> powers, double value, double low, double high);

/// Smallest value on [low, high], and where: among the ends and the roots of the derivative, which are found between its own extrema.
std::pair<double, double> least_value(std::span<const double> powers, double low, double high);

} // namespace ohmloom
