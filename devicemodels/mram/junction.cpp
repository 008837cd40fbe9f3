#include "devicemodels/mram/junction.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ohmloom {

namespace {

constexpr double pi = std::numbers::pi;
constexpr double elementary_charge = 1.602176634e-19, boltzmann = 1.380649e-23;
constexpr double reduced_planck = 6.62607015e-34 / (2.0 * pi), vacuum_permeability = 4e-7 * pi;
constexpr double gyromagnetic = 1.76e11; // rad/(s T), as the sources have it

} // namespace

double Junction::current(double v, double p) const {
    const double w = 1.0 + (v / v_half) * (v / v_half);
    return v / r_p * (w + p * tmr) / (w + tmr);
}

double Junction::conductance(double p) const {
    return (1.0 + p * tmr) / (r_p * (1.0 + tmr));
}

double Junction::drive(double i) const {
    const double favours_parallel = polarity * i;
    return favours_parallel / (favours_parallel > 0.0 ? ic_to_p : ic_to_ap);
}

double Junction::field(double v) const {
    return std::max(least_field, 1.0 + vcma * v);
}

MacrospinNumbers macrospin_numbers(const Macrospin& free_layer) {
    const Macrospin& f = free_layer;
    MacrospinNumbers numbers;
    numbers.n_z = f.n_z > 0.0 ? f.n_z : 1.0 / (1.0 + 2.0 * f.thickness / (0.5 * f.diameter * std::sqrt(pi)));
    numbers.n_x = f.n_x < 0.0 ? 0.5 * (1.0 - numbers.n_z) : f.n_x;
    numbers.h_k =
        2.0 * f.k_i / (vacuum_permeability * f.m_s * f.thickness) - f.m_s * (numbers.n_z - numbers.n_x);
    if (!(numbers.h_k > 0.0)) {
        throw InputError(
            fmt::format("the anisotropy field is {:.3g} A/m: the free layer lies in its plane, but must "
                        "stand upright; raise k_i or thin the layer",
                        numbers.h_k));
    }
    const double volume = 0.25 * pi * f.diameter * f.diameter * f.thickness;
    numbers.delta = vacuum_permeability * f.m_s * numbers.h_k * volume / (2.0 * boltzmann * f.temperature);
    numbers.ic0 = 4.0 * f.alpha * elementary_charge * boltzmann * f.temperature * numbers.delta /
                  (reduced_planck * f.polarisation);
    numbers.tau_d = (1.0 + f.alpha * f.alpha) / (f.alpha * gyromagnetic * vacuum_permeability * numbers.h_k);
    numbers.vcma = 2.0 * f.xi / (vacuum_permeability * f.m_s * f.thickness * f.t_oxide) / numbers.h_k;
    return numbers;
}

double julliere_tmr(double polarisation) {
    const double p2 = polarisation * polarisation;
    return 2.0 * p2 / (1.0 - p2);
}

namespace {

// Constants of the SPINLIB source.
constexpr double spinlib_charge = 1.6e-19, spinlib_boltzmann = 1.38e-23, spinlib_bohr = 9.27e-28;
constexpr double spinlib_gamma = 1.76e7, spinlib_euler = 0.577;

} // namespace

double Spinlib::area() const {
    return 0.25 * pi * length * width;
}

double Spinlib::r_p() const {
    const double fit = 3322.53 / (ra * 1e12), angstrom = t_oxide * 1e10;
    return angstrom / (fit * std::sqrt(phi) * area() * 1e12) * std::exp(1.025 * angstrom * std::sqrt(phi));
}

double Spinlib::m_s() const {
    return m_s0 * (1.0 - std::pow(temperature / 1120.0, 1.5));
}

double Spinlib::h_k() const {
    return -3.0 * temperature + 900.0 + h_k0;
}

double Spinlib::tmr(double v) const {
    constexpr double q = 0.025, spin = 1.5, e_m0 = 1.936e-20, epsilon = 0.305, e_c = 4.32e-23;
    const double kt = spinlib_boltzmann * temperature;
    const double beta = spin * kt / (e_m0 * epsilon);
    const double at_rest = (tmr0 + 1.0) / (1.0 + 2.0 * q * beta * std::log(kt / e_c)) - 1.0;
    return at_rest / (1.0 + v * v / (v_half * v_half));
}

double Spinlib::r_ap(double v) const {
    return r_p() * (1.0 + tmr(v));
}

double Spinlib::delta() const {
    const double energy = m_s() * t_free * area() * h_k() / 2.0;
    return energy / (40.0 * pi * spinlib_boltzmann * temperature);
}

double Spinlib::critical_current(double v) const {
    const double t = tmr(v), g = std::sqrt(t * (t + 2.0)) / (2.0 * (t + 1.0));
    return alpha * spinlib_gamma * spinlib_charge * m_s() * t_free * h_k() / (40.0 * pi * spinlib_bohr * g) *
           area();
}

double Spinlib::mean_time(double i, double v) const {
    if (i < 1.0) return tau0 * std::exp(delta() * (1.0 - i));
    const double incubation = spinlib_euler + std::log(pi * pi * delta() / 4.0);
    return incubation * spinlib_charge * 1000.0 * m_s() * area() * t_free *
           (1.0 + polarisation * polarisation) /
           (4.0 * pi * 2.0 * spinlib_bohr * polarisation * 1e4 * (i - 1.0) * critical_current(v));
}

} // namespace ohmloom
