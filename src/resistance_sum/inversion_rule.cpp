#include "resistance_sum/inversion_rule.hpp"

#include <cmath>
#include <complex>
#include <numbers>

namespace ohmloom::ladder_kernel {

namespace {

std::array<InversionPoint, inversion_points> make_rule() {
    using Complex = std::complex<double>;
    constexpr double n = 2.0 * inversion_points;
    constexpr double a = 0.5017, b = 0.6407, c = 0.6122, d = 0.2645; // Trefethen, Weideman, Schmelzer 2006
    std::array<InversionPoint, inversion_points> rule{};
    for (std::size_t k = 0; k < inversion_points; ++k) {
        const double theta = (2.0 * static_cast<double>(k) + 1.0) * std::numbers::pi / n;
        const double cot = std::cos(b * theta) / std::sin(b * theta), sine = std::sin(b * theta);
        const Complex z = n * Complex(a * theta * cot - c, d * theta);
        const Complex along = n * Complex(a * cot - a * b * theta / (sine * sine), d);
        const Complex slope = 2.0 / n * std::exp(z) * along;
        const Complex fall = slope / z, curvature = slope * z;
        rule[k] = {z.real(),     z.imag(),     fall.real(),      fall.imag(),
                   slope.real(), slope.imag(), curvature.real(), curvature.imag()};
    }
    return rule;
}

} // namespace

const std::array<InversionPoint, inversion_points>& inversion_rule() {
    static const std::array<InversionPoint, inversion_points> rule = make_rule();
    return rule;
}

} // namespace ohmloom::ladder_kernel
