#include "digital/partial_sum.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ohmloom;

TEST_CASE("sums grow by one bit for every doubling of their terms") {
    // n numbers from -2^(b-1): the sum -n·2^(b-1) needs b + ceil(log2 n) bits.
    for (Index terms = 1; terms <= 40; ++terms) {
        const int bits = grown_bits(8, terms);
        CHECK(FixedFormat{bits, 0, true}.raw_min() <= -128 * terms);
        CHECK(FixedFormat{bits - 1, 0, true}.raw_min() > -128 * terms);
    }
    CHECK_THROWS_AS(grown_bits(8, 0), InputError);
}

TEST_CASE("a wide accumulator adds exactly, a narrow one saturates or wraps and counts it") {
    const std::vector<Matrix<double>> terms{Matrix<double>(1, 2, {100.0, -100.0}),
                                            Matrix<double>(1, 2, {100.0, -20.0}),
                                            Matrix<double>(1, 2, {-100.0, -9.0})};
    const PartialSums wide =
        add_partitions(terms, UnitArithmetic::fixed, grown_bits(8, 3), Overflow::saturate);
    CHECK(wide.values(0, 0) == 100.0);
    CHECK(wide.values(0, 1) == -129.0);
    CHECK(wide.overflows == 0);
    // 100 + 100 -> 127, - 100 -> 27; -100 - 20 - 9 -> -128.
    const PartialSums saturated = add_partitions(terms, UnitArithmetic::fixed, 8, Overflow::saturate);
    CHECK(saturated.values(0, 0) == 27.0);
    CHECK(saturated.values(0, 1) == -128.0);
    CHECK(saturated.overflows == 2);
    // 200 -> -56, - 100 = -156 -> 100; -129 -> 127.
    const PartialSums wrapped = add_partitions(terms, UnitArithmetic::fixed, 8, Overflow::wrap);
    CHECK(wrapped.values(0, 0) == 100.0);
    CHECK(wrapped.values(0, 1) == 127.0);
    CHECK(wrapped.overflows == 3);
}

TEST_CASE("floating-point accumulators lose what their significand does not hold") {
    // binary16 has 11 significant bits: above 2048 it counts by twos, and 2048 + 1 ties to the even 2048. binary32 holds 24.
    const std::vector<Matrix<double>> terms{Matrix<double>(1, 2, {2048.0, 16777216.0}),
                                            Matrix<double>(1, 2, {1.0, 1.0})};
    const PartialSums half = add_partitions(terms, UnitArithmetic::fp16, 8, Overflow::saturate);
    const PartialSums single = add_partitions(terms, UnitArithmetic::fp32, 8, Overflow::saturate);
    const PartialSums exact = add_partitions(terms, UnitArithmetic::exact, 8, Overflow::saturate);
    CHECK(half.values(0, 0) == 2048.0);
    CHECK(single.values(0, 0) == 2049.0);
    CHECK(single.values(0, 1) == 16777216.0);
    CHECK(exact.values(0, 1) == 16777217.0);
}
