#include "solver/klu_matrix.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <klu.h>

#include <algorithm>

namespace ohmloom {

struct KluMatrix::Handles {
    klu_l_common common{};
    klu_l_symbolic* symbolic = nullptr;
    klu_l_numeric* numeric = nullptr;

    Handles() { klu_l_defaults(&common); }
    ~Handles() {
        klu_l_free_numeric(&numeric, &common);
        klu_l_free_symbolic(&symbolic, &common);
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    void require_success(const char* step) const {
        if (common.status == KLU_OK) return;
        const char* why = common.status == KLU_SINGULAR        ? "the matrix is singular"
                          : common.status == KLU_OUT_OF_MEMORY ? "out of memory"
                          : common.status == KLU_TOO_LARGE     ? "the problem is too large"
                                                               : "invalid matrix";
        throw BackendError(fmt::format("KLU {} failed: {}", step, why));
    }
};

KluMatrix::KluMatrix(Index size, std::vector<std::pair<Index, Index>> places)
    : size_(size), handles_(std::make_unique<Handles>()) {
    // KLU wants compressed columns: order by column, then row.
    for (auto& [row, col] : places) std::swap(row, col);
    for (Index i = 0; i < size; ++i) places.emplace_back(i, i);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());

    col_begin_.assign(static_cast<std::size_t>(size) + 1, 0);
    row_index_.reserve(places.size());
    for (const auto& [col, row] : places) {
        ++col_begin_[static_cast<std::size_t>(col) + 1];
        row_index_.push_back(row);
    }
    for (std::size_t c = 1; c < col_begin_.size(); ++c) col_begin_[c] += col_begin_[c - 1];
    values_.assign(row_index_.size(), 0.0);

    handles_->symbolic = klu_l_analyze(size_, col_begin_.data(), row_index_.data(), &handles_->common);
    handles_->require_success("analysis");
}

KluMatrix::~KluMatrix() = default;
KluMatrix::KluMatrix(KluMatrix&&) noexcept = default;
KluMatrix& KluMatrix::operator=(KluMatrix&&) noexcept = default;

std::size_t KluMatrix::slot(Index row, Index col) const {
    const auto begin = row_index_.begin() + col_begin_[static_cast<std::size_t>(col)];
    const auto end = row_index_.begin() + col_begin_[static_cast<std::size_t>(col) + 1];
    const auto found = std::lower_bound(begin, end, row);
    OHMLOOM_ASSERT(found != end && *found == row);
    return static_cast<std::size_t>(found - row_index_.begin());
}

void KluMatrix::factorise() {
    klu_l_common& common = handles_->common;
    if (handles_->numeric != nullptr) {
        klu_l_refactor(col_begin_.data(), row_index_.data(), values_.data(), handles_->symbolic,
                       handles_->numeric, &common);
        if (common.status == KLU_OK) return;
        // The old pivot order broke down on the new values: choose pivots afresh.
        klu_l_free_numeric(&handles_->numeric, &common);
    }
    handles_->numeric =
        klu_l_factor(col_begin_.data(), row_index_.data(), values_.data(), handles_->symbolic, &common);
    handles_->require_success("factorisation");
}

void KluMatrix::solve(std::span<double> rhs) {
    OHMLOOM_ASSERT(static_cast<Index>(rhs.size()) == size_);
    klu_l_solve(handles_->symbolic, handles_->numeric, size_, 1, rhs.data(), &handles_->common);
    handles_->require_success("solve");
}

} // namespace ohmloom
