#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <string_view>

namespace ohmloom {

/// What a converter takes in, in the unit of its input (A, V, Ohm …).
struct InputRange {
    double low = -1.0;
    double high = 1.0; ///< > low

    friend bool operator==(const InputRange&, const InputRange&) = default;
};

/// Where the edges between codes of an ideal converter lie. Its step (LSB) is (high − low) / 2^bits, but for `symmetric`.
enum class Rounding {
    mid_rise, ///< edges at low + k·LSB: codes round down, and 0 between two codes of a signed converter is an edge
    mid_tread, ///< edges at low + (k − 1/2)·LSB: code k stands for low + k·LSB, so that a signed converter has a code for 0
    symmetric, ///< as mid_tread with an LSB of (high − low) / (2^bits − 2) and without the lowest code: both ends have codes
};

/// "mid-tread", as study files and tables name it.
constexpr std::string_view name_of(Rounding rounding) {
    return rounding == Rounding::mid_rise    ? "mid-rise"
           : rounding == Rounding::mid_tread ? "mid-tread"
                                             : "symmetric";
}

/// The rounding of a name. @throws InputError if there is none.
Rounding rounding_of(std::string_view name);

/// The ideal scale of a converter, and the one place that computes its edges: every kind of converter without errors has, bit for bit,
/// the edges that `edge` gives for the positions 1, 2, … 2^bits − 1.
///
/// A position is a place on the scale of codes in LSB: codes change at whole positions. Signed codes are two's complement.
class CodeGrid {
public:
    /// @throws InputError if bits is not 1 to 16 (symmetric: 2 to 16) or the range is not finite and rising.
    CodeGrid(int bits, bool is_signed, Rounding rounding, InputRange range);

    [[nodiscard]] int bits() const { return bits_; }
    [[nodiscard]] InputRange range() const { return range_; }
    /// Codes there are, the lowest of `symmetric` included.
    [[nodiscard]] Index count() const { return Index{1} << bits_; }
    /// One LSB in the unit of the input.
    [[nodiscard]] double step() const { return step_; }
    /// Input at a position; rises with it.
    [[nodiscard]] double edge(double position) const { return anchor_ + (position - origin_) * step_; }
    /// Position of an input: the inverse of `edge`, up to rounding.
    [[nodiscard]] double position(double input) const { return (input - anchor_) / step_ + origin_; }
    /// Code between the positions k and k + 1; k below 0 or above the last are the first and the last.
    [[nodiscard]] std::int32_t code(Index k) const;
    [[nodiscard]] std::int32_t lowest_code() const { return code(0); }
    [[nodiscard]] std::int32_t highest_code() const { return code(count() - 1); }
    /// The input that a code stands for: the middle of its ideal piece, but for the end pieces of mid_tread and symmetric, which are
    /// cut to the range.
    [[nodiscard]] double centre(std::int32_t code) const;

private:
    int bits_;
    Rounding rounding_;
    InputRange range_;
    std::int32_t first_; ///< code at position 0
    double step_;
    double anchor_; ///< input that is exact: low, or the middle of a signed range
    double origin_; ///< position of the anchor
};

} // namespace ohmloom
