#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ohmloom {

/// Sparse square matrix with a fixed pattern, factorised by KLU (SuiteSparse). The symbolic analysis is done
/// once for the pattern; every factorise() after the first reuses it and the pivot order. Source: Davis,
/// Palamadai Natarajan, "Algorithm 907: KLU", ACM TOMS 37(3), 2010. doi:10.1145/1824801.1824814
class KluMatrix {
public:
    /// Pattern from (row, column) places; a place may appear several times. The diagonal is always part of
    /// it.
    KluMatrix(Index size, std::vector<std::pair<Index, Index>> places);
    ~KluMatrix();
    KluMatrix(KluMatrix&&) noexcept;
    KluMatrix& operator=(KluMatrix&&) noexcept;

    /// Index into values() of a place that the pattern holds.
    [[nodiscard]] std::size_t slot(Index row, Index col) const;

    /// Stored elements, to be filled before factorise().
    [[nodiscard]] std::span<double> values() { return values_; }

    /// @throws BackendError if KLU runs out of memory or finds the matrix singular.
    void factorise();

    /// Overwrites `rhs` [size] with the solution. Needs factorise().
    void solve(std::span<double> rhs);

private:
    struct Handles;
    Index size_;
    std::vector<std::int64_t> col_begin_;
    std::vector<std::int64_t> row_index_;
    std::vector<double> values_;
    std::unique_ptr<Handles> handles_;
};

} // namespace ohmloom
