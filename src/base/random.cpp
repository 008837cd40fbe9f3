#include "base/random.hpp"

#include "base/errors.hpp"

// Random123's headers are written for many compilers and trip our stricter warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

#include <cmath>
#include <numbers>

namespace ohmloom {

namespace {

double to_open_unit_interval(std::uint32_t high, std::uint32_t low) {
    const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 11;
    return (static_cast<double>(bits) + 0.5) * 0x1.0p-53;
}

} // namespace

RandomStream::Pair RandomStream::uniform_pair(std::uint32_t tile, std::uint32_t row, std::uint32_t column,
                                              std::uint32_t draw) const {
    OHMLOOM_ASSERT(draw < (1u << 24));
    // The purpose shares a counter word with the draw: 8 bits and 24 bits.
    const std::uint32_t tag = static_cast<std::uint32_t>(purpose_) << 24 | draw;
    const philox4x32_ctr_t counter{{tile, row, column, tag}};
    const philox4x32_key_t key{{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
    const philox4x32_ctr_t bits = philox4x32(counter, key);
    return {to_open_unit_interval(bits[0], bits[1]), to_open_unit_interval(bits[2], bits[3])};
}

double RandomStream::uniform(std::uint32_t tile, std::uint32_t row, std::uint32_t column,
                             std::uint32_t draw) const {
    return uniform_pair(tile, row, column, draw).first;
}

double RandomStream::normal(std::uint32_t tile, std::uint32_t row, std::uint32_t column,
                            std::uint32_t draw) const {
    const auto [u, v] = uniform_pair(tile, row, column, draw);
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

} // namespace ohmloom
