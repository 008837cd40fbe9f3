#include "solver/klu_matrix.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>
#include <klu.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

constexpr std::size_t most_analyses = 8;                   ///< remembered
constexpr std::size_t most_places = std::size_t{1} << 20U; ///< of a pattern that is remembered
constexpr double least_pivot_growth =
    1e-10; ///< reciprocal; with less, an old pivot order costs too many digits

void require_success(const klu_l_common& common, const char* step) {
    if (common.status == KLU_OK) return;
    const char* why = common.status == KLU_SINGULAR        ? "the matrix is singular"
                      : common.status == KLU_OUT_OF_MEMORY ? "out of memory"
                      : common.status == KLU_TOO_LARGE     ? "the problem is too large"
                                                           : "invalid matrix";
    throw BackendError(fmt::format("KLU {} failed: {}", step, why));
}

SparsePattern make_pattern(Index size, std::vector<std::pair<Index, Index>> places) {
    // KLU wants compressed columns: order by column, then row.
    for (auto& [row, col] : places) std::swap(row, col);
    for (Index i = 0; i < size; ++i) places.emplace_back(i, i);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());

    SparsePattern pattern;
    pattern.col_begin.assign(static_cast<std::size_t>(size) + 1, 0);
    pattern.row_index.reserve(places.size());
    for (const auto& [col, row] : places) {
        ++pattern.col_begin[static_cast<std::size_t>(col) + 1];
        pattern.row_index.push_back(row);
    }
    for (std::size_t c = 1; c < pattern.col_begin.size(); ++c)
        pattern.col_begin[c] += pattern.col_begin[c - 1];
    return pattern;
}

} // namespace

struct KluAnalysis {
    SparsePattern pattern;
    klu_l_symbolic* symbolic = nullptr;

    explicit KluAnalysis(SparsePattern of) : pattern(std::move(of)) {
        klu_l_common common{};
        klu_l_defaults(&common);
        symbolic = klu_l_analyze(static_cast<std::int64_t>(pattern.col_begin.size()) - 1, col_begin(),
                                 row_index(), &common);
        require_success(common, "analysis");
    }
    ~KluAnalysis() {
        klu_l_common common{};
        klu_l_defaults(&common);
        klu_l_free_symbolic(&symbolic, &common);
    }
    KluAnalysis(const KluAnalysis&) = delete;
    KluAnalysis& operator=(const KluAnalysis&) = delete;

    // KLU's functions take what they only read as pointers to what they might change.
    [[nodiscard]] std::int64_t* col_begin() const {
        return const_cast<std::int64_t*>(pattern.col_begin.data());
    }
    [[nodiscard]] std::int64_t* row_index() const {
        return const_cast<std::int64_t*>(pattern.row_index.data());
    }
};

std::shared_ptr<const KluAnalysis> KluAnalyses::of(SparsePattern pattern) {
    {
        const std::scoped_lock lock(mutex_);
        const auto found = std::find_if(recent_.begin(), recent_.end(),
                                        [&](const auto& known) { return known->pattern == pattern; });
        if (found != recent_.end()) {
            std::rotate(found, found + 1, recent_.end());
            return recent_.back();
        }
    }
    // Two threads may analyse one pattern at the same time: that costs time and nothing else.
    auto analysis = std::make_shared<const KluAnalysis>(std::move(pattern));
    const std::scoped_lock lock(mutex_);
    ++made_;
    if (analysis->pattern.row_index.size() <= most_places) {
        if (recent_.size() == most_analyses) recent_.erase(recent_.begin());
        recent_.push_back(analysis);
    }
    return analysis;
}

int KluAnalyses::made() const {
    const std::scoped_lock lock(mutex_);
    return made_;
}

KluAnalyses& KluAnalyses::shared() {
    static KluAnalyses analyses;
    return analyses;
}

struct KluMatrix::Handles {
    std::shared_ptr<const KluAnalysis> analysis;
    klu_l_common common{};
    klu_l_numeric* numeric = nullptr;

