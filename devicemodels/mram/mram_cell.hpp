#pragma once

#include "devicemodels/cell_face.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Magnetic tunnel junction at rest: its resistance falls with voltage as the magnetoresistance does,
/// TMR(v) = TMR/(1 + (v/Vh)²), so that I = g·v·(1 + TMR)/(1 + TMR/(1 + (v/Vh)²)).
///
/// g [S] is the conductance at zero bias. The cell's second number is its TMR at zero bias: TMR of the junction in
/// the antiparallel state, 0 in the parallel state, which is ohmic.
struct MramCell {
    static constexpr bool is_linear = false, scales_with_g = true;

    double v_half = 0.5; ///< [V] voltage at which the TMR has fallen to one half; > 0

    [[nodiscard]] double current(double v, double g, double tmr = 0.0) const; ///< [A]
    [[nodiscard]] double slope(double v, double g, double tmr = 0.0) const;   ///< [S]

    /// @throws InputError naming the parameter that is out of range.
    void validate() const;
    [[nodiscard]] std::string spice_current(double g, double shape, std::string_view v) const;
    [[nodiscard]] std::vector<CellFace> faces(const FormulaStyle& style) const;
    [[nodiscard]] CellFaceCall call_face(double g, double shape) const;

    friend bool operator==(const MramCell&, const MramCell&) = default;
};

} // namespace ohmloom
