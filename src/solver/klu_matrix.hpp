#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace ohmloom {

/// Places of a sparse square matrix by compressed columns.
struct SparsePattern {
    std::vector<std::int64_t> col_begin; ///< [size + 1]
    std::vector<std::int64_t> row_index; ///< [places] ascending within each column

    friend bool operator==(const SparsePattern&, const SparsePattern&) = default;
};

/// A pattern with KLU's symbolic analysis of it, which any number of matrices may use at the same time.
struct KluAnalysis;

/// Analyses that are remembered: arrays of one shape have matrices of one pattern, and ordering it costs more than
/// factorising it once the order is known. The least recently used are forgotten beyond a few. May be used by many threads.
class KluAnalyses {
public:
    /// The analysis of a pattern, made now or remembered.
    /// @throws BackendError if KLU finds no order.
    std::shared_ptr<const KluAnalysis> of(SparsePattern pattern);

    /// Number of analyses made so far.
    [[nodiscard]] int made() const;

    /// The ones that solvers share unless told otherwise.
    static KluAnalyses& shared();

private:
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const KluAnalysis>> recent_; ///< the latest one last
    int made_ = 0;
};

/// Sparse square matrix with a fixed pattern, factorised by KLU (SuiteSparse). The symbolic analysis is done
/// once for the pattern, also over several matrices; every factorise() after the first reuses the pivot order, unless the
/// new values make the pivots grow too much for it. Source: Davis, Palamadai Natarajan, "Algorithm 907: KLU", ACM TOMS
/// 37(3), 2010. doi:10.1145/1824801.1824814
class KluMatrix {
public:
    /// Pattern from (row, column) places; a place may appear several times. The diagonal is always part of
    /// it.
    KluMatrix(Index size, std::vector<std::pair<Index, Index>> places,
              KluAnalyses& analyses = KluAnalyses::shared());
    ~KluMatrix();
    KluMatrix(KluMatrix&&) noexcept;
    KluMatrix& operator=(KluMatrix&&) noexcept;

    /// Index into values() of a place that the pattern holds.
    [[nodiscard]] std::size_t slot(Index row, Index col) const;

    /// Stored elements, to be filled before factorise().
    [[nodiscard]] std::span<double> values() { return values_; }

    /// @throws BackendError if KLU runs out of memory or finds the matrix singular.
    void factorise();

    /// How often pivots were chosen; all other calls of factorise() went along with an earlier choice.
    [[nodiscard]] int pivot_choices() const { return pivot_choices_; }

    /// Subtracts values()·x from `rhs` [size].
    void subtract_product(std::span<const double> x, std::span<double> rhs) const;

    /// Overwrites `rhs` [size] with the solution. Needs factorise().
    void solve(std::span<double> rhs);

    /// solve(), then corrections by what is left of the equations until they are as small as rounding: ideal amplifiers and sources
    /// take digits from a factorisation whose pivots were chosen for few fill-ins. Needs values() as they were factorised.
    void solve_refined(std::span<double> rhs);

private:
    struct Handles;
    Index size_;
    std::vector<double> values_;
    int pivot_choices_ = 0;
    std::unique_ptr<Handles> handles_;
};

} // namespace ohmloom
