#include "digital/post_processing.hpp"

#include "base/errors.hpp"
#include "digital/post_processing_error.hpp"
#include "digital/unit_arithmetic.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace ohmloom;
using ohmloom::testing::approx;

namespace {

__extension__ using BigInteger = __int128;

BigInteger floor_quotient(BigInteger a, BigInteger b) {
    const BigInteger quotient = a / b;
    return quotient * b > a ? quotient - 1 : quotient;
}

/// The unit by division of integers over the common denominator 2^7 of published scales and offsets: no shifts.
BigInteger by_division(const PostProcessingDesign& design, std::int64_t scale, std::int64_t offset,
                       std::int64_t code) {
    constexpr BigInteger one = 128;
    const BigInteger lost = BigInteger{1} << design.cut_before;
    const BigInteger sum =
        floor_quotient(BigInteger{code} * scale, lost) * lost + BigInteger{offset} * (one / 2);
    BigInteger rounded = floor_quotient(sum, one);
    const BigInteger rest = sum - rounded * one;
    const bool to_even = rest * 2 == one && design.rounding == DroppedBits::half_even;
    if (design.rounding != DroppedBits::truncate && (to_even ? rounded % 2 != 0 : rest * 2 >= one)) ++rounded;
    BigInteger output = floor_quotient(rounded, BigInteger{1} << design.cut_after);
    if (design.relu && output < 0) output = 0;
    const BigInteger low = design.output.raw_min(), high = design.output.raw_max();
    if (design.overflow == Overflow::saturate) return output < low ? low : output > high ? high : output;
    return output - floor_quotient(output - low, high - low + 1) * (high - low + 1);
}

/// Codes, scales and offsets, 8 bits each, through both; a grid line of mismatches would be millions of messages.
std::int64_t mismatches_on_grid(const PostProcessingDesign& design) {
    std::int64_t wrong = 0;
    for (std::int64_t code = -128; code < 128; ++code) {
        for (std::int64_t scale = 0; scale < 256; ++scale) {
            for (std::int64_t offset = -128; offset < 128; ++offset) {
                const std::int64_t found = post_process(design, {scale, offset}, code);
                if (BigInteger{found} != by_division(design, scale, offset, code)) ++wrong;
            }
        }
    }
    return wrong;
}

Matrix<std::int32_t> all_codes(Index columns) {
    Matrix<std::int32_t> codes(256, columns);
    for (Index k = 0; k < 256; ++k) {
        for (Index c = 0; c < columns; ++c) codes(k, c) = static_cast<std::int32_t>(k) - 128;
    }
    return codes;
}

} // namespace

TEST_CASE("the published unit agrees with big integers over every code, scale and offset") {
    CHECK(mismatches_on_grid({}) == 0);
}

TEST_CASE("every rounding, cut and overflow of the unit agrees with big integers over every code, scale and "
          "offset") {
    PostProcessingDesign design;
    design.rounding = DroppedBits::half_even;
    design.overflow = Overflow::wrap;
    CHECK(mismatches_on_grid(design) == 0);
    design.rounding = DroppedBits::truncate;
    design.cut_before = 3;
    design.cut_after = 1;
    CHECK(mismatches_on_grid(design) == 0);
    design.rounding = DroppedBits::half_up;
    design.overflow = Overflow::saturate;
    design.relu = true;
    design.output = {6, 0, false};
    CHECK(mismatches_on_grid(design) == 0);
    design.rounding = DroppedBits::half_even;
    design.cut_before = 7; // the product without fraction: the offset's half steps alone are rounded
    CHECK(mismatches_on_grid(design) == 0);
}

TEST_CASE("registers are within half a step of what is asked, or at the end of their range") {
    const PostProcessingDesign design;
    const ColumnRegisters registers = registers_of(design, {0.7071, -12.3});
    CHECK(std::abs(design.scale.value(registers.scale) - 0.7071) <= 1.0 / 256.0);
    CHECK(std::abs(design.offset.value(registers.offset) + 12.3) <= 0.25);
    CHECK(registers_of(design, {-0.5, 100.0}) == ColumnRegisters{0, 127});
    CHECK(registers_of(design, {2.0, -100.0}) == ColumnRegisters{255, -128});
}

