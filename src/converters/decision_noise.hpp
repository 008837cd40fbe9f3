#pragma once

#include "base/random.hpp"

#include <cstdint>

namespace ohmloom {

/// Noise of one conversion's decisions, one draw after the other; keyed by the conversion, so that it is the same whoever asks, and when.
class DecisionNoise {
public:
    /// Draw 0 of a place is the noise at the input.
    static constexpr std::uint32_t input_draw = 0;

    DecisionNoise() = default; ///< none
    DecisionNoise(const RandomStream& stream, double sigma, std::uint32_t tile, std::uint32_t sample,
                  std::uint32_t column)
        : stream_(&stream), sigma_(sigma), tile_(tile), sample_(sample), column_(column) {}

    /// In LSB.
    double next() { return draw(++last_); }
    /// A certain decision's, for converters that decide all at once; 0 is the first.
    [[nodiscard]] double of(std::uint32_t decision) const { return draw(decision + 1); }
    [[nodiscard]] double sigma() const { return sigma_; }

private:
    [[nodiscard]] double draw(std::uint32_t number) const {
        return sigma_ == 0.0 ? 0.0 : sigma_ * stream_->normal(tile_, sample_, column_, number);
    }

    const RandomStream* stream_ = nullptr;
    double sigma_ = 0.0;
    std::uint32_t tile_ = 0, sample_ = 0, column_ = 0, last_ = input_draw;
};

} // namespace ohmloom
