#include "solver/complex_klu_matrix.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <klu.h>

#include <algorithm>

namespace ohmloom {

struct ComplexKluMatrix::Handles {
    klu_l_common common{};
    klu_l_symbolic* symbolic = nullptr;
    klu_l_numeric* numeric = nullptr;

    Handles() { klu_l_defaults(&common); }
    ~Handles() {
        klu_zl_free_numeric(&numeric, &common);
        klu_l_free_symbolic(&symbolic, &common);
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    void require_success(const char* step) const {
        if (common.status == KLU_OK) return;
        throw BackendError(fmt::format("KLU {} failed: {}", step,
                                       common.status == KLU_SINGULAR ? "the matrix is singular"
                                                                     : "out of memory or too large"));
    }
};

ComplexKluMatrix::ComplexKluMatrix(Index size, std::vector<std::pair<Index, Index>> places)
    : size_(size), handles_(std::make_unique<Handles>()) {
    for (auto& [row, col] : places) std::swap(row, col); // by column, then row
    for (Index i = 0; i < size; ++i) places.emplace_back(i, i);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    col_begin_.assign(static_cast<std::size_t>(size) + 1, 0);
    for (const auto& [col, row] : places) {
        ++col_begin_[static_cast<std::size_t>(col) + 1];
        row_index_.push_back(row);
    }
    for (std::size_t c = 1; c < col_begin_.size(); ++c) col_begin_[c] += col_begin_[c - 1];
    values_.assign(row_index_.size(), 0.0);
    handles_->symbolic = klu_l_analyze(size_, col_begin_.data(), row_index_.data(), &handles_->common);
    handles_->require_success("analysis");
}

ComplexKluMatrix::~ComplexKluMatrix() = default;
ComplexKluMatrix::ComplexKluMatrix(ComplexKluMatrix&&) noexcept = default;
ComplexKluMatrix& ComplexKluMatrix::operator=(ComplexKluMatrix&&) noexcept = default;

std::size_t ComplexKluMatrix::slot(Index row, Index col) const {
    const auto begin = row_index_.begin() + col_begin_[static_cast<std::size_t>(col)];
    const auto end = row_index_.begin() + col_begin_[static_cast<std::size_t>(col) + 1];
    const auto found = std::lower_bound(begin, end, row);
    OHMLOOM_ASSERT(found != end && *found == row);
    return static_cast<std::size_t>(found - row_index_.begin());
}

void ComplexKluMatrix::factorise() {
    klu_l_common& common = handles_->common;
    klu_zl_free_numeric(&handles_->numeric, &common);
    // std::complex<double> is laid out as two doubles, which is what KLU wants.
    handles_->numeric = klu_zl_factor(col_begin_.data(), row_index_.data(),
                                      reinterpret_cast<double*>(values_.data()), handles_->symbolic, &common);
    handles_->require_success("factorisation");
}

void ComplexKluMatrix::solve(std::span<std::complex<double>> rhs) {
    OHMLOOM_ASSERT(static_cast<Index>(rhs.size()) == size_);
    klu_zl_solve(handles_->symbolic, handles_->numeric, size_, 1, reinterpret_cast<double*>(rhs.data()),
                 &handles_->common);
    handles_->require_success("solve");
}

} // namespace ohmloom
