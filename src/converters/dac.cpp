#include "converters/dac.hpp"

#include "base/random.hpp"
#include "converters/capacitor_dac.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ohmloom {

namespace {

constexpr std::uint32_t dac_part = 16, gain_draw = 1u << 20,
                        offset_draw = gain_draw + 1; // after the parts of ADCs

/// Magnitudes 0 … 1 that the elements give, one for each code; the last is exact, as it is what they are a part of.
std::vector<double> element_levels(const DacDesign& design, int bits, const PartDraws& draws) {
    const std::int32_t top = (std::int32_t{1} << bits) - 1;
    std::vector<double> levels(static_cast<std::size_t>(top) + 1, 0.0);
    if (design.unit_sigma == 0.0) {
        for (std::int32_t k = 0; k <= top; ++k)
            levels[static_cast<std::size_t>(k)] = static_cast<double>(k) / top;
        return levels;
    }
    const auto element = [&](double units, std::uint32_t draw) {
        const double drawn = units * (1.0 + design.unit_sigma / std::sqrt(units) * draws(draw));
        if (!(drawn > 0.0))
            throw InputError(fmt::format("a DAC element of {:.3g} instead of {:g} units was drawn: a unit "
                                         "sigma of {} is too much; expected "
                                         "elements above 0",
                                         drawn, units, design.unit_sigma));
        return drawn;
    };
    if (design.elements == DacElements::unary) {
        for (std::uint32_t k = 1; k < levels.size(); ++k) levels[k] = levels[k - 1] + element(1.0, k);
    } else {
        std::vector<double> weights;
        for (int b = bits; b-- > 0;)
            weights.push_back(element(std::ldexp(1.0, b), static_cast<std::uint32_t>(b)));
        for (std::uint32_t k = 1; k < levels.size(); ++k) levels[k] = level_of(weights, k);
    }
    for (double& level : levels) level /= levels.back();
    return levels;
}

} // namespace

void validate(const DacDesign& design) {
    const int least = design.is_signed ? 2 : 1;
    if (design.bits < least || design.bits > 16)
        throw InputError(fmt::format("the DAC has {} bits: expected {} to 16{}", design.bits, least,
                                     design.is_signed ? " for signed codes" : ""));
    for (const double sigma : {design.unit_sigma, design.gain_sigma, design.offset_sigma})
        if (!std::isfinite(sigma) || sigma < 0.0)
            throw InputError(
                fmt::format("a deviation of the DAC is {}: expected numbers of at least 0", sigma));
    if (design.sharing < 1)
        throw InputError(fmt::format("{} rows share a DAC: expected at least 1", design.sharing));
    [[maybe_unused]] const ConverterCurve curve(design.curve, design.is_signed); // refuses what is wrong
}

DacBank::DacBank(const DacDesign& design, Index rows, const AdcPlace& place) {
    validate(design);
    const int magnitude_bits = design.is_signed ? design.bits - 1 : design.bits;
    highest_ = (std::int32_t{1} << magnitude_bits) - 1;
    lowest_ = design.is_signed ? -highest_ : 0;
    levels_ = Matrix<double>(rows, highest_ - lowest_ + 1);
    const RandomStream random(place.seed, RandomPurpose::converter_variation);
    const ConverterCurve curve(design.curve, design.is_signed);
    for (Index r = 0; r < rows; ++r) {
        const auto converter = static_cast<std::uint32_t>(r / design.sharing);
        const PartDraws draws = [&](std::uint32_t draw) {
            return random.normal(place.tile, dac_part, converter, draw);
        };
        const std::vector<double> magnitudes = element_levels(design, magnitude_bits, draws);
        const double gain = design.gain_sigma == 0.0 ? 1.0 : 1.0 + design.gain_sigma * draws(gain_draw);
        const double offset = design.offset_sigma == 0.0 ? 0.0 : design.offset_sigma * draws(offset_draw);
        for (std::int32_t code = lowest_; code <= highest_; ++code) {
            const double magnitude = magnitudes[static_cast<std::size_t>(std::abs(code))];
            levels_(r, code - lowest_) = gain * curve.value(code < 0 ? -magnitude : magnitude) + offset;
        }
    }
}

std::int32_t DacBank::encode(double value) const {
    const double place = std::floor(value * highest_ + 0.5);
    if (!(place > lowest_)) return lowest_;
    return place < highest_ ? static_cast<std::int32_t>(place) : highest_;
}

Matrix<double> DacBank::convert(const Matrix<double>& x) const {
    if (x.cols() != rows())
        throw InputError(fmt::format("inputs of {} rows for {} DACs: expected as many", x.cols(), rows()));
    Matrix<double> out(x.rows(), x.cols());
    for (Index s = 0; s < x.rows(); ++s)
        for (Index r = 0; r < x.cols(); ++r) out(s, r) = level(r, encode(x(s, r)));
    return out;
}

} // namespace ohmloom
