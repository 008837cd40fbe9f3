#pragma once

#include <limits>
#include <vector>

namespace ohmloom {

/// A quantity over the relative conductance r = g/g_max: clip(slope·ln r + offset, low, high) for r < switch_at, a
/// polynomial in r (constant first) above.
struct StateLaw {
    double slope = 0.0, offset = 0.0, low = 0.0, high = 0.0;
    double switch_at = std::numeric_limits<double>::infinity();
    std::vector<double> polynomial{};

    [[nodiscard]] double at(double r) const; ///< r is floored at 1e-7
};

/// Q(r) = min(cap, scale / max(r^exponent, 0.001)): the read-noise law of the mushroom cells.
struct ReadPowerLaw {
    double scale = 0.0, exponent = 0.0, cap = 0.0;

    [[nodiscard]] double at(double r) const;
};

/// Statistics of programmed phase-change cells: programming noise, drift and accumulated 1/f read noise.
///
///     programming   sigma = max(0, sum c_k r^k)                          g_P = max(0, g_T + sigma·xi)
///     drift         g_D(t) = g_P·((t + t0)/t0)^−nu, nu = |mean(r) + spread(r)·xi|, r of the target
///     read          sigma = g_D·Q(g_P/g_max)·sqrt(ln((t + t0 + t_read)/(2 t_read)))
///
/// Sources in README.md.
struct PcmStatistics {
    double g_max = 25e-6;            ///< [S]
    double t0 = 20.0;                ///< [s] when a programmed conductance is first read
    double t_read = 250e-9;          ///< [s]
    std::vector<double> programming; ///< [S] coefficients of powers of r
    StateLaw drift_mean;
    StateLaw drift_spread;
    StateLaw read; ///< used if read_power.scale is 0
    ReadPowerLaw read_power;

    [[nodiscard]] double programming_spread(double r) const; ///< [S]
    [[nodiscard]] double read_coefficient(double r) const;
    /// Factor of the conductance at the time t [s] after it was first read.
    [[nodiscard]] double drift_factor(double nu, double t) const;
    /// sqrt(ln((t + t0 + t_read)/(2 t_read)))
    [[nodiscard]] double read_growth(double t) const;
};

/// Standard deviation [S] of the conductance g [S] that a read-out of `integration_time` [s], 1 ns or more, finds: fast
/// noise that is new in every read-out, of the mushroom cells. A fit over a few ns to some µs.
double fast_read_noise(double g, double integration_time);

} // namespace ohmloom
