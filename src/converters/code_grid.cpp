#include "converters/code_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

Rounding rounding_of(std::string_view name) {
    for (const Rounding one : {Rounding::mid_rise, Rounding::mid_tread, Rounding::symmetric})
        if (name_of(one) == name) return one;
    throw InputError(fmt::format("the rounding is '{}': expected mid-rise, mid-tread or symmetric", name));
}

CodeGrid::CodeGrid(int bits, bool is_signed, Rounding rounding, InputRange range)
    : bits_(bits), rounding_(rounding), range_(range) {
    const int least = rounding == Rounding::symmetric ? 2 : 1;
    if (bits < least || bits > 16)
        throw InputError(fmt::format("the converter has {} bits: expected {} to 16{}", bits, least,
                                     least == 2 ? " for symmetric codes" : ""));
    const double width = range.high - range.low;
    if (!std::isfinite(range.low) || !std::isfinite(range.high) || !(width > 0.0) || !std::isfinite(width))
        throw InputError(
            fmt::format("the converter's range is {} to {}: expected two finite numbers, the lower one first",
                        range.low, range.high));
    const double codes = std::ldexp(1.0, bits);
    step_ = width / (rounding == Rounding::symmetric ? codes - 2.0 : codes);
    if (!(step_ > 0.0) || range.low + step_ == range.low || range.high - step_ == range.high)
        throw InputError(
            fmt::format("the converter's range is {} to {}: too narrow for {} bits in double precision",
                        range.low, range.high, bits));
    first_ = is_signed ? -(std::int32_t{1} << (bits - 1)) : 0;
    const double half = rounding == Rounding::mid_rise ? 0.0 : 0.5;
    if (is_signed) {
        anchor_ = 0.5 * range.low + 0.5 * range.high;
        origin_ = 0.5 * codes + half;
    } else {
        anchor_ = range.low;
        origin_ = rounding == Rounding::symmetric ? 1.5 : half;
    }
}

std::int32_t CodeGrid::code(Index k) const {
    const Index least = rounding_ == Rounding::symmetric ? 1 : 0;
    return first_ + static_cast<std::int32_t>(std::clamp<Index>(k, least, count() - 1));
}

double CodeGrid::centre(std::int32_t code) const {
    return edge(static_cast<double>(code - first_) + 0.5);
}

} // namespace ohmloom
