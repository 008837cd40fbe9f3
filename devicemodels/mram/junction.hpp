#pragma once

namespace ohmloom {

constexpr double least_field = 0.05; ///< see Junction::field

/// A magnetic tunnel junction by the numbers its circuit feels. Positive m is parallel.
struct Junction {
    double r_p = 0.0;                     ///< [Ohm] parallel, at zero bias
    double tmr = 0.0;                     ///< (R_AP − R_P)/R_P at zero bias
    double v_half = 0.0;                  ///< [V] where the TMR has fallen to one half
    double delta = 0.0;                   ///< energy barrier over kT
    double ic_to_p = 0.0, ic_to_ap = 0.0; ///< [A] critical currents, both > 0
    double tau_d = 0.0;                   ///< [s] unit of time of the reversal
    double polarity =
        1.0; ///< +1: current from top to bottom favours the parallel state; −1: the antiparallel one
    double vcma = 0.0; ///< [1/V] by which the anisotropy field grows with the voltage, as a part of itself

    /// Current [A] at voltage v with the part p in [0, 1] of parallel alignment, p = (1 + m)/2: conductance is linear in
    /// m, so I = v/R_P·(w + p·TMR)/(w + TMR), w = 1 + (v/Vh)².
    [[nodiscard]] double current(double v, double p) const;
    /// Conductance at zero bias [S].
    [[nodiscard]] double conductance(double p) const;
    /// Current in units of the critical one; positive where it favours the parallel state.
    [[nodiscard]] double drive(double i) const;
    /// Anisotropy field at voltage v over that at 0 V. What a voltage leaves of it is kept above a twentieth: beyond, the
    /// equation of motion, which knows one axis only, would not hold.
    [[nodiscard]] double field(double v) const;
};

/// Material and shape of a perpendicular free layer: a disc.
struct Macrospin {
    double k_i = 0.0;                       ///< [J/m²] interface anisotropy
    double m_s = 0.0;                       ///< [A/m]
    double thickness = 0.0, diameter = 0.0; ///< [m]
    double alpha = 0.0;                     ///< Gilbert damping
    double polarisation = 0.0;
    double n_z = 0.0;           ///< demagnetisation factor along the axis; 0: that of a cylinder
    double temperature = 300.0; ///< [K]
    double n_x = -1.0;          ///< factor across it; negative: (1 − n_z)/2
    double xi = 0.0;            ///< [J/(V m)] voltage control of the anisotropy
    double t_oxide = 1e-9;      ///< [m] tunnel barrier, which xi works through
};

/// What follows from it.
struct MacrospinNumbers {
    double n_x = 0.0, n_z = 0.0;
    double h_k = 0.0; ///< [A/m] effective anisotropy field
    double delta = 0.0;
    double ic0 = 0.0;   ///< [A]
    double tau_d = 0.0; ///< [s]
    double vcma = 0.0;  ///< [1/V] see Junction
};

/// Hk = 2Ki/(µ0·Ms·t) − Ms(Nz − Nx); delta = µ0·Ms·Hk·V/(2kT); Ic0 = 4·alpha·e·kT·delta/(ħ·P) (efficiency P/2);
/// tau_d = (1 + alpha²)/(alpha·gamma0·µ0·Hk). Cylinder: Nz = 1/(1 + 2t/(r√π)), Nx = (1 − Nz)/2. A voltage adds
/// 2·xi·V/(µ0·Ms·t·t_oxide) to Hk.
/// @throws InputError if the easy axis is not perpendicular (Hk <= 0).
MacrospinNumbers macrospin_numbers(const Macrospin& free_layer);

/// TMR of two equal electrodes: 2P²/(1 − P²) (Jullière).
double julliere_tmr(double polarisation);

/// The published model of a perpendicular junction with temperature-dependent magnetisation, field and TMR, in the
/// units and with the constants of its source (CGS mixed with SI). Source in README.md: SPINLIB.
struct Spinlib {
    double t_oxide = 0.85e-9, t_free = 1.3e-9; ///< [m]
    double length = 40e-9, width = 40e-9;      ///< [m] axes of the ellipse
    double ra = 5e-12;                         ///< [Ohm m²]
    double tmr0 = 1.8, v_half = 0.5;           ///< at 0 K; [V]
    double alpha = 0.027, polarisation = 0.52;
    double h_k0 = 1433.0, m_s0 = 18342.0; ///< [Oe] both; m_s0 is 4πMs at 0 K
    double phi = 0.4;                     ///< [eV] barrier
    double tau0 = 0.87e-9;                ///< [s]
    double temperature = 300.0;           ///< [K]

    [[nodiscard]] double area() const; ///< [m²]
    [[nodiscard]] double r_p() const;  ///< [Ohm]
    [[nodiscard]] double m_s() const;  ///< [Oe]
    [[nodiscard]] double h_k() const;  ///< [Oe]
    [[nodiscard]] double tmr(double v) const;
    [[nodiscard]] double r_ap(double v) const; ///< [Ohm]
    [[nodiscard]] double delta() const;
    [[nodiscard]] double critical_current(double v) const; ///< [A]
    /// Mean time [s] of reversal at I/Ic = i: precessional above 1, thermal (exponent 1) below.
    [[nodiscard]] double mean_time(double i, double v) const;
};

} // namespace ohmloom
