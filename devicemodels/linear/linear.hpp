#pragma once

namespace ohmloom {

/// Ohmic cell: I = g·v.
struct LinearCell {
    static constexpr bool is_linear = true;

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

    friend bool operator==(const LinearCell&, const LinearCell&) = default;
};

} // namespace ohmloom
