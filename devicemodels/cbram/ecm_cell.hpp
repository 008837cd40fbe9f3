#pragma once

#include "devicemodels/cell_face.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Copper filament cell of the published energy-threshold model (Cu/a-SiC/TiN): a field-assisted barrier current
/// while there is no filament, an ohmic one with it, and a limited current in both.
///
///     off:  I = ±i0·exp(√|v|·s)·tanh(|v|/v_passive)      i0, s by polarity; tanh makes the published law passive
///     on:   I = v/R_on, R_on by polarity
///     I = (1 − b)·I_off + b·I_on, then limited: I/(1 + |I/I_limit|^16)^(1/16)
///
/// b is how much of a filament there is; it follows from the cell's conductance at zero bias g [S], which the mix
/// of both states has for exactly one b. Between the polarities R_on passes smoothly within v_passive.
/// Source: Garcia-Redondo et al., TCAS-I 2016. doi:10.1109/TCSI.2016.2564703
struct EcmCell {
    static constexpr bool is_linear = false, scales_with_g = false;

    double i0_plus = 1e-13, i0_minus = 1e-13; ///< [A] at v -> 0+ and v -> 0-, before tanh
    double s_plus = 7.6, s_minus = 9.6;       ///< [1/V^0.5]
    double g_on_plus = 1.6e-4;                ///< [S] 1/R_on for v > 0
    double g_on_minus = 1.2e-4;               ///< [S] 1/R_on for v < 0
    double v_passive = 0.02;                  ///< [V] > 0
    double i_limit = 1e-4;                    ///< [A] compliance; > 0

    [[nodiscard]] double g_off() const { return 0.5 * (i0_plus + i0_minus) / v_passive; }
    [[nodiscard]] double g_on() const { return 0.5 * (g_on_plus + g_on_minus); }

    [[nodiscard]] double current(double v, double g, double shape = 0.0) const; ///< [A]
    [[nodiscard]] double slope(double v, double g, double shape = 0.0) const;   ///< [S]

    /// @throws InputError naming the parameter that is out of range.
    void validate() const;
    [[nodiscard]] std::string spice_current(double g, double shape, std::string_view v) const;
    [[nodiscard]] std::vector<CellFace> faces(const FormulaStyle& style) const;
    [[nodiscard]] CellFaceCall call_face(double g, double shape) const;

    friend bool operator==(const EcmCell&, const EcmCell&) = default;
};

} // namespace ohmloom
