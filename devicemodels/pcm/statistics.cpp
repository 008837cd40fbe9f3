#include "devicemodels/pcm/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <span>

namespace ohmloom {

namespace {

double polynomial_at(std::span<const double> coefficients, double x) {
    double sum = 0.0;
    for (std::size_t k = coefficients.size(); k-- > 0;) sum = sum * x + coefficients[k];
    return sum;
}

} // namespace

double StateLaw::at(double r) const {
    r = std::max(r, 1e-7);
    if (r >= switch_at) return polynomial_at(polynomial, r);
    return std::clamp(slope * std::log(r) + offset, low, high);
}

double ReadPowerLaw::at(double r) const {
    return std::min(cap, scale / std::max(std::pow(std::max(r, 0.0), exponent), 1e-3));
}

double PcmStatistics::programming_spread(double r) const {
    return std::max(0.0, polynomial_at(programming, r));
}

double PcmStatistics::read_coefficient(double r) const {
    return read_power.scale > 0.0 ? read_power.at(r) : read.at(r);
}

double PcmStatistics::drift_factor(double nu, double t) const {
    return std::pow((t + t0) / t0, -nu);
}

double PcmStatistics::read_growth(double t) const {
    return std::sqrt(std::max(0.0, std::log((t + t0 + t_read) / (2.0 * t_read))));
}

double fast_read_noise(double g, double integration_time) {
    const double x = std::log10(integration_time * 1e9);
    static constexpr double slope[] = {2.578764e-2, -1.46159e-2, 6.55714e-3, -1.87352e-3, 2.1926e-4};
    static constexpr double offset[] = {1.17763e-7, -6.77079e-8, 3.07015e-8, -9.08577e-9, 1.11906e-9}; // S
    return polynomial_at(slope, x) * g + polynomial_at(offset, x);
}

} // namespace ohmloom
