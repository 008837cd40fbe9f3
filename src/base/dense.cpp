#include "base/dense.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>

// NOLINTBEGIN(readability-identifier-naming): LAPACK's own names, for which the OpenBLAS package has no header.
extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dstev_(const char* job, const int* n, double* diagonal, double* beside, double* vectors, const int* ldz,
            double* work, int* info);
void dgesv_(const int* n, const int* nrhs, double* a, const int* lda, int* pivots, double* b, const int* ldb,
            int* info);
void dgeqrf_(const int* m, const int* n, double* a, const int* lda, double* tau, double* work,
             const int* lwork, int* info);
void dorgqr_(const int* m, const int* n, const int* k, double* a, const int* lda, const double* tau,
             double* work, const int* lwork, int* info);
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

/// What LAPACK, which reads column by column, takes for the matrix.
Matrix<double> transposed(const Matrix<double>& a) {
    Matrix<double> columns(a.cols(), a.rows());
    for (Index r = 0; r < a.rows(); ++r) {
        for (Index c = 0; c < a.cols(); ++c) columns(c, r) = a(r, c);
    }
    return columns;
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

Matrix<double> solve_dense(const Matrix<double>& a, const Matrix<double>& b) {
    OHMLOOM_ASSERT(a.rows() == a.cols() && a.rows() == b.rows());
    keep_blas_on_the_calling_thread();
    const int n = to_int(a.rows()), count = to_int(b.cols());
    // LAPACK reads column by column: hand it both transposed, and read the solution back the same way.
    Matrix<double> columns = transposed(a), x = transposed(b);
    std::vector<int> pivots(static_cast<std::size_t>(n));
    int info = 0;
    dgesv_(&n, &count, columns.data(), &n, pivots.data(), x.data(), &n, &info);
    if (info != 0)
        throw BackendError(fmt::format("a {} x {} linear system is singular (pivot {})", n, n, info));
    return transposed(x);
}

ThinQr thin_qr(const Matrix<double>& a) {
    OHMLOOM_ASSERT(a.rows() >= a.cols());
    keep_blas_on_the_calling_thread();
    const int m = to_int(a.rows()), n = to_int(a.cols());
    constexpr int block = 64;
    const int work_size = std::max(1, n) * block;
    Matrix<double> columns = transposed(a);
    std::vector<double> tau(static_cast<std::size_t>(n)), work(static_cast<std::size_t>(work_size));
    int info = 0;
    dgeqrf_(&m, &n, columns.data(), &m, tau.data(), work.data(), &work_size, &info);
    OHMLOOM_ASSERT(info == 0);
    ThinQr factors{{}, Matrix<double>(a.cols(), a.cols())};
    for (Index r = 0; r < a.cols(); ++r) {
        for (Index c = r; c < a.cols(); ++c) factors.r(r, c) = columns(c, r);
    }
    dorgqr_(&m, &n, &n, columns.data(), &m, tau.data(), work.data(), &work_size, &info);
    OHMLOOM_ASSERT(info == 0);
    factors.q = transposed(columns);
    return factors;
}

Matrix<double> solve_upper(const Matrix<double>& r, Matrix<double> b) {
    OHMLOOM_ASSERT(r.rows() == r.cols() && r.rows() == b.rows());
    keep_blas_on_the_calling_thread();
    if (b.empty()) return b;
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, to_int(b.rows()),
                to_int(b.cols()), 1.0, r.data(), to_int(r.cols()), b.data(), to_int(b.cols()));
    return b;
}

TridiagonalEigen tridiagonal_eigen(std::vector<double> diagonal, std::vector<double> beside) {
    OHMLOOM_ASSERT(diagonal.size() == beside.size() + 1);
    keep_blas_on_the_calling_thread();
    const auto size = static_cast<Index>(diagonal.size());
    const int n = to_int(size);
    Matrix<double> vectors(size, size); // LAPACK's columns are our rows
    std::vector<double> work(2 * diagonal.size());
    int info = 0;
    dstev_("V", &n, diagonal.data(), beside.data(), vectors.data(), &n, work.data(), &info);
    if (info != 0)
        throw BackendError(
            fmt::format("the eigenvalues of a {} x {} tridiagonal matrix were not found ({})", n, n, info));
    return {std::move(diagonal), std::move(vectors)};
}

namespace {

constexpr Index tile = 256;          ///< side of the pieces that one thread works on at a time
constexpr Index serial_front = 1024; ///< fronts up to this size are not worth cutting up

/// First rows or columns of the tiles of [begin, end).
struct TileRange {
    Index begin, end;
    [[nodiscard]] Index count() const { return (end - begin + tile - 1) / tile; }
    [[nodiscard]] Index first(Index i) const { return begin + i * tile; }
    [[nodiscard]] int length(Index i) const { return to_int(std::min(tile, end - first(i))); }
};

/// a [n x n] := its Cholesky factor; the result is as LAPACK's.
int factorise(double* a, Index n, Index lda) {
    const int order = to_int(n), step = to_int(lda);
    int info = 0;
    dpotrf_("L", &order, a, &step, &info);
    return info;
}

/// rows := rows·L⁻ᵀ for `count` rows of a panel of `n` columns.
void solve_rows(const double* l, double* rows, Index count, Index n, Index lda) {
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, to_int(count), to_int(n),
                1.0, l, to_int(lda), rows, to_int(lda));
}

