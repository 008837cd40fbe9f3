#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ohmloom {

/// What a binary number stands for: raw·2^−fraction_bits. (1,7) unsigned spans 0 to 1.9921875 in steps of 2^−7; (7,1) signed,
/// whose integer bits include the sign, spans −64 to 63.5 in steps of 0.5.
struct FixedFormat {
    int integer_bits = 8; ///< the sign included
    int fraction_bits = 0;
    bool is_signed = true;

    [[nodiscard]] int bits() const { return integer_bits + fraction_bits; }
    [[nodiscard]] std::int64_t raw_min() const;
    [[nodiscard]] std::int64_t raw_max() const;
    [[nodiscard]] double step() const;
    [[nodiscard]] double value(std::int64_t raw) const { return static_cast<double>(raw) * step(); }
    friend bool operator==(const FixedFormat&, const FixedFormat&) = default;
};

/// @throws InputError naming `what`, unless the format has 1 to 32 bits, none of its parts being negative.
void validate(const FixedFormat& format, std::string_view what);

/// As it is written: "unsigned (1,7)".
std::string to_string(const FixedFormat& format);

/// What becomes of bits that are dropped.
enum class DroppedBits {
    truncate,  ///< toward −∞: the bits fall off
    half_up,   ///< to the nearest; ties toward +∞
    half_even, ///< to the nearest; ties to the even neighbour
};

/// What becomes of a number that has no room.
enum class Overflow {
    saturate, ///< the nearest number of the format
    wrap,     ///< its lowest bits, as two's complement
};

/// raw·2^−bits as an integer. bits in [0, 62].
std::int64_t drop_bits(std::int64_t raw, int bits, DroppedBits rounding);

/// The number in the format, as far as it has room.
std::int64_t fit(std::int64_t raw, const FixedFormat& format, Overflow overflow);

/// The format's number nearest to `value`, ties to even; the nearest end if it is out of range.
/// @throws InputError if the value is not a number.
std::int64_t nearest_raw(double value, const FixedFormat& format);

} // namespace ohmloom
