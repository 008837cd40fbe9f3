#pragma once

#include "solver/lanes.hpp"
#include "solver/line_modes.hpp"
#include "solver/line_system.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ohmloom {

/// Relaxation by alternating lines with Chebyshev momentum: what the `lines` engine tries first for many operating points at once.
///
/// One pass walks over the rows once, down or up. At a row it takes the columns' corrections db = T_c⁻¹·f_b that the last pass swept
/// towards it, solves the row for the new column voltages, and sweeps the columns' new KCL errors f_b onward, to be taken by the
/// next pass on its way back. So the array goes through the cache once per iteration, and no dot product holds up the lanes:
///
///     p ← momentum·p + length·T_c⁻¹·f_b,   b ← b + p,   T_r·dw = f_w,   w ← w + dw
///
/// The chains T_c = C + D and T_r = R + D hold one slope D of each cell for all lanes and passes (a chord), the KCL errors the cells'
/// own currents; so the result is that of the cells' law, and nonlinear cells need no factors of their own. K = T_c⁻¹·Dᵀ·T_r⁻¹·D has
/// eigenvalues in [0, ρ], ρ < 1, and b's errors shrink by Chebyshev's polynomial on [1 − ρ, 1]. K has no negative element, so ρ is at
/// most max (K·v)_i/v_i for any positive v (Collatz, Wielandt).
///
/// Source: Golub, Varga, Numer. Math. 3, 1961. doi:10.1007/BF01386013

/// What relaxation shares over all operating points of an array with unmerged lines: chains eliminated once.
struct Chord {
    /// A row node (r, s): link to the next site, tie to the source, 1/pivot, link/pivot.
    struct RowStep {
        double link, tie, pivot, gain;
    };
    /// A column node as a pass in one direction meets it.
    struct ColumnStep {
        double g = 0.0;         ///< zero-bias conductance of the cell
        double shape = 0.0;     ///< second number of its law
        double chord = 0.0;     ///< its slope D
        double tie = 0.0;       ///< to the sense potential
        double link = 0.0;      ///< to the node of the row before in this direction
        double pivot = 0.0;     ///< 1/pivot, eliminated in this direction
        double back_gain = 0.0; ///< link/pivot, eliminated in the other direction
    };

    double contraction = 0.0; ///< upper bound of ρ; with modes an estimate of what they leave
    bool coarse = false;      ///< whether the correction has modes
    LineModes modes;
    std::vector<RowStep> rows;    ///< [rows * sites]
    std::vector<ColumnStep> down; ///< [rows * lines] for passes from the first row to the last
    std::vector<ColumnStep> up;   ///< [rows * lines] and back

    /// Passes that bring the error down by `factor` < 1.
    [[nodiscard]] double passes(double factor) const;
};

/// The chord for cells that see up to `v_largest` volts; none if the cells' slopes vary too much for one to stand for them, or a line is merged.
std::optional<Chord> make_chord(const LineSystem& system, double v_largest);

/// Operating points in relaxation; arrays [node][lane] as in LaneBlock.
class RelaxationBlock {
public:
    /// Doubles per column node: its voltages b, and in single precision y, its swept KCL errors or corrections, and p, its last
    /// changes. These only say how to go on; every pass forms the errors anew from b, in double precision.
    static constexpr Index record = 2 * lane_count;

    /// `keep_rows`: w of all rows is wanted even if the cells are linear and passes need no more than one row's.
    RelaxationBlock(const LineSystem& system, bool keep_rows);

    std::span<double> v_row, v_col, i_row, i_col;
    std::span<double>
        w; ///< row voltages, `w_step` numbers from row to row: one row's for linear cells, unless all are kept
    Index w_step = 0;
    std::span<double> columns;    ///< [rows * lines][record]
    std::span<double> inflow;     ///< [lines] into the column nodes of the row at hand
    std::span<double> swept;      ///< [sites] its KCL errors, swept along the row
    std::span<double> amplitudes; ///< [modes] of the next coarse correction
    std::span<double> mode_sums;  ///< [modes] share of the KCL errors in each

private:
    PageMemory memory_;
};

namespace line_kernels {

/// Direction of a pass; the first has no correction to take.
enum class Pass { first_down, down, up };

/// How a pass takes the correction db: p ← momentum·p + length·db, b ← b + p.
struct Update {
    double momentum = 0.0;
    double length = 1.0;
    bool keep_change = true; ///< false if no later pass has momentum
};

/// One pass. Returns the largest KCL error of a column node and the largest row current, before the next correction.
LaneErrors relax(const LineSystem& system, const Chord& chord, RelaxationBlock& block, Pass pass,
                 const Update& update);

/// KCL errors and line currents of the block as it is.
LaneErrors measure(const LineSystem& system, const Chord& chord, RelaxationBlock& block);

} // namespace line_kernels

} // namespace ohmloom
