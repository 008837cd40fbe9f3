#include "base/dense.hpp"

#include "base/errors.hpp"

#include <cblas.h>
#include <fmt/format.h>

// NOLINTBEGIN(readability-identifier-naming): LAPACK's own names, for which the OpenBLAS package has no header.
extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dgesv_(const int* n, const int* nrhs, double* a, const int* lda, int* pivots, double* b, const int* ldb,
            int* info);
}
// NOLINTEND(readability-identifier-naming)

namespace ohmloom {

namespace {

/// Our parallel loops call the kernels from many threads at once; threads inside BLAS would only get in their
/// way.
void keep_blas_on_the_calling_thread() {
    [[maybe_unused]] static const bool once = [] {
        openblas_set_num_threads(1);
        return true;
    }();
}

int to_int(Index n) {
    return static_cast<int>(n);
}

} // namespace

Matrix<double> multiply(const Matrix<double>& a, const Matrix<double>& b) {
    OHMLOOM_ASSERT(a.cols() == b.rows());
    keep_blas_on_the_calling_thread();
    Matrix<double> c(a.rows(), b.cols());
    if (c.empty() || a.cols() == 0) return c;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, to_int(a.rows()), to_int(b.cols()),
                to_int(a.cols()), 1.0, a.data(), to_int(a.cols()), b.data(), to_int(b.cols()), 0.0, c.data(),
                to_int(c.cols()));
    return c;
}

Matrix<double> multiply_transposed(const Matrix<double>& a, const Matrix<double>& b) {
    OHMLOOM_ASSERT(a.cols() == b.cols());
    keep_blas_on_the_calling_thread();
    Matrix<double> c(a.rows(), b.rows());
    if (c.empty() || a.cols() == 0) return c;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_int(a.rows()), to_int(b.rows()), to_int(a.cols()),
                1.0, a.data(), to_int(a.cols()), b.data(), to_int(b.cols()), 0.0, c.data(), to_int(c.cols()));
    return c;
}

Matrix<double> transposed_multiply(const Matrix<double>& a, const Matrix<double>& b) {
    OHMLOOM_ASSERT(a.rows() == b.rows());
    keep_blas_on_the_calling_thread();
    Matrix<double> c(a.cols(), b.cols());
    if (c.empty() || a.rows() == 0) return c;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, to_int(a.cols()), to_int(b.cols()), to_int(a.rows()),
                1.0, a.data(), to_int(a.cols()), b.data(), to_int(b.cols()), 0.0, c.data(), to_int(c.cols()));
    return c;
}

Matrix<double> solve_dense(Matrix<double> a, const Matrix<double>& b) {
    OHMLOOM_ASSERT(a.rows() == a.cols() && a.rows() == b.rows());
    keep_blas_on_the_calling_thread();
    const int n = to_int(a.rows()), count = to_int(b.cols());
    // LAPACK reads column by column: hand it both transposed, and read the solution back the same way.
    Matrix<double> columns(a.cols(), a.rows()), x(b.cols(), b.rows());
    for (Index r = 0; r < a.rows(); ++r) {
        for (Index c = 0; c < a.cols(); ++c) columns(c, r) = a(r, c);
        for (Index c = 0; c < b.cols(); ++c) x(c, r) = b(r, c);
    }
    std::vector<int> pivots(static_cast<std::size_t>(n));
    int info = 0;
    dgesv_(&n, &count, columns.data(), &n, pivots.data(), x.data(), &n, &info);
    if (info != 0)
        throw BackendError(fmt::format("a {} x {} linear system is singular (pivot {})", n, n, info));
    Matrix<double> solution(b.rows(), b.cols());
    for (Index r = 0; r < b.rows(); ++r) {
        for (Index c = 0; c < b.cols(); ++c) solution(r, c) = x(c, r);
    }
    return solution;
}

void eliminate_leading(SymmetricFront& front, Index count) {
    keep_blas_on_the_calling_thread();
    const int n = to_int(count), lda = to_int(front.size), rest = to_int(front.size - count);
    if (n == 0) return;
    double* f11 = front.lower.data();
    int info = 0;
    dpotrf_("L", &n, f11, &lda, &info);
    if (info != 0) {
        throw BackendError(
            fmt::format("condensation lost positive definiteness (pivot {} of {}): the conductances span "
                        "more than double precision holds; try the mna engine",
                        info, n));
    }
    if (rest == 0) return;
    double* f21 = f11 + count;
    double* f22 = f11 + count * front.size + count;
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, rest, n, 1.0, f11, lda, f21,
                lda);
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, rest, n, -1.0, f21, lda, 1.0, f22, lda);
}

void back_substitute(const SymmetricFront& front, Index count, Matrix<double>& x) {
    OHMLOOM_ASSERT(x.rows() == front.size);
    keep_blas_on_the_calling_thread();
    if (count == 0 || x.cols() == 0) return;
    const int n = to_int(count), rest = to_int(front.size - count), lda = to_int(front.size),
              batch = to_int(x.cols());
    const double* l11 = front.lower.data();
    // Row-major x [size x batch] is column-major xᵀ [batch x size]: x₁ᵀ = −x₂ᵀ·L21·L11⁻¹.
    double* x1 = x.data();
    const double* x2 = x.data() + count * x.cols();
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, batch, n, rest, -1.0, x2, batch, l11 + count, lda,
                0.0, x1, batch);
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, batch, n, 1.0, l11, lda,
                x1, batch);
}

} // namespace ohmloom
