#include "converters/converter_cost.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

double sndr_of_bits(double effective_bits) {
    return 20.0 * std::log10(std::sqrt(1.5) * std::exp2(effective_bits));
}

double bits_of_sndr(double sndr) {
    return std::log2(std::pow(10.0, sndr / 20.0) / std::sqrt(1.5));
}

double conversion_energy(const ConverterCost& cost, double effective_bits) {
    return std::max(cost.walden * std::exp2(effective_bits),
                    0.5 * std::pow(10.0, (sndr_of_bits(effective_bits) - cost.schreier) / 10.0));
}

double converter_area(const ConverterCost& cost, int bits) {
    return cost.area_fixed + cost.area_per_level * std::exp2(bits);
}

} // namespace ohmloom
