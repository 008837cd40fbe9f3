#include "inference/classes.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

std::vector<std::uint8_t> largest_output(const Matrix<double>& outputs) {
    std::vector<std::uint8_t> classes(static_cast<std::size_t>(outputs.rows()));
    for (Index k = 0; k < outputs.rows(); ++k) {
        const auto row = outputs.row(k);
        classes[static_cast<std::size_t>(k)] =
            static_cast<std::uint8_t>(std::max_element(row.begin(), row.end()) - row.begin());
    }
    return classes;
}

Accuracy accuracy_of(std::int64_t right, std::int64_t count) {
    constexpr double z = 1.959963984540054; // 97.5 % quantile of the normal distribution
    const auto n = static_cast<double>(count);
    const double p = static_cast<double>(right) / n;
    const double centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    const double half = z / (1.0 + z * z / n) * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
    return {p, std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Accuracy measure_accuracy(std::span<const std::uint8_t> classes, std::span<const std::uint8_t> labels) {
    if (classes.empty() || classes.size() != labels.size()) {
        throw InputError(
            fmt::format("{} classes cannot be compared with {} labels", classes.size(), labels.size()));
    }
    std::int64_t right = 0;
    for (std::size_t k = 0; k < classes.size(); ++k) right += classes[k] == labels[k] ? 1 : 0;
    return accuracy_of(right, static_cast<std::int64_t>(classes.size()));
}

} // namespace ohmloom
