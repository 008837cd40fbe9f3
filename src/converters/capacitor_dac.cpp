#include "converters/capacitor_dac.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

/// A capacitor of `units` units.
double draw_capacitor(const CapacitorDac& dac, double units, const PartDraws& draws, std::uint32_t draw) {
    if (dac.unit_sigma == 0.0) return units;
    const double drawn = units * (1.0 + dac.unit_sigma / std::sqrt(units) * draws(draw));
    if (!(drawn > 0.0))
        throw InputError(fmt::format(
            "a capacitor of {:.3g} instead of {} units was drawn: a unit sigma of {} is too much; expected "
            "capacitors above 0",
            drawn, units, dac.unit_sigma));
    return drawn;
}

/// 2^(bits − 1) … 1 units.
std::vector<double> draw_array(const CapacitorDac& dac, int bits, const PartDraws& draws,
                               std::uint32_t first) {
    std::vector<double> array;
    for (int b = bits; b-- > 0;)
        array.push_back(
            draw_capacitor(dac, std::ldexp(1.0, b), draws, first + static_cast<std::uint32_t>(b)));
    return array;
}

constexpr std::uint32_t last_unit = 64, bridge = 65, lower_array = 32; // numbers of draws

} // namespace

std::vector<double> capacitor_weights(const CapacitorDac& dac, int bits, const PartDraws& draws) {
    const int lower_bits = dac.split ? bits / 2 : 0;
    std::vector<double> weights = draw_array(dac, bits - lower_bits, draws, 0);
    const double upper = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double end = draw_capacitor(dac, 1.0, draws, last_unit);
    const double full = std::ldexp(1.0, bits);
    if (lower_bits == 0) {
        for (double& weight : weights) weight = weight * full / (upper + end);
        return weights;
    }
    // All bridges and what is seen through them are taken times 2^h − 1, in which an ideal bridge is the whole number 2^h.
    const double units = std::ldexp(1.0, lower_bits), times = units - 1.0;
    const std::vector<double> lower = draw_array(dac, lower_bits, draws, lower_array);
    const double lower_sum = (std::accumulate(lower.begin(), lower.end(), 0.0) + end) * (1.0 + dac.parasitic);
    double across = units * (1.0 + dac.bridge_error);
    if (dac.unit_sigma > 0.0) across *= draw_capacitor(dac, units / times, draws, bridge) / (units / times);
    const double share = across / (across + times * lower_sum); // D/(D + B)
    const double sum = upper + share * lower_sum;
    for (double& weight : weights) weight = weight * full / sum;
    for (const double capacitor : lower) weights.push_back(capacitor * share * full / sum);
    return weights;
}

double level_of(const std::vector<double>& weights, std::uint32_t bits) {
    double level = 0.0;
    for (std::size_t k = 0; k < weights.size(); ++k)
        if (bits >> (weights.size() - 1 - k) & 1u) level += weights[k];
    return level;
}

} // namespace ohmloom
