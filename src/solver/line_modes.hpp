#pragma once

#include "solver/line_system.hpp"

#include <array>
#include <span>
#include <vector>

namespace ohmloom {

/// The modes of an array that the exchange between its rows and columns damps least: the coarse correction of the `lines` engine.
///
/// K = T_c⁻¹·Dᵀ·T_r⁻¹·D (see Chord) would be the product of one operator along the columns and one along the rows if all cells were
/// alike, and so would its eigenvectors: phi_i(row)·psi_j(line). The few with eigenvalues near 1 are smooth and nearly the same with
/// the cells' average in their place. To z = T_c⁻¹·f, which turns such a mode's error e into λ·e, the correction
///
///     z ← z + Σ_ij v_ij·λ_ij/(1 − λ_ij)·(v_ijᵀ·f),   v_ij = phi_i·psi_j,   v_ijᵀ·T_c·v_ij = 1
///
/// adds what is missing: S·v = (1 − λ)·T_c·v, so that z now takes away all of it. The sum is symmetric and not negative, so what it
/// is added to stays a preconditioner of conjugate gradients.
struct LineModes {
    static constexpr Index count = 6; ///< in each direction

    std::vector<std::array<double, count>> phi; ///< [rows] along the columns
    std::vector<std::array<double, count>> psi; ///< [lines] along the rows
    std::array<double, count * count> weight{}; ///< [i][j] λ/(1 − λ)
    double rest = 0.0; ///< largest eigenvalue of K that has no mode here, cells averaged
};

/// Largest eigenvalue of K, cells averaged; for cells of the given slopes [rows * lines] and lines that are not merged.
double estimate_contraction(const LineSystem& system, std::span<const double> slopes);

/// The modes for cells of the given slopes [rows * lines]; for lines that are not merged.
LineModes make_line_modes(const LineSystem& system, std::span<const double> slopes);

} // namespace ohmloom
