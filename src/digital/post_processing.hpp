#pragma once

#include "base/matrix.hpp"
#include "digital/fixed_point.hpp"
#include "digital/unit_arithmetic.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// The unit behind a column's converter: scale, offset, rounding, shift, ReLU.
///
///     q = fit( max(0, round((code·scale >> cut_before) + offset) >> cut_after) )        max() with ReLU only
///
/// Codes are integers. The product has the scale's fraction bits; `cut_before` of them fall off, the offset is added exactly, the
/// rest of the fraction is rounded away, and `cut_after` bits more fall off.
/// Source: Ferro et al., ISCAS 2024, arXiv:2402.07549, for scale unsigned (1,7), offset signed (7,1); where bits are cut is a parameter
/// as in US 2025/0355625, its published values being unknown.
struct PostProcessingDesign {
    FixedFormat scale{1, 7, false};
    FixedFormat offset{7, 1, true};
    FixedFormat output{8, 0, true}; ///< without fraction bits
    int cut_before = 0;             ///< [0, scale.fraction_bits]
    int cut_after = 0;              ///< [0, 31]
    DroppedBits rounding = DroppedBits::half_up;
    Overflow overflow = Overflow::saturate;
    bool relu = false;
    friend bool operator==(const PostProcessingDesign&, const PostProcessingDesign&) = default;
};

/// @throws InputError naming what is out of range.
void validate(const PostProcessingDesign& design);

/// What a column's codes are multiplied by and what is added, as the designer wants it.
struct ColumnCorrection {
    double scale = 1.0;
    double offset = 0.0; ///< [output steps before cut_after]
};

/// Batch normalisation of a column, folded into what goes before it: y = gamma·(x − mean)/sqrt(variance + epsilon) + beta.
struct BatchNorm {
    double gamma = 1.0, beta = 0.0, mean = 0.0, variance = 1.0, epsilon = 1e-5;
};
ColumnCorrection fold(const ColumnCorrection& correction, const BatchNorm& norm);

/// A correction as the unit's registers hold it.
struct ColumnRegisters {
    std::int64_t scale = 0, offset = 0;
    friend bool operator==(const ColumnRegisters&, const ColumnRegisters&) = default;
};

/// The nearest registers; what is out of their range gets its nearest end.
ColumnRegisters registers_of(const PostProcessingDesign& design, const ColumnCorrection& correction);

/// One code through the fixed-point unit. `design` must be valid; |code| below 2^24.
std::int64_t post_process(const PostProcessingDesign& design, const ColumnRegisters& registers,
                          std::int64_t code);

/// The units of a tile's columns, in any arithmetic.
class PostProcessor {
public:
    /// @throws InputError if the design is out of range or a correction is not finite.
    PostProcessor(UnitArithmetic arithmetic, const PostProcessingDesign& design,
                  std::span<const ColumnCorrection> columns);

    /// [batch x columns] output steps; whole numbers for the fixed unit. A floating-point unit scales by 2^−cut_after, without loss,
    /// and has the ReLU.
    [[nodiscard]] Matrix<double> apply(const Matrix<std::int32_t>& codes) const;
    /// One code of a column.
    [[nodiscard]] double apply(Index column, std::int32_t code) const;

    [[nodiscard]] Index columns() const { return static_cast<Index>(corrections_.size()); }
    [[nodiscard]] UnitArithmetic arithmetic() const { return arithmetic_; }

private:
    UnitArithmetic arithmetic_;
    PostProcessingDesign design_;
    std::vector<ColumnCorrection> corrections_; ///< as the arithmetic holds them
    std::vector<ColumnRegisters> registers_;    ///< of the fixed unit
};

} // namespace ohmloom
