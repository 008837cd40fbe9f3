#pragma once

#include "devicemodels/cell_face.hpp"

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Cell whose current grows as a hyperbolic sine, the usual fit of thin-oxide and phase-change memories:
/// I = g·sinh(alpha·v)/alpha, with the zero-bias conductance g.
struct SinhCell {
    static constexpr bool is_linear = false, scales_with_g = true;

    double alpha = 1.0; ///< [1/V] nonlinearity; > 0

    /// Current [A] at the cell voltage `v` [V] of a cell with zero-bias conductance `g` [S].
    template <class T>
    [[nodiscard]] T current(T v, T g, T /*shape*/ = T{}) const {
        using std::sinh;
        return g * sinh(alpha * v) / alpha;
    }

    /// Slope dI/dv = g·cosh(alpha·v) [S].
    template <class T>
    [[nodiscard]] T slope(T v, T g, T /*shape*/ = T{}) const {
        using std::cosh;
        return g * cosh(alpha * v);
    }

    /// @throws InputError naming the parameter that is out of range.
    void validate() const;
    [[nodiscard]] std::string spice_current(double g, double shape, std::string_view v) const;
    [[nodiscard]] std::vector<CellFace> faces(const FormulaStyle& style) const;
    [[nodiscard]] CellFaceCall call_face(double g, double shape) const;

    friend bool operator==(const SinhCell&, const SinhCell&) = default;
};

} // namespace ohmloom