int eliminate_on_this_thread(const FrontView& front) {
    const Index n = front.eliminated, kept = front.kept();
    if (const int pivot = factorise(front.panel, n, front.size); pivot != 0 || kept == 0) return pivot;
    double* f21 = front.panel + n;
    solve_rows(front.panel, f21, kept, n, front.size);
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, to_int(kept), to_int(n), -1.0, f21,
                to_int(front.size), 1.0, front.rest, to_int(kept));
    return 0;
}

/// Columns [begin, end) of the panel less what the columns [done, begin) take away.
void update_panel(const FrontView& front, Index done, Index begin) {
    const TileRange columns{begin, front.eliminated};
    const TileRange rows{begin, front.size};
    const int lda = to_int(front.size), depth = to_int(begin - done);
    const double* l = front.panel + done * front.size;
    parallel_for(rows.count() * columns.count(), [&](Index i) {
        const Index r = i % rows.count(), c = i / rows.count();
        if (r < c) return;
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, rows.length(r), columns.length(c), depth, -1.0,
                    l + rows.first(r), lda, l + columns.first(c), lda, 1.0,
                    front.panel + columns.first(c) * front.size + rows.first(r), lda);
    });
}

void update_rest(const FrontView& front) {
    const TileRange tiles{0, front.kept()};
    const int lda = to_int(front.size), ldc = to_int(front.kept()), depth = to_int(front.eliminated);
    const double* l = front.panel + front.eliminated;
    parallel_for(tiles.count() * tiles.count(), [&](Index i) {
        const Index r = i % tiles.count(), c = i / tiles.count();
        if (r < c) return;
        const double *left = l + tiles.first(r), *right = l + tiles.first(c);
        double* target = front.rest + tiles.first(c) * front.kept() + tiles.first(r);
        if (r == c) {
            cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, tiles.length(r), depth, -1.0, left, lda, 1.0,
                        target, ldc);
        } else {
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, tiles.length(r), tiles.length(c), depth,
                        -1.0, left, lda, right, lda, 1.0, target, ldc);
        }
    });
}

} // namespace

int eliminate_leading(const FrontView& front) {
    keep_blas_on_the_calling_thread();
    if (front.eliminated == 0) return 0;
    if (front.size <= serial_front) return eliminate_on_this_thread(front);
    for (Index done = 0; done < front.eliminated; done += tile) {
        const Index next = std::min(done + tile, front.eliminated);
        double* diagonal = front.panel + done * front.size + done;
        if (const int pivot = factorise(diagonal, next - done, front.size); pivot != 0)
            return to_int(done) + pivot;
        const TileRange rows{next, front.size};
        parallel_for(rows.count(), [&](Index r) {
            solve_rows(diagonal, front.panel + done * front.size + rows.first(r), rows.length(r), next - done,
                       front.size);
        });
        update_panel(front, done, next);
    }
    update_rest(front);
    return 0;
}

void back_substitute(const FrontView& front, double* x, Index batch) {
    keep_blas_on_the_calling_thread();
    if (front.eliminated == 0 || batch == 0) return;
    const int n = to_int(front.eliminated), rest = to_int(front.kept()), lda = to_int(front.size),
              count = to_int(batch);
    // Row-major x [size x batch] is column-major xᵀ [batch x size]: x₁ᵀ = −x₂ᵀ·L21·L11⁻¹.
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, count, n, rest, -1.0, x + front.eliminated * batch,
                count, front.panel + front.eliminated, lda, 0.0, x, count);
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, count, n, 1.0, front.panel,
                lda, x, count);
}

void forward_eliminate(const FrontView& front, double* f, Index batch) {
    keep_blas_on_the_calling_thread();
    if (front.eliminated == 0 || batch == 0) return;
    const int n = to_int(front.eliminated), rest = to_int(front.kept()), lda = to_int(front.size),
              count = to_int(batch);
    // Row-major f is column-major fᵀ: f₁ᵀ := f₁ᵀ·L11⁻ᵀ, f₂ᵀ −= f₁ᵀ·L21ᵀ.
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, count, n, 1.0, front.panel,
                lda, f, count);
    if (rest == 0) return;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, count, rest, n, -1.0, f, count,
                front.panel + front.eliminated, lda, 1.0, f + front.eliminated * batch, count);
}

std::string describe_blas() {
    return fmt::format("{}, kernels for {}", openblas_get_config(), openblas_get_corename());
}

} // namespace ohmloom