TEST_CASE("folding batch normalisation is the same as normalising afterwards") {
    const BatchNorm norm{1.3, -0.4, 2.5, 7.0, 1e-3};
    const ColumnCorrection plain{0.8, 3.0}, folded = fold(plain, norm);
    for (const double code : {-100.0, -1.0, 0.0, 5.0, 127.0}) {
        const double x = plain.scale * code + plain.offset;
        const double y = 1.3 * (x - 2.5) / std::sqrt(7.001) - 0.4;
        CHECK(folded.scale * code + folded.offset == approx(y).epsilon(1e-13));
    }
    CHECK_THROWS_AS(fold(plain, {1.0, 0.0, 0.0, -1.0, 0.0}), InputError);
}

TEST_CASE("floating-point units round every product and sum as their format does") {
    const std::vector<ColumnCorrection> columns{{1.0 / 3.0, 0.1}, {1.7, -33.3}};
    const Matrix<std::int32_t> codes = all_codes(2);
    const Matrix<double> single = PostProcessor(UnitArithmetic::fp32, {}, columns).apply(codes);
    const Matrix<double> half = PostProcessor(UnitArithmetic::fp16, {}, columns).apply(codes);
    const Matrix<double> exact = PostProcessor(UnitArithmetic::exact, {}, columns).apply(codes);
    for (Index k = 0; k < codes.rows(); ++k) {
        for (Index c = 0; c < 2; ++c) {
            const auto [scale, offset] = columns[static_cast<std::size_t>(c)];
            const float product = static_cast<float>(codes(k, c)) * static_cast<float>(scale);
            CHECK(single(k, c) == product + static_cast<float>(offset));
            CHECK(exact(k, c) == scale * codes(k, c) + offset);
            // Three roundings of half a unit in the last place of numbers below 256: 2^-4 each, at most.
            CHECK(std::abs(half(k, c) - exact(k, c)) <= 3.0 * 0.0625);
            CHECK(half(k, c) == round_to_half(half(k, c)));
        }
    }
}

TEST_CASE("the unit's errors are told by step and add up") {
    // Half the code and 1 are exact in registers; every later step can be told by hand.
    PostProcessingDesign design;
    design.cut_before = 4;
    design.cut_after = 1;
    const std::vector<ColumnCorrection> exact{{0.5, 1.0}}, rounded{{0.5030, 1.2}};
    const Matrix<std::int32_t> codes = all_codes(1);
    const PostProcessingError clean = post_processing_error(design, exact, codes);
    CHECK(clean.registers.largest == 0.0);
    CHECK(clean.cut_before.largest == 0.0); // code/2 has one fraction bit; three stay
    // code/2 + 1 is whole or half: half-up errs by 0 or 1/2, in steps of two.
    CHECK(clean.rounding.largest == 0.25);
    CHECK(clean.rounding.rms == approx(0.25 / std::sqrt(2.0)).epsilon(1e-12)); // 0 and 1/4, as often
    CHECK(clean.rounding.mean == approx(0.125).epsilon(1e-12));
    CHECK(clean.rounding.bias == approx(0.125).epsilon(1e-12));
    // A whole number loses 0 or 1 of two.
    CHECK(clean.cut_after.largest == 0.5);
    CHECK(clean.limit.largest == 0.0);

    const PostProcessingError error = post_processing_error(design, rounded, codes);
    // 0.5030 is 64/128 and 1.2 is 1.0 in registers; farthest off at code 127.
    CHECK(error.registers.largest == approx(0.5 * (127.0 * 0.0030 + 0.2)).epsilon(1e-9));
    CHECK(error.total.bias == approx(error.registers.bias + error.cut_before.bias + error.rounding.bias +
                                     error.cut_after.bias + error.limit.bias)
                                  .epsilon(1e-12));
}