    explicit Handles(std::shared_ptr<const KluAnalysis> of) : analysis(std::move(of)) {
        klu_l_defaults(&common);
    }
    ~Handles() { klu_l_free_numeric(&numeric, &common); }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    /// Factorises in the pivot order that is there; false if that does not suit the new values.
    bool refactor(double* values) {
        klu_l_refactor(analysis->col_begin(), analysis->row_index(), values, analysis->symbolic, numeric,
                       &common);
        if (common.status != KLU_OK) return false;
        klu_l_rgrowth(analysis->col_begin(), analysis->row_index(), values, analysis->symbolic, numeric,
                      &common);
        return common.status == KLU_OK && common.rgrowth >= least_pivot_growth;
    }
};

KluMatrix::KluMatrix(Index size, std::vector<std::pair<Index, Index>> places, KluAnalyses& analyses)
    : size_(size), handles_(std::make_unique<Handles>(analyses.of(make_pattern(size, std::move(places))))) {
    values_.assign(handles_->analysis->pattern.row_index.size(), 0.0);
}

KluMatrix::~KluMatrix() = default;
KluMatrix::KluMatrix(KluMatrix&&) noexcept = default;
KluMatrix& KluMatrix::operator=(KluMatrix&&) noexcept = default;

std::size_t KluMatrix::slot(Index row, Index col) const {
    const auto& [col_begin, row_index] = handles_->analysis->pattern;
    const auto begin = row_index.begin() + col_begin[static_cast<std::size_t>(col)];
    const auto end = row_index.begin() + col_begin[static_cast<std::size_t>(col) + 1];
    const auto found = std::lower_bound(begin, end, row);
    OHMLOOM_ASSERT(found != end && *found == row);
    return static_cast<std::size_t>(found - row_index.begin());
}

void KluMatrix::factorise() {
    klu_l_common& common = handles_->common;
    if (handles_->numeric != nullptr) {
        if (handles_->refactor(values_.data())) return;
        klu_l_free_numeric(&handles_->numeric, &common);
    }
    const KluAnalysis& analysis = *handles_->analysis;
    handles_->numeric =
        klu_l_factor(analysis.col_begin(), analysis.row_index(), values_.data(), analysis.symbolic, &common);
    require_success(common, "factorisation");
    ++pivot_choices_;
}

void KluMatrix::solve(std::span<double> rhs) {
    OHMLOOM_ASSERT(static_cast<Index>(rhs.size()) == size_);
    klu_l_solve(handles_->analysis->symbolic, handles_->numeric, size_, 1, rhs.data(), &handles_->common);
    require_success(handles_->common, "solve");
}

void KluMatrix::subtract_product(std::span<const double> x, std::span<double> rhs) const {
    const auto& [col_begin, row_index] = handles_->analysis->pattern;
    for (std::size_t c = 0; c < x.size(); ++c) {
        const auto end = static_cast<std::size_t>(col_begin[c + 1]);
        for (auto at = static_cast<std::size_t>(col_begin[c]); at < end; ++at)
            rhs[static_cast<std::size_t>(row_index[at])] -= values_[at] * x[c];
    }
}

void KluMatrix::solve_refined(std::span<double> rhs) {
    constexpr int most_corrections = 4;
    const std::vector<double> wanted(rhs.begin(), rhs.end());
    solve(rhs);
    double last = std::numeric_limits<double>::infinity();
    for (int k = 0; k < most_corrections; ++k) {
        std::vector<double> left = wanted;
        subtract_product(rhs, left);
        solve(left);
        // The largest correction in parts of its unknown.
        double largest = 0.0;
        for (std::size_t c = 0; c < rhs.size(); ++c) {
            if (left[c] != 0.0)
                largest = std::max(largest, std::abs(left[c]) / (std::abs(rhs[c]) + std::abs(left[c])));
        }
        if (!(largest < 0.5 * last)) return; // no use any more
        for (std::size_t c = 0; c < rhs.size(); ++c) rhs[c] += left[c];
        if (largest < 1e-15) return;
        last = largest;
    }
}

} // namespace ohmloom
