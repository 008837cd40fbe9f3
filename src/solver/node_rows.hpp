#pragma once

#include "base/matrix.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace ohmloom {

/// One number at every node of an array, [rows][columns], where rows that are alike are kept once. What describes the wires of an
/// array without maps is a row or two: they stay in the nearest cache while everything else streams by.
template <class T>
class NodeRows {
public:
    NodeRows() = default;
    NodeRows(Index rows, Index columns, T value)
        : columns_(columns), begin_(static_cast<std::size_t>(rows), 0),
          numbers_(static_cast<std::size_t>(columns), value) {}

    /// The same numbers in another precision.
    template <class Other>
    explicit NodeRows(const NodeRows<Other>& other)
        : columns_(other.columns_), begin_(other.begin_),
          numbers_(other.numbers_.begin(), other.numbers_.end()) {}

    [[nodiscard]] const T* row(Index r) const {
        return numbers_.data() + begin_[static_cast<std::size_t>(r)];
    }
    [[nodiscard]] T operator()(Index r, Index column) const { return row(r)[column]; }

    /// The numbers of all rows that have none of their own yet, to be changed.
    [[nodiscard]] T* shared_row() { return numbers_.data(); }

    /// The numbers of row r alone, to be changed; at first those that it shared. Valid until another row gets its own.
    [[nodiscard]] T* own_row(Index r) {
        Index& begin = begin_[static_cast<std::size_t>(r)];
        if (begin == 0) {
            begin = static_cast<Index>(numbers_.size());
            numbers_.resize(numbers_.size() + static_cast<std::size_t>(columns_));
            std::copy_n(numbers_.begin(), columns_, numbers_.begin() + begin);
        }
        return numbers_.data() + begin;
    }

    /// Whether no row has numbers of its own.
    [[nodiscard]] bool all_alike() const { return static_cast<Index>(numbers_.size()) == columns_; }

    /// The largest number at any node; 0 without nodes.
    [[nodiscard]] T largest() const {
        T found{};
        bool shared_seen = false;
        for (Index r = 0; r < static_cast<Index>(begin_.size()); ++r) {
            const bool shared = begin_[static_cast<std::size_t>(r)] == 0;
            if (shared && std::exchange(shared_seen, true)) continue;
            for (Index column = 0; column < columns_; ++column) found = std::max(found, (*this)(r, column));
        }
        return found;
    }

private:
    template <class Other>
    friend class NodeRows;

    Index columns_ = 0;
    std::vector<Index> begin_; ///< of each row in numbers_; 0: shared
    std::vector<T> numbers_;
};

} // namespace ohmloom
