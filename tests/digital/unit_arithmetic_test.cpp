#include "digital/unit_arithmetic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace ohmloom;

namespace {

/// The number that 16 bits stand for: sign, 5 bits of exponent with bias 15, 10 bits of fraction (IEEE 754-2019, 3.4).
double half_of_bits(std::uint32_t bits) {
    const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
    const int exponent = static_cast<int>((bits >> 10U) & 31U);
    const double fraction = static_cast<double>(bits & 1023U) / 1024.0;
    return sign * (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1.0 + fraction, exponent - 15));
}

} // namespace

TEST_CASE("every half-precision number is its own rounding") {
    for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
        if (((bits >> 10U) & 31U) == 31U) continue; // infinities and NaN
        CHECK(round_to_half(half_of_bits(bits)) == half_of_bits(bits));
    }
}

TEST_CASE("numbers between two neighbours go to the nearer, ties to the even one") {
    for (std::uint32_t bits = 0; bits + 1 < 0x7c00U; ++bits) {
        const double low = half_of_bits(bits), high = half_of_bits(bits + 1), middle = 0.5 * (low + high);
        CHECK(round_to_half(0.75 * low + 0.25 * high) == low);
        CHECK(round_to_half(0.25 * low + 0.75 * high) == high);
        CHECK(round_to_half(middle) == (bits % 2 == 0 ? low : high));
        CHECK(round_to_half(-middle) == (bits % 2 == 0 ? -low : -high));
    }
}

TEST_CASE("what is beyond half precision becomes infinite") {
    // 65520 lies half way to 2^16 and goes to the even neighbour, which is not there.
    CHECK(round_to_half(65519.0) == 65504.0);
    CHECK(round_to_half(65520.0) == std::numeric_limits<double>::infinity());
    CHECK(round_to_half(-1e9) == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(round_to_half(std::numeric_limits<double>::quiet_NaN())));
}
