#include "devicemodels/cbram/pheno.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

double FilamentGrowth::overdrive(double v) const {
    // Limited where an exponential would overflow; no voltage near that is physical.
    if (v > v_p) return std::expm1(std::min(80.0, (v - v_p) / v_s));
    if (v < -v_n) return -std::expm1(std::min(80.0, (-v - v_n) / v_s));
    return 0.0;
}

double FilamentGrowth::rate(double g, double v) const {
    const double x = (g - g_min) / (g_max - g_min), drive = overdrive(v);
    if (drive > 0.0) return k_p * drive * std::exp(-beta_p * x);
    if (drive < 0.0) return k_n * drive * std::exp(-beta_n * (1.0 - x));
    return tau_decay > 0.0 ? -(g - std::max(g_min, level_below(g))) / tau_decay : 0.0;
}

namespace {

/// Where z in [0, 1] with dz/dt = k·exp(−beta·z) stands after t.
double grown(double z, double k, double beta, double t) {
    if (beta == 0.0) return std::min(1.0, z + k * t);
    return std::min(1.0, z + std::log1p(beta * k * t * std::exp(-beta * z)) / beta);
}

double growth_time(double from, double to, double k, double beta) {
    if (to <= from) return to == from ? 0.0 : std::numeric_limits<double>::infinity();
    if (beta == 0.0) return (to - from) / k;
    return (std::exp(beta * to) - std::exp(beta * from)) / (beta * k);
}

} // namespace

double FilamentGrowth::after(double g, double v, double t) const {
    const double range = g_max - g_min, x = (g - g_min) / range, drive = overdrive(v);
    if (drive > 0.0) return std::min(g_max, g_min + range * grown(x, k_p * drive / range, beta_p, t));
    if (drive < 0.0) return std::max(g_min, g_max - range * grown(1.0 - x, -k_n * drive / range, beta_n, t));
    if (!(tau_decay > 0.0)) return g;
    const double level = std::max(g_min, level_below(g));
    return level + (g - level) * std::exp(-t / tau_decay);
}

double FilamentGrowth::time_between(double from, double to, double v) const {
    const double range = g_max - g_min, drive = overdrive(v);
    const double x0 = (from - g_min) / range, x1 = (to - g_min) / range;
    if (drive > 0.0) return growth_time(x0, x1, k_p * drive / range, beta_p);
    if (drive < 0.0) return growth_time(1.0 - x0, 1.0 - x1, -k_n * drive / range, beta_n);
    return from == to ? 0.0 : std::numeric_limits<double>::infinity();
}

double level_below(double g) {
    return half_quantum * std::floor(g / half_quantum * (1.0 + 1e-12));
}

double nearest_level(double g, double g_min, double g_max) {
    const double least = std::max(1.0, std::ceil(g_min / half_quantum)),
                 greatest = std::floor(g_max / half_quantum);
    if (least > greatest) return g;
    return half_quantum * std::clamp(std::round(g / half_quantum), least, greatest);
}

} // namespace ohmloom
