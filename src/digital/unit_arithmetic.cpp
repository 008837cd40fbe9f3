#include "digital/unit_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

double round_to_half(double value) {
    if (value == 0.0 || !std::isfinite(value)) return value;
    constexpr int significant_bits = 11, least_exponent = -14;
    constexpr double largest = 65504.0;
    const int last_place = std::max(std::ilogb(value), least_exponent) - (significant_bits - 1);
    const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -last_place)), last_place);
    return std::abs(rounded) > largest ? std::copysign(std::numeric_limits<double>::infinity(), value)
                                       : rounded;
}

double round_to(double value, UnitArithmetic arithmetic) {
    switch (arithmetic) {
    case UnitArithmetic::fp16:
        return round_to_half(value);
    case UnitArithmetic::fp32:
        return static_cast<double>(static_cast<float>(value));
    case UnitArithmetic::exact:
    case UnitArithmetic::fixed:
        break;
    }
    return value;
}

std::string_view name_of(UnitArithmetic arithmetic) {
    switch (arithmetic) {
    case UnitArithmetic::fp16:
        return "fp16";
    case UnitArithmetic::fp32:
        return "fp32";
    case UnitArithmetic::exact:
        return "exact";
    case UnitArithmetic::fixed:
        break;
    }
    return "fixed";
}

} // namespace ohmloom
