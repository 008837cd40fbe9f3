#include "digital/post_processing.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

void require_bits(int bits, int most, std::string_view what) {
    if (bits < 0 || bits > most)
        throw InputError(
            fmt::format("{} of the post-processing unit is {}: expected 0 to {}", what, bits, most));
}

} // namespace

void validate(const PostProcessingDesign& design) {
    validate(design.scale, "the unit's scale");
    validate(design.offset, "the unit's offset");
    validate(design.output, "the unit's output");
    if (design.output.fraction_bits != 0) {
        throw InputError(
            fmt::format("the unit's output has {} fraction bits: expected none, its steps are whole numbers",
                        design.output.fraction_bits));
    }
    require_bits(design.cut_before, design.scale.fraction_bits, "cut_before");
    require_bits(design.cut_after, 31, "cut_after");
}

ColumnCorrection fold(const ColumnCorrection& correction, const BatchNorm& norm) {
    if (!(norm.variance + norm.epsilon > 0.0)) {
        throw InputError(
            fmt::format("batch normalisation has variance {} and epsilon {}: expected a positive sum",
                        norm.variance, norm.epsilon));
    }
    const double factor = norm.gamma / std::sqrt(norm.variance + norm.epsilon);
    return {correction.scale * factor, (correction.offset - norm.mean) * factor + norm.beta};
}

ColumnRegisters registers_of(const PostProcessingDesign& design, const ColumnCorrection& correction) {
    return {nearest_raw(correction.scale, design.scale), nearest_raw(correction.offset, design.offset)};
}

std::int64_t post_process(const PostProcessingDesign& design, const ColumnRegisters& registers,
                          std::int64_t code) {
    const std::int64_t product = drop_bits(code * registers.scale, design.cut_before, DroppedBits::truncate);
    const int product_fraction = design.scale.fraction_bits - design.cut_before;
    const int fraction = std::max(product_fraction, design.offset.fraction_bits);
    const std::int64_t sum = product * (std::int64_t{1} << (fraction - product_fraction)) +
                             registers.offset * (std::int64_t{1} << (fraction - design.offset.fraction_bits));
    std::int64_t output = drop_bits(sum, fraction, design.rounding);
    output = drop_bits(output, design.cut_after, DroppedBits::truncate);
    if (design.relu) output = std::max<std::int64_t>(output, 0);
    return fit(output, design.output, design.overflow);
}

PostProcessor::PostProcessor(UnitArithmetic arithmetic, const PostProcessingDesign& design,
                             std::span<const ColumnCorrection> columns)
    : arithmetic_(arithmetic), design_(design) {
    validate(design);
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const auto [scale, offset] = columns[c];
        if (!std::isfinite(scale) || !std::isfinite(offset)) {
            throw InputError(fmt::format("column {} of the post-processing unit has scale {} and offset {}: "
                                         "expected finite numbers",
                                         c, scale, offset));
        }
        corrections_.push_back({round_to(scale, arithmetic), round_to(offset, arithmetic)});
        registers_.push_back(registers_of(design, columns[c]));
    }
}

double PostProcessor::apply(Index column, std::int32_t code) const {
    const auto at = static_cast<std::size_t>(column);
    if (arithmetic_ == UnitArithmetic::fixed)
        return static_cast<double>(post_process(design_, registers_[at], code));
    const auto [scale, offset] = corrections_[at];
    const double product = round_to(round_to(code, arithmetic_) * scale, arithmetic_);
    const double sum = std::ldexp(round_to(product + offset, arithmetic_), -design_.cut_after);
    return design_.relu ? std::max(sum, 0.0) : sum;
}

Matrix<double> PostProcessor::apply(const Matrix<std::int32_t>& codes) const {
    OHMLOOM_ASSERT(codes.cols() == columns());
    Matrix<double> outputs(codes.rows(), codes.cols());
    for (Index k = 0; k < codes.rows(); ++k) {
        for (Index c = 0; c < codes.cols(); ++c) outputs(k, c) = apply(c, codes(k, c));
    }
    return outputs;
}

} // namespace ohmloom
