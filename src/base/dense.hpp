#pragma once

#include "base/matrix.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// a·b. @throws nothing; shapes must fit.
Matrix<double> multiply(const Matrix<double>& a, const Matrix<double>& b);

/// a·bᵀ.
Matrix<double> multiply_transposed(const Matrix<double>& a, const Matrix<double>& b);

/// aᵀ·b.
Matrix<double> transposed_multiply(const Matrix<double>& a, const Matrix<double>& b);

/// Solution X of a·X = b by LU with partial pivoting.
/// @throws BackendError if `a` is singular.
Matrix<double> solve_dense(const Matrix<double>& a, const Matrix<double>& b);

/// a = q·r with orthonormal columns q and upper triangular r (Householder).
struct ThinQr {
    Matrix<double> q; ///< [rows x cols]
    Matrix<double> r; ///< [cols x cols]
};

/// @throws nothing; `a` must have at least as many rows as columns.
ThinQr thin_qr(const Matrix<double>& a);

/// Solution x of r·x = b for upper triangular r whose diagonal is not 0.
Matrix<double> solve_upper(const Matrix<double>& r, Matrix<double> b);

/// Eigenvalues of a symmetric matrix, ascending, and its orthonormal eigenvectors, one per row.
struct TridiagonalEigen {
    std::vector<double> values;
    Matrix<double> vectors;
};

/// Of the tridiagonal matrix with this diagonal and these elements beside it, one fewer.
/// @throws BackendError if it is not found.
TridiagonalEigen tridiagonal_eigen(std::vector<double> diagonal, std::vector<double> beside);

/// Symmetric matrix F = [F11 F21ᵀ; F21 F22] that frontal elimination works on, in two pieces that the caller owns: the
/// columns to be eliminated, and the square of the others. Column by column; entries above the diagonal are not used.
struct FrontView {
    double* panel = nullptr; ///< [size x eliminated] F11 above F21
    double* rest = nullptr;  ///< [kept x kept] F22
    Index size = 0;
    Index eliminated = 0;
    [[nodiscard]] Index kept() const { return size - eliminated; }
    /// Column `c` of F, to be indexed by the row in F.
    [[nodiscard]] double* column(Index c) const {
        return c < eliminated ? panel + c * size : rest + (c - eliminated) * kept() - eliminated;
    }
};

/// Overwrites F11 by its Cholesky factor L11, F21 by L21 = F21·L11⁻ᵀ and F22 by the Schur complement F22 − L21·L21ᵀ.
/// Large fronts are worked on by all allowed threads, in tiles that do not depend on how many there are. Returns 0, or the
/// number of the first pivot, from 1, that is not positive.
int eliminate_leading(const FrontView& front);

/// Back substitution through an eliminated front, whose F22 is not needed any more: overwrites the leading entries of `x`
/// by −L11⁻ᵀ·L21ᵀ·x₂, the values that make the eliminated equations hold when the others are x₂. `x` is [size x batch]
/// row-major.
void back_substitute(const FrontView& front, double* x, Index batch);

/// Forward elimination through an eliminated front: overwrites `f` = [f₁; f₂], [size x batch] row-major, by
/// [L11⁻¹·f₁; f₂ − L21·L11⁻¹·f₁].
void forward_eliminate(const FrontView& front, double* f, Index batch);

/// The BLAS behind these kernels: its name, version and the processor it has chosen, in its own words.
std::string describe_blas();

} // namespace ohmloom
