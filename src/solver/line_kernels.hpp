#pragma once

#include "solver/lanes.hpp"
#include "solver/line_system.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// Everything that a block of `lane_count` operating points needs, in arrays [node][lane] aligned to cache lines. Column-node arrays
/// have rows·lines nodes, row-node arrays rows·sites.
///
/// Newton's equations with the cell slopes D, row chains T_r = R + D and column chains T_c = C + D read
///
///     T_r·dw − D·db = f_w,    T_c·db − Dᵀ·dw = f_b,    S·db = f_b + Dᵀ·T_r⁻¹·f_w,    S = T_c − Dᵀ·T_r⁻¹·D
///
/// where f_w and f_b are minus the KCL errors. The factors of the chains are shared by all lanes for linear cells, else one per lane.
class LaneBlock {
public:
    explicit LaneBlock(const LineSystem& system);

    std::span<double> v_row, v_col; ///< terminal potentials [rows], [lines]
    std::span<double> w, b;         ///< node voltages
    std::span<double> f_w;          ///< minus the KCL error of the row nodes
    std::span<double> i_row, i_col; ///< line currents [rows], [lines]
    std::span<double> slope;        ///< D; empty for linear cells, which use LineSystem::g
    std::span<double> row_pivot,
        col_pivot;       ///< inverse pivots of the chains; merged lines: inverse of the line's sum
    std::span<double> x; ///< db, the unknown of the conjugate gradients
    std::span<double> r; ///< residual of S·x
    std::span<double> y; ///< residual, swept forward along the columns; merged lines: its sum, in row 0
    std::span<double> z, s, p, q; ///< T_c⁻¹·r, S·z, search direction, S·p
    std::span<double> scratch;    ///< one row
    std::span<double> row_step;   ///< [sites] the last step of a row, where the next one follows it

private:
    PageMemory memory_;
};

/// The steps of the engine, compiled for every instruction set and chosen at run time.
namespace line_kernels {

/// Factorises the chains at the slopes of the block: LDLᵀ of each tridiagonal line.
void factorise(const LineSystem& system, LaneBlock& block);

/// Evaluates cells and wires at (w, b): currents, slopes, and minus the KCL errors in f_w and r.
LaneErrors evaluate(const LineSystem& system, LaneBlock& block);

/// Eliminates the rows: r ← r + Dᵀ·T_r⁻¹·f_w, sweeps y forward, clears x, p, q. Returns the largest |r| of each lane.
Lanes begin(const LineSystem& system, LaneBlock& block);

/// Dot products that the conjugate gradients need.
struct Products {
    Lanes rz{};
    Lanes zs{};
};

/// Upward pass: z = T_c⁻¹·r by back substitution and s = S·z row by row, s = r − Dᵀ·T_r⁻¹·D·z.
Products ascend(const LineSystem& system, LaneBlock& block);

/// Downward pass: p ← z + beta·p, q ← s + beta·q, x ← x + alpha·p, r ← r − alpha·q, and y swept forward. Returns the largest |r|.
Lanes descend(const LineSystem& system, LaneBlock& block, const Lanes& alpha, const Lanes& beta);

/// Applies the step: b ← b + length·x, w ← w + length·T_r⁻¹·(f_w + D·x).
void advance(const LineSystem& system, LaneBlock& block, const Lanes& length);

/// Instruction set in use, such as "AVX3".
const char* instruction_set();

} // namespace line_kernels

} // namespace ohmloom
