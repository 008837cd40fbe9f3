#pragma once

#include "converters/adc_bank.hpp"
#include "converters/transfer_curve.hpp"

#include <cstdint>
#include <memory>

namespace ohmloom {

/// What a DAC adds up.
enum class DacElements {
    unary,  ///< equal elements, switched on one after the other: always rises
    binary, ///< elements of 1, 2, 4 … units
};

/// A digital-to-analog converter in front of every row, or of some rows together. Its output is relative: 0 … 1, or −1 … 1 for a signed one,
/// whose magnitude is converted and whose sign is a switch. Ideal levels are k / (codes − 1), so that both ends are reached.
struct DacDesign {
    int bits = 8;
    bool is_signed = true; ///< codes ±(2^(bits−1) − 1) instead of 0 … 2^bits − 1
    DacElements elements = DacElements::unary;
    double unit_sigma = 0.0;   ///< relative, of one unit; n units together have sigma/√n
    TransferCurve curve = {};  ///< of the relative output; its polynomial is a given INL
    double gain_sigma = 0.0;   ///< relative, from converter to converter
    double offset_sigma = 0.0; ///< of full scale, from converter to converter
    Index sharing = 1;         ///< neighbouring rows that one converter drives
};

/// @throws InputError naming the first value that is out of range.
void validate(const DacDesign& design);

/// The DACs of one tile's rows, with mismatch that depends on seed, tile and converter only.
class DacBank {
public:
    /// @throws InputError if the design is not valid or what was drawn cannot be built.
    DacBank(const DacDesign& design, Index rows, const AdcPlace& place);

    [[nodiscard]] Index rows() const { return levels_.rows(); }
    [[nodiscard]] std::int32_t lowest_code() const { return lowest_; }
    [[nodiscard]] std::int32_t highest_code() const { return highest_; }
    /// Output of a row's DAC for a code within its range.
    [[nodiscard]] double level(Index row, std::int32_t code) const { return levels_(row, code - lowest_); }
    /// [rows × codes], from the lowest code on.
    [[nodiscard]] const Matrix<double>& levels() const { return levels_; }
    /// The nearest code to a relative value, halves up, clipped to the range; NaN gives the lowest.
    [[nodiscard]] std::int32_t encode(double value) const;
    /// What reaches the rows for relative values `x` [batch × rows].
    [[nodiscard]] Matrix<double> convert(const Matrix<double>& x) const;

private:
    std::int32_t lowest_, highest_;
    Matrix<double> levels_;
};

} // namespace ohmloom
