#include "digital/post_processing_error.hpp"

#include "base/errors.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// A code on its way through the unit, in output steps after cut_after.
struct UnitTrace {
    double real = 0.0, registers = 0.0, cut_before = 0.0, rounding = 0.0, cut_after = 0.0, limit = 0.0;
};

UnitTrace trace(const PostProcessingDesign& design, const ColumnCorrection& correction,
                const ColumnRegisters& registers, std::int32_t code) {
    // The unit itself with later steps left out: whatever it does, the difference is that step's.
    const auto out = [&](double value) {
        const double steps = std::ldexp(value, -design.cut_after);
        return design.relu ? std::max(steps, 0.0) : steps;
    };
    const double offset = design.offset.value(registers.offset);
    const std::int64_t product = code * registers.scale;
    const int fraction = design.scale.fraction_bits - design.cut_before;
    const double cut = std::ldexp(
        static_cast<double>(drop_bits(product, design.cut_before, DroppedBits::truncate)), -fraction);
    PostProcessingDesign without_limit = design;
    without_limit.output = {62, 0, true}; // room for every product
    without_limit.overflow = Overflow::saturate;
    PostProcessingDesign without_shift = without_limit;
    without_shift.cut_after = 0;
    UnitTrace t;
    t.real = out(code * correction.scale + correction.offset);
    t.registers = out(design.scale.value(product) + offset);
    t.cut_before = out(cut + offset);
    t.rounding =
        std::ldexp(static_cast<double>(post_process(without_shift, registers, code)), -design.cut_after);
    t.cut_after = static_cast<double>(post_process(without_limit, registers, code));
    t.limit = static_cast<double>(post_process(design, registers, code));
    return t;
}

void add(StepError& error, double difference) {
    error.largest = std::max(error.largest, std::abs(difference));
    error.mean += std::abs(difference);
    error.rms += difference * difference;
    error.bias += difference;
}

} // namespace

PostProcessingError post_processing_error(const PostProcessingDesign& design,
                                          std::span<const ColumnCorrection> columns,
                                          const Matrix<std::int32_t>& codes) {
    OHMLOOM_ASSERT(codes.cols() == static_cast<Index>(columns.size()));
    validate(design);
    const PostProcessor half(UnitArithmetic::fp16, design, columns),
        single(UnitArithmetic::fp32, design, columns);
    PostProcessingError error;
    error.numbers = codes.size();
    for (Index c = 0; c < codes.cols(); ++c) {
        const ColumnCorrection& correction = columns[static_cast<std::size_t>(c)];
        const ColumnRegisters registers = registers_of(design, correction);
        for (Index k = 0; k < codes.rows(); ++k) {
            const UnitTrace t = trace(design, correction, registers, codes(k, c));
            add(error.registers, t.registers - t.real);
            add(error.cut_before, t.cut_before - t.registers);
            add(error.rounding, t.rounding - t.cut_before);
            add(error.cut_after, t.cut_after - t.rounding);
            add(error.limit, t.limit - t.cut_after);
            add(error.total, t.limit - t.real);
            add(error.fp16, half.apply(c, codes(k, c)) - t.real);
            add(error.fp32, single.apply(c, codes(k, c)) - t.real);
            error.limited += t.limit != t.cut_after ? 1.0 : 0.0;
        }
    }
    const double count = std::max(1.0, static_cast<double>(error.numbers));
    for (const UnitStep& step : unit_steps) {
        StepError& sums = error.*step.error;
        sums.mean /= count;
        sums.rms = std::sqrt(sums.rms / count);
        sums.bias /= count;
    }
    error.limited /= count;
    return error;
}

PostProcessingError join_unit_errors(std::span<const PostProcessingError> parts) {
    PostProcessingError whole;
    for (const PostProcessingError& part : parts) whole.numbers += part.numbers;
    const double count = std::max(1.0, static_cast<double>(whole.numbers));
    for (const PostProcessingError& part : parts) {
        const double share = static_cast<double>(part.numbers) / count;
        whole.limited += share * part.limited;
        for (const UnitStep& step : unit_steps) {
            const StepError& from = part.*step.error;
            StepError& to = whole.*step.error;
            to.largest = std::max(to.largest, from.largest);
            to.mean += share * from.mean;
            to.rms = std::sqrt(to.rms * to.rms + share * from.rms * from.rms);
            to.bias += share * from.bias;
        }
    }
    return whole;
}

} // namespace ohmloom
