#pragma once

#include "devicemodels/card.hpp"
#include "devicemodels/device_model.hpp"

namespace ohmloom {

/// How phase-change cells conduct: the form of their current, and its temperature dependence.
///
///     alpha(r) = (1 − r)/v0 at the reference temperature t_ref, alpha ~ 1/T       (r = g/g_max: crystalline is ohmic)
///     g(T) = g·exp(−Ea(r)/k·(1/T − 1/t_ref)), Ea from ea_reset (r = 0) to ea_set (r = 1) along a straight line
struct PcmConduction {
    double g_max = 25e-6;                ///< [S]
    double v0 = 0.25;                    ///< [V] of the fully amorphous cell; infinite: ohmic
    PcmCell law;                         ///< polynomial coefficients
    double ea_reset = 0.0, ea_set = 0.0; ///< [eV]
    double t_ref = 300.0;                ///< [K]

    [[nodiscard]] double alpha(double g) const;                    ///< [1/V] at t_ref
    [[nodiscard]] double thermal_factor(double g, double t) const; ///< g(t)/g(t_ref)
    [[nodiscard]] CellNumbers at(double g, double alpha, double g_programmed, double t) const;
};

PcmConduction conduction_of(const Card& card);
/// The values that `conduction_of` reads.
std::vector<ParameterSpec> conduction_parameters();

} // namespace ohmloom
