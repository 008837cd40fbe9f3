#pragma once

#include "base/errors.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace ohmloom {

using Index = std::ptrdiff_t;

/// Dense row-major matrix that owns its elements: the value that layers hand to each other.
template <class T>
class Matrix {
public:
    Matrix() = default;
    Matrix(Index rows, Index cols, T value = T{})
        : rows_(rows), cols_(cols), data_(static_cast<std::size_t>(rows * cols), value) {
        OHMLOOM_ASSERT(rows >= 0 && cols >= 0);
    }
    Matrix(Index rows, Index cols, std::vector<T> data) : rows_(rows), cols_(cols), data_(std::move(data)) {
        OHMLOOM_ASSERT(static_cast<Index>(data_.size()) == rows * cols);
    }

    [[nodiscard]] Index rows() const { return rows_; }
    [[nodiscard]] Index cols() const { return cols_; }
    [[nodiscard]] Index size() const { return rows_ * cols_; }
    [[nodiscard]] bool empty() const { return data_.empty(); }

    T& operator()(Index r, Index c) { return data_[offset(r, c)]; }
    const T& operator()(Index r, Index c) const { return data_[offset(r, c)]; }

    [[nodiscard]] std::span<T> row(Index r) {
        return {data_.data() + r * cols_, static_cast<std::size_t>(cols_)};
    }
    [[nodiscard]] std::span<const T> row(Index r) const {
        return {data_.data() + r * cols_, static_cast<std::size_t>(cols_)};
    }

    [[nodiscard]] T* data() { return data_.data(); }
    [[nodiscard]] const T* data() const { return data_.data(); }
    [[nodiscard]] std::vector<T>& values() { return data_; }
    [[nodiscard]] const std::vector<T>& values() const { return data_; }

    friend bool operator==(const Matrix&, const Matrix&) = default;

private:
    [[nodiscard]] std::size_t offset(Index r, Index c) const {
        OHMLOOM_ASSERT(r >= 0 && r < rows_ && c >= 0 && c < cols_);
        return static_cast<std::size_t>(r * cols_ + c);
    }

    Index rows_ = 0;
    Index cols_ = 0;
    std::vector<T> data_;
};

} // namespace ohmloom
