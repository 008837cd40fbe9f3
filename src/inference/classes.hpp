#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// Class of each image: the column of its largest output; the first of equals.
std::vector<std::uint8_t> largest_output(const Matrix<double>& outputs);

/// Fraction of right answers with its 95 % interval.
struct Accuracy {
    double value = 0.0;
    double low = 0.0;
    double high = 0.0;
};

/// So many right answers among so many. The interval is Wilson's score interval for a binomial fraction.
/// Source: E. B. Wilson, JASA 22(158), 1927. doi:10.1080/01621459.1927.10502953
Accuracy accuracy_of(std::int64_t right, std::int64_t count);

/// Compares classes with labels.
/// @throws InputError if there are none or their counts differ.
Accuracy measure_accuracy(std::span<const std::uint8_t> classes, std::span<const std::uint8_t> labels);

} // namespace ohmloom
