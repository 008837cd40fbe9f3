#include "klu_solver.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <klu.h>

namespace ohmloom::benchmarks {

namespace {

class KluSolver final : public DirectSolver {
public:
    KluSolver() { klu_defaults(&common_); }
    ~KluSolver() override { release(); }
    KluSolver(const KluSolver&) = delete;
    KluSolver& operator=(const KluSolver&) = delete;

    [[nodiscard]] Triangle stored() const override { return Triangle::full; }

    void analyse(const SparseMatrix& matrix) override {
        release();
        size_ = static_cast<int>(matrix.size);
        symbolic_ = klu_analyze(size_, pattern(matrix.col_begin), pattern(matrix.row_index), &common_);
        require_success("analysis");
    }

    void factorise(const SparseMatrix& matrix) override {
        int *begin = pattern(matrix.col_begin), *row = pattern(matrix.row_index);
        auto* values = const_cast<double*>(matrix.values.data());
        if (numeric_ == nullptr) {
            numeric_ = klu_factor(begin, row, values, symbolic_, &common_);
        } else {
            klu_refactor(begin, row, values, symbolic_, numeric_, &common_);
        }
        require_success("factorisation");
    }

    void solve(std::span<double> x, Index count) override {
        klu_solve(symbolic_, numeric_, size_, static_cast<int>(count), x.data(), &common_);
        require_success("solve");
    }

    [[nodiscard]] FactorWork work() override {
        klu_flops(symbolic_, numeric_, &common_);
        return {common_.flops, 8.0 * (numeric_->lnz + numeric_->unz)};
    }

private:
    /// KLU takes what it only reads without const.
    static int* pattern(const std::vector<int>& indices) { return const_cast<int*>(indices.data()); }

    void release() {
        klu_free_numeric(&numeric_, &common_);
        klu_free_symbolic(&symbolic_, &common_);
    }

    void require_success(const char* step) const {
        if (common_.status != KLU_OK)
            throw BackendError(
                fmt::format("KLU {} of {} unknowns failed with status {}", step, size_, common_.status));
    }

    klu_common common_{};
    klu_symbolic* symbolic_ = nullptr;
    klu_numeric* numeric_ = nullptr;
    int size_ = 0;
};

} // namespace

std::unique_ptr<DirectSolver> make_klu_solver() {
    return std::make_unique<KluSolver>();
}

} // namespace ohmloom::benchmarks