TEST_CASE("errors of floating-point twins stand beside the fixed-point unit's") {
    PostProcessingDesign design;
    design.cut_after = 2;
    const std::vector<ColumnCorrection> exact{{0.5, 1.0}}, thirds{{1.0 / 3.0, 0.1}};
    const Matrix<std::int32_t> codes = all_codes(1);
    const PostProcessingError none = post_processing_error(design, exact, codes);
    CHECK(none.fp16.largest == 0.0);
    CHECK(none.fp32.largest == 0.0);
    CHECK(none.total.largest > 0.0);
    const PostProcessingError error = post_processing_error(design, thirds, codes);
    double largest = 0.0, squares = 0.0;
    for (Index k = 0; k < codes.rows(); ++k) {
        // Every step of a half-precision unit by hand; a shift loses nothing.
        const double product = round_to_half(codes(k, 0) * round_to_half(1.0 / 3.0));
        const double off = round_to_half(product + round_to_half(0.1)) - (codes(k, 0) / 3.0 + 0.1);
        largest = std::max(largest, std::abs(off) / 4.0);
        squares += off * off / 16.0;
    }
    CHECK(error.fp16.largest == approx(largest).epsilon(1e-9));
    CHECK(error.fp16.rms == approx(std::sqrt(squares / 256.0)).epsilon(1e-9));
    CHECK(error.fp32.largest > 0.0);
    CHECK(error.fp32.largest < 1e-3 * error.fp16.largest);
    CHECK(error.fp16.largest < error.total.largest);
}

TEST_CASE("units told together are what their numbers would be in one") {
    const PostProcessingDesign design{.output = {6, 0, true}, .cut_before = 3};
    const std::vector<ColumnCorrection> columns{{0.7, 3.2}, {1.3, -20.0}, {0.1, 0.3}};
    const Matrix<std::int32_t> codes = all_codes(3);
    const auto part = [&](Index first, Index count) {
        Matrix<std::int32_t> some(codes.rows(), count);
        for (Index k = 0; k < codes.rows(); ++k)
            std::ranges::copy_n(codes.row(k).begin() + first, count, some.row(k).begin());
        return post_processing_error(
            design,
            std::span(columns).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
            some);
    };
    const PostProcessingError whole = post_processing_error(design, columns, codes);
    const std::vector<PostProcessingError> parts{part(0, 1), part(1, 2)};
    const PostProcessingError joined = join_unit_errors(parts);
    CHECK(joined.numbers == whole.numbers);
    CHECK(joined.limited == approx(whole.limited).epsilon(1e-12));
    CHECK(whole.limited > 0.0);
    for (const UnitStep& step : unit_steps) {
        const StepError &a = joined.*step.error, &b = whole.*step.error;
        CHECK(a.largest == b.largest);
        CHECK(a.mean == approx(b.mean).epsilon(1e-12));
        CHECK(a.rms == approx(b.rms).epsilon(1e-12));
        CHECK(a.bias == approx(b.bias).epsilon(1e-12));
    }
}

TEST_CASE("the share of outputs without room is told") {
    // Scale 1, offset 0, 6 bits: of the codes -128..127 those in -32..31 have room.
    PostProcessingDesign design;
    design.output = {6, 0, true};
    const std::vector<ColumnCorrection> columns{{1.0, 0.0}};
    const PostProcessingError error = post_processing_error(design, columns, all_codes(1));
    CHECK(error.limited == 192.0 / 256.0);
    CHECK(error.limit.largest == 96.0);
}

TEST_CASE("designs of units that cannot be are refused by name") {
    PostProcessingDesign design;
    design.cut_before = 8;
    CHECK_THROWS_WITH_AS(validate(design), "cut_before of the post-processing unit is 8: expected 0 to 7",
                         InputError);
    design = {};
    design.output.fraction_bits = 1;
    CHECK_THROWS_AS(validate(design), InputError);
    const std::vector<ColumnCorrection> infinite{{1.0, std::numeric_limits<double>::infinity()}};
    CHECK_THROWS_AS(PostProcessor(UnitArithmetic::fixed, {}, infinite), InputError);
}
