#pragma once

#include "devicemodels/cell_face.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Phase-change cell: I = g·(sinh(alpha·v)/alpha + c3·v³ + c5·v⁵).
///
/// g [S] is the conductance at zero bias; alpha [1/V], the cell's second number, is the reciprocal of the voltage on
/// which trap-limited conduction in its amorphous part grows, and 0 for an ohmic cell.
struct PcmCell {
    static constexpr bool is_linear = false, scales_with_g = true;
    static constexpr double smallest_alpha = 1e-9; ///< [1/V] below it a cell is ohmic to double precision

    double c3 = 0.0; ///< [1/V^2] >= 0
    double c5 = 0.0; ///< [1/V^4] >= 0

    [[nodiscard]] double current(double v, double g, double alpha = 0.0) const; ///< [A]
    [[nodiscard]] double slope(double v, double g, double alpha = 0.0) const;   ///< [S]

    /// @throws InputError naming the parameter that is out of range.
    void validate() const;
    [[nodiscard]] std::string spice_current(double g, double shape, std::string_view v) const;
    [[nodiscard]] std::vector<CellFace> faces(const FormulaStyle& style) const;
    [[nodiscard]] CellFaceCall call_face(double g, double shape) const;

    friend bool operator==(const PcmCell&, const PcmCell&) = default;
};

} // namespace ohmloom
