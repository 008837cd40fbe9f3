#include "digital/fixed_point.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace ohmloom;

TEST_CASE("formats span what their bits allow") {
    // (1,7) unsigned: 8 bits, 255/128; (7,1) signed: -128/2 to 127/2.
    const FixedFormat scale{1, 7, false}, offset{7, 1, true};
    CHECK(scale.value(scale.raw_min()) == 0.0);
    CHECK(scale.value(scale.raw_max()) == 1.9921875);
    CHECK(scale.step() == 0.0078125);
    CHECK(offset.value(offset.raw_min()) == -64.0);
    CHECK(offset.value(offset.raw_max()) == 63.5);
    CHECK(offset.step() == 0.5);
    CHECK(to_string(scale) == "unsigned (1,7)");
    CHECK(to_string(offset) == "signed (7,1)");
}

TEST_CASE("dropped bits are rounded as asked, of negative numbers too") {
    // In quarters: -7/4 ... 7/4 and their floor, nearest with ties up, nearest with ties to even.
    for (std::int64_t raw = -1000; raw <= 1000; ++raw) {
        for (const int bits : {1, 2, 5}) {
            const double real = std::ldexp(static_cast<double>(raw), -bits);
            CHECK(drop_bits(raw, bits, DroppedBits::truncate) == std::floor(real));
            CHECK(drop_bits(raw, bits, DroppedBits::half_up) == std::floor(real + 0.5));
            CHECK(drop_bits(raw, bits, DroppedBits::half_even) == std::nearbyint(real));
        }
        CHECK(drop_bits(raw, 0, DroppedBits::half_even) == raw);
    }
}

TEST_CASE("numbers without room saturate or wrap around") {
    const FixedFormat byte{8, 0, true}, unsigned_byte{8, 0, false};
    for (std::int64_t raw = -2000; raw <= 2000; ++raw) {
        CHECK(fit(raw, byte, Overflow::saturate) == (raw < -128 ? -128 : raw > 127 ? 127 : raw));
        CHECK(fit(raw, byte, Overflow::wrap) == static_cast<std::int8_t>(raw));
        CHECK(fit(raw, unsigned_byte, Overflow::saturate) == (raw < 0 ? 0 : raw > 255 ? 255 : raw));
        CHECK(fit(raw, unsigned_byte, Overflow::wrap) == static_cast<std::uint8_t>(raw));
    }
}

TEST_CASE("values go to the nearest number of a format") {
    const FixedFormat scale{1, 7, false}, offset{7, 1, true};
    for (double value = -3.0; value < 3.0; value += 0.0013) {
        const std::int64_t raw = nearest_raw(value, scale);
        if (value < 0.0) {
            CHECK(raw == 0);
        } else if (value > 1.9921875) {
            CHECK(raw == 255);
        } else {
            CHECK(std::abs(scale.value(raw) - value) <= 0.5 * scale.step());
        }
        CHECK(std::abs(offset.value(nearest_raw(value, offset)) - value) <= 0.25);
    }
    CHECK(nearest_raw(std::numeric_limits<double>::infinity(), offset) == 127);
    CHECK_THROWS_AS(nearest_raw(std::numeric_limits<double>::quiet_NaN(), scale), InputError);
}

TEST_CASE("formats that cannot be are refused by name") {
    CHECK_THROWS_WITH_AS(
        validate({-1, 4, true}, "the gain"),
        "the format of the gain has -1 integer and 4 fraction bits: expected 1 to 32 together", InputError);
    CHECK_THROWS_AS(validate({0, 0, true}, "x"), InputError);
    CHECK_THROWS_AS(validate({20, 13, true}, "x"), InputError);
    CHECK_NOTHROW(validate({20, 12, true}, "x"));
}
