#pragma once

#include "base/matrix.hpp"

#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ohmloom {

/// Sparse square complex matrix with a fixed pattern, factorised by KLU: KluMatrix for small-signal analyses. The
/// symbolic analysis is done once; pivots are chosen afresh for every factorisation, because admittances change by
/// many decades over a sweep of the frequency.
class ComplexKluMatrix {
public:
    /// Pattern from (row, column) places; a place may appear several times. The diagonal is part of it.
    ComplexKluMatrix(Index size, std::vector<std::pair<Index, Index>> places);
    ~ComplexKluMatrix();
    ComplexKluMatrix(ComplexKluMatrix&&) noexcept;
    ComplexKluMatrix& operator=(ComplexKluMatrix&&) noexcept;

    /// Index into values() of a place that the pattern holds.
    [[nodiscard]] std::size_t slot(Index row, Index col) const;
    [[nodiscard]] std::span<std::complex<double>> values() { return values_; }

    /// @throws BackendError if KLU runs out of memory or finds the matrix singular.
    void factorise();

    /// Overwrites `rhs` [size] with the solution. Needs factorise().
    void solve(std::span<std::complex<double>> rhs);

private:
    struct Handles;
    Index size_;
    std::vector<std::int64_t> col_begin_;
    std::vector<std::int64_t> row_index_;
    std::vector<std::complex<double>> values_;
    std::unique_ptr<Handles> handles_;
};

} // namespace ohmloom
