#include "cholmod_solver.hpp"

#include "base/errors.hpp"

#include <cholmod.h>
#include <fmt/format.h>

#include <algorithm>

namespace ohmloom::benchmarks {

namespace {

/// Right-hand sides that go through the factor together: fewer re-read the factor more often, more no longer fit the
/// cache.
constexpr Index most_together = 32;

class CholmodSolver final : public DirectSolver {
public:
    explicit CholmodSolver(CholmodOrdering ordering) {
        cholmod_start(&common_);
        common_.supernodal = CHOLMOD_SUPERNODAL;
        common_.nmethods = 1;
        common_.method[0].ordering = ordering == CholmodOrdering::metis ? CHOLMOD_METIS : CHOLMOD_AMD;
        common_.print = 0;
    }
    ~CholmodSolver() override {
        cholmod_free_dense(&solution_, &common_);
        cholmod_free_dense(&y_, &common_);
        cholmod_free_dense(&e_, &common_);
        cholmod_free_factor(&factor_, &common_);
        cholmod_finish(&common_);
    }
    CholmodSolver(const CholmodSolver&) = delete;
    CholmodSolver& operator=(const CholmodSolver&) = delete;

    [[nodiscard]] Triangle stored() const override { return Triangle::lower; }

    void analyse(const SparseMatrix& matrix) override {
        cholmod_free_factor(&factor_, &common_);
        cholmod_sparse view = view_of(matrix);
        factor_ = cholmod_analyze(&view, &common_);
        require_success(factor_ != nullptr, "analysis");
    }

    void factorise(const SparseMatrix& matrix) override {
        cholmod_sparse view = view_of(matrix);
        const bool done = cholmod_factorize(&view, factor_, &common_) != 0;
        require_success(done && factor_->minor == factor_->n, "factorisation");
    }

    void solve(std::span<double> x, Index count) override {
        const auto size = static_cast<Index>(factor_->n);
        for (Index first = 0; first < count; first += most_together) {
            const Index together = std::min(most_together, count - first);
            double* begin = x.data() + first * size;
            cholmod_dense rhs = view_of(begin, size, together);
            const bool done = cholmod_solve2(CHOLMOD_A, factor_, &rhs, nullptr, &solution_, nullptr, &y_, &e_,
                                             &common_) != 0;
            require_success(done, "solve");
            std::copy_n(static_cast<const double*>(solution_->x), size * together, begin);
        }
    }

    [[nodiscard]] FactorWork work() override { return {common_.fl, 8.0 * common_.lnz}; }

private:
    /// CHOLMOD takes what it only reads without const.
    static cholmod_sparse view_of(const SparseMatrix& matrix) {
        cholmod_sparse view{};
        view.nrow = view.ncol = static_cast<std::size_t>(matrix.size);
        view.nzmax = matrix.values.size();
        view.p = const_cast<int*>(matrix.col_begin.data());
        view.i = const_cast<int*>(matrix.row_index.data());
        view.x = const_cast<double*>(matrix.values.data());
        view.stype = -1; // the lower triangle of a symmetric matrix
        view.itype = CHOLMOD_INT;
        view.xtype = CHOLMOD_REAL;
        view.dtype = CHOLMOD_DOUBLE;
        view.sorted = 1;
        view.packed = 1;
        return view;
    }

    static cholmod_dense view_of(double* x, Index size, Index count) {
        cholmod_dense view{};
        view.nrow = view.d = static_cast<std::size_t>(size);
        view.ncol = static_cast<std::size_t>(count);
        view.nzmax = view.nrow * view.ncol;
        view.x = x;
        view.xtype = CHOLMOD_REAL;
        view.dtype = CHOLMOD_DOUBLE;
        return view;
    }

    void require_success(bool done, const char* step) const {
        if (!done || common_.status != CHOLMOD_OK)
            throw BackendError(fmt::format("CHOLMOD {} failed with status {}", step, common_.status));
    }

    cholmod_common common_{};
    cholmod_factor* factor_ = nullptr;
    cholmod_dense *solution_ = nullptr, *y_ = nullptr, *e_ = nullptr;
};

} // namespace

std::unique_ptr<DirectSolver> make_cholmod_solver(CholmodOrdering ordering) {
    return std::make_unique<CholmodSolver>(ordering);
}

} // namespace ohmloom::benchmarks
