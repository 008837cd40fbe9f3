#pragma once

#include <string>
#include <string_view>

namespace ohmloom {

/// Ohmic cell: I = g·v.
struct LinearCell {
    static constexpr bool is_linear = true, scales_with_g = true;

    /// Current [A] at the cell voltage `v` [V] of a cell with zero-bias conductance `g` [S].
    template <class T>
    [[nodiscard]] T current(T v, T g, T /*shape*/ = T{}) const {
        return g * v;
    }

    /// Slope dI/dv [S].
    template <class T>
    [[nodiscard]] T slope(T /*v*/, T g, T /*shape*/ = T{}) const {
        return g;
    }

    void validate() const {}
    [[nodiscard]] std::string spice_current(double g, double shape, std::string_view v) const;

    friend bool operator==(const LinearCell&, const LinearCell&) = default;
};

} // namespace ohmloom
