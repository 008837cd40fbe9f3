#pragma once

#include "base/matrix.hpp"

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
Matrix<double> solve_dense(Matrix<double> a, const Matrix<double>& b);

/// Symmetric matrix of which the lower triangle is stored, column by column: what frontal elimination works
/// on.
struct SymmetricFront {
    Index size = 0;
    std::vector<double> lower; ///< [size * size] column-major; entries above the diagonal are not used

    SymmetricFront() = default;
    explicit SymmetricFront(Index n) : size(n), lower(static_cast<std::size_t>(n * n), 0.0) {}
    double& at(Index row, Index col) { return lower[static_cast<std::size_t>(col * size + row)]; }
    [[nodiscard]] double at(Index row, Index col) const {
        return lower[static_cast<std::size_t>(col * size + row)];
    }
};

/// Eliminates the first `count` variables: with F = [F11 F21ᵀ; F21 F22], overwrites F11 by its Cholesky
/// factor L11, F21 by L21 = F21·L11⁻ᵀ and F22 by the Schur complement F22 − L21·L21ᵀ.
/// @throws BackendError if F11 is not positive definite.
void eliminate_leading(SymmetricFront& front, Index count);

/// Back substitution through the first `count` columns of an eliminated front: overwrites the leading `count`
/// entries of `x` by −L11⁻ᵀ·L21ᵀ·x₂, the values that make the eliminated equations hold when the others are
/// x₂. `x` is [size x batch] row-major.
void back_substitute(const SymmetricFront& front, Index count, Matrix<double>& x);

} // namespace ohmloom
