#pragma once

#include "solver/line_kernels.hpp"
#include "solver/line_modes.hpp"

#include <array>
#include <span>
#include <vector>

namespace ohmloom {

/// One operating point of an array, laid out so that one alone fills the SIMD lanes: column recurrences run over
/// neighbouring columns side by side, row recurrences over `strip_rows` rows side by side, with a transposition in registers
/// between them. Node arrays are row-major as in LineSystem; meanings as in LaneBlock.
class SinglePoint {
public:
    static constexpr Index strip_rows = 16;
    static constexpr Index site_padding = 8; ///< a strip's sites are filled up to a multiple of it

    explicit SinglePoint(const LineSystem& system);

    std::span<double> v_row, v_col, w, b, f_w, i_row, i_col;
    std::span<const double> slope; ///< D; that of linear cells is LineSystem::g
    std::span<double> slopes;      ///< [rows * lines] where an evaluation writes D; empty for linear cells
    double shape = 0.0;            ///< second number of the cells' law, if all cells have the same
    bool one_shape = true;         ///< whether they have
    std::span<double>
        row_pivot; ///< [strips][padded_sites][strip_rows] inverse pivots; merged rows: [rows] inverse sums
    std::span<double>
        row_gain; ///< [strips][padded_sites][strip_rows] link to the next node times inverse pivot
    std::span<double> col_pivot; ///< [rows * lines]; merged columns: [lines] inverse sums
    std::span<double> x, r, y, z, s, p, q;
    Index padded_sites = 0;
    std::span<double>
        strip; ///< [strip_rows][padded_sites] right-hand sides, then solutions, of the rows of a strip
    std::span<double> swept; ///< [padded_sites][strip_rows] scratch

    std::span<double> paired; ///< [lines] scratch of arrays with two lines per site
    bool fresh = true;        ///< no step has been taken since begin(): x, p and q hold nothing yet

    // Coarse correction of z by the array's smoothest modes, if there is one; y then holds T_c⁻¹·r alone on its way up. Without
    // it and with unmerged columns, z and y are one.
    bool coarse = false;
    LineModes modes;
    std::span<double> psi;   ///< [modes][lines] LineModes::psi
    std::span<double> added; ///< [3][lines] the correction of three rows in turn
    std::array<double, LineModes::count * LineModes::count> sums{}; ///< share of r in each mode

private:
    PageMemory memory_;
};

namespace line_kernels {

using One = std::array<double, 1>;

/// KCL error and scale after an evaluation; see LaneErrors.
struct PointErrors {
    One error{}, current{}, rounding{};
};

/// Dot products; see Products.
struct PointProducts {
    One rz{}, zs{};
};

// The steps of the engine for one operating point; each does what its namesake does for a block of lanes.
void factorise(const LineSystem& system, SinglePoint& point);
PointErrors evaluate(const LineSystem& system, SinglePoint& point);
One begin(const LineSystem& system, SinglePoint& point);
PointProducts ascend(const LineSystem& system, SinglePoint& point);
One descend(const LineSystem& system, SinglePoint& point, const One& alpha, const One& beta);
void advance(const LineSystem& system, SinglePoint& point, const One& length);

} // namespace line_kernels

} // namespace ohmloom
