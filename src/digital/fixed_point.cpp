#include "digital/fixed_point.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

std::int64_t FixedFormat::raw_min() const {
    return is_signed ? -(std::int64_t{1} << (bits() - 1)) : 0;
}

std::int64_t FixedFormat::raw_max() const {
    return (std::int64_t{1} << (is_signed ? bits() - 1 : bits())) - 1;
}

double FixedFormat::step() const {
    return std::ldexp(1.0, -fraction_bits);
}

void validate(const FixedFormat& format, std::string_view what) {
    if (format.integer_bits < 0 || format.fraction_bits < 0 || format.bits() < 1 || format.bits() > 32) {
        throw InputError(
            fmt::format("the format of {} has {} integer and {} fraction bits: expected 1 to 32 together",
                        what, format.integer_bits, format.fraction_bits));
    }
}

std::string to_string(const FixedFormat& format) {
    return fmt::format("{} ({},{})", format.is_signed ? "signed" : "unsigned", format.integer_bits,
                       format.fraction_bits);
}

std::int64_t drop_bits(std::int64_t raw, int bits, DroppedBits rounding) {
    if (bits == 0) return raw;
    const std::int64_t kept = raw >> bits; // of negative numbers too: toward −∞
    const std::int64_t dropped = raw - (kept << bits), half = std::int64_t{1} << (bits - 1);
    switch (rounding) {
    case DroppedBits::truncate:
        return kept;
    case DroppedBits::half_up:
        return kept + (dropped >= half ? 1 : 0);
    case DroppedBits::half_even:
        break;
    }
    return kept + (dropped > half || (dropped == half && kept % 2 != 0) ? 1 : 0);
}

std::int64_t fit(std::int64_t raw, const FixedFormat& format, Overflow overflow) {
    if (overflow == Overflow::saturate) return std::clamp(raw, format.raw_min(), format.raw_max());
    const std::int64_t numbers = std::int64_t{1} << format.bits();
    const std::int64_t lowest = raw & (numbers - 1);
    return lowest > format.raw_max() ? lowest - numbers : lowest;
}

std::int64_t nearest_raw(double value, const FixedFormat& format) {
    if (std::isnan(value))
        throw InputError(fmt::format("cannot write nan as {}: expected a number", to_string(format)));
    const double scaled = std::ldexp(value, format.fraction_bits);
    const double within =
        std::clamp(scaled, static_cast<double>(format.raw_min()), static_cast<double>(format.raw_max()));
    return static_cast<std::int64_t>(std::nearbyint(within));
}

} // namespace ohmloom
