#pragma once

namespace ohmloom {

/// Growth and shrinking of a copper filament above thresholds, as a rate of its conductance g in [g_min, g_max], with
/// x = (g − g_min)/(g_max − g_min):
///
///     v >  v_p:  dg/dt =  k_p·(exp((v − v_p)/v_s) − 1)·exp(−beta_p·x)
///     v < −v_n:  dg/dt = −k_n·(exp((|v| − v_n)/v_s) − 1)·exp(−beta_n·(1 − x))
///     else:      dg/dt = −(g − level(g))/tau_decay, level: the next lower half quantum, if there is decay
///
/// Behavioural: all constants are placeholders but for the conductance quantum. See README.md.
struct FilamentGrowth {
    double g_min = 1e-6, g_max = 3.1e-4; ///< [S]
    double v_p = 0.25, v_n = 0.20;       ///< [V]
    double v_s = 0.03;                   ///< [V]
    double k_p = 1.0, k_n = 1.0;         ///< [S/s]
    double beta_p = 3.0, beta_n = 3.0;
    double tau_decay = 0.0; ///< [s]; 0: no decay

    /// Factor of k at the voltage v: positive where the filament grows, negative where it shrinks, 0 between.
    [[nodiscard]] double overdrive(double v) const;
    [[nodiscard]] double rate(double g, double v) const; ///< [S/s]
    /// Conductance after the time t [s] at constant voltage: the exact solution, within [g_min, g_max].
    [[nodiscard]] double after(double g, double v, double t) const;
    /// Time at the voltage v that leads from one conductance to another; infinite if v does not lead there.
    [[nodiscard]] double time_between(double from, double to, double v) const;
};

/// Half a conductance quantum, e²/h [S].
inline constexpr double half_quantum = 1.602176634e-19 * 1.602176634e-19 / 6.62607015e-34;

/// The nearest n·e²/h with n >= 1 that lies within the range, or g if none does.
double nearest_level(double g, double g_min, double g_max);
/// The greatest n·e²/h that is not above g, n >= 0.
double level_below(double g);

} // namespace ohmloom
