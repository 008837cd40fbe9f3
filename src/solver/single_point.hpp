#pragma once

#include "solver/lanes.hpp"
#include "solver/line_modes.hpp"
#include "solver/line_system.hpp"

#include <array>
#include <optional>
#include <span>
#include <type_traits>

namespace ohmloom {

class SinglePoint;

/// What the conjugate gradients for a step of one operating point need, in double or in single precision: the chains' factors and the
/// vectors. Node arrays are row-major as in LineSystem; meanings as in LaneBlock, the step and its residual multiplied by `scale`.
///
/// One point alone fills the SIMD lanes: column recurrences run over neighbouring columns side by side, row recurrences over
/// `strip_rows` rows side by side, with a transposition in registers between them.
template <class T>
class PointGradients {
public:
    static constexpr Index strip_rows = 16;
    /// A strip's sites are filled up to a multiple of it.
    static constexpr Index site_padding = 64 / static_cast<Index>(sizeof(T));
    static constexpr bool is_double = std::is_same_v<T, double>;
    /// The system's own numbers where they have this precision.
    using Wires = std::conditional_t<is_double, const NodeRows<double>&, NodeRows<T>>;

    /// Arrays for the point's steps; it must outlive them, and so must the system.
    PointGradients(const LineSystem& system, SinglePoint& point);

    Wires col_link, col_tie;
    std::span<const T> g; ///< [rows * lines] D; in double precision SinglePoint::slope
    std::span<T> own_g;   ///< in single precision what g is written through
    std::span<T>
        row_pivot; ///< [strips][padded_sites][strip_rows] inverse pivots; merged rows: [rows] inverse sums
    std::span<T>
        row_gain; ///< [strips][padded_sites][strip_rows] link to the next node times inverse pivot; empty if
                  ///< the rows' wires are alike
    std::span<T> row_link;            ///< [padded_sites] then the links
    std::span<T> col_pivot;           ///< [rows * lines]; merged columns: [lines] inverse sums
    std::span<T> x, r, y, z, s, p, q; ///< z and y are one, but for merged columns
    Index padded_sites = 0;
    std::span<T>
        strip; ///< [strip_rows][padded_sites] right-hand sides, then solutions, of the rows of a strip
    std::span<T> swept;  ///< [padded_sites][strip_rows] scratch
    std::span<T> paired; ///< [lines] scratch of arrays with two lines per site
    double scale =
        1.0; ///< in single precision a power of two that keeps the smallest residuals above its range
    bool fresh = true; ///< no step has been taken since begin(): x, p and q hold nothing yet

    // Coarse correction of z by the array's smoothest modes, if the point has one.
    std::span<T> psi;    ///< [modes][lines] LineModes::psi
    std::span<T> added;  ///< [3][lines] the correction of three rows in turn
    std::span<T> solved; ///< [2][lines] T_c⁻¹·r alone of two rows in turn, on the way up
    std::array<double, LineModes::count * LineModes::count> sums{}; ///< share of r in each mode

private:
    PageMemory memory_;
};

/// One operating point of an array: its node voltages and KCL errors, in double precision, and the arrays to improve them by.
class SinglePoint {
public:
    explicit SinglePoint(const LineSystem& system);

    std::span<double> v_row, v_col; ///< terminal potentials [rows], [lines]
    std::span<double> w, b;         ///< node voltages
    std::span<double> f_w, f_b;     ///< minus the KCL errors
    std::span<double> i_row, i_col; ///< line currents [rows], [lines]
    std::span<const double> slope;  ///< D; that of linear cells is LineSystem::g
    std::span<double> slopes;       ///< [rows * lines] where an evaluation writes D; empty for linear cells
    std::span<double> paired;       ///< [lines] scratch of arrays with two lines per site
    double shape = 0.0;             ///< second number of the cells' law, if all cells have the same
    bool one_shape = true;          ///< whether they have
    double largest_error = 0.0;     ///< [A] of f_w and f_b
    double step_rounding = 0.0; ///< [A] what rounding leaves of the step, from its first iteration: ε·link·x
    bool coarse = false;        ///< whether the modes correct the preconditioner
    LineModes modes;

    /// Steps are in single precision, unless `in_double`; see use_double_precision().
    bool in_double = false;
    std::optional<PointGradients<float>> singles;
    std::optional<PointGradients<double>> doubles;

    /// Starts every node at the potential of its own terminal, with steps in single precision.
    void start(const LineSystem& system);
    /// Takes the further steps to the same point in double precision. What was factorised is so no more.
    void use_double_precision(const LineSystem& system);

private:
    PageMemory memory_;
};

} // namespace ohmloom
