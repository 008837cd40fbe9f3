#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// What a linear array has done t after its terminals jumped, from 0 V everywhere: the exact map from steps to currents and charges.
///
/// Ports are the row sources, then the sense potentials, as in PortMatrix; currents are positive into the array.
/// Row k of a matrix answers 1 V at the k-th driven port: the map to apply is its transpose.
struct [[nodiscard]] SettledResponse {
    std::vector<double> times;           ///< [s]
    std::vector<Matrix<double>> current; ///< [times] of [driven x ports] [S] current at t
    std::vector<Matrix<double>>
        charge; ///< [times] of [driven x ports] [F] current integrated from 0 to t, jumps included
    Matrix<double> settled; ///< [driven x ports] [S] current when nothing moves any more
    /// Part of each current's decaying share that the series leave out, at most, relative to the largest of its terms.
    double error = 0.0;
    double residual = 0.0; ///< largest KCL error of all solutions, relative to what was asked
    int solutions = 0;     ///< of the array, for each 16 driven ports
};

struct SettledOptions {
    double tolerance = 1e-6;
    std::vector<Index> driven; ///< ports that jump, one after the other; empty: the row sources
};

/// Settled-by-t responses of an array with linear cells that is_line_system(), at rising times > 0.
///
/// From v(0+) on, v(t) = v_end − exp(−A·t)·(v_end − v(0+)), A = C⁻¹·G with eigenvalues λ in [0, ∞]. On y = (λ − σ)/(λ + σ) in
/// [−1, 1] the exponential is a smooth function of y, which Chebyshev polynomials of moderate degree meet for times within about a decade:
///
///     exp(−A·t)·u = Σ_k c_k(t)·T_k(Y)·u,    Y·u = u − 2σ·(G + σ·C)⁻¹·C·u
///
/// So a few dozen solutions with one matrix, which does not depend on t, give currents and charges at any of these times. The times are cut
/// into groups, each with the σ that needs the fewest.
/// @throws InputError if the crossbar is not valid or not linear, has no chains, or a time is out of range.
SettledResponse settled_response(const Crossbar& crossbar, std::span<const double> times,
                                 const SettledOptions& options = {});

} // namespace ohmloom
