#include "study/paired_outcomes.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

/// Correlation of being right, with Newcombe's correction towards none.
double outcome_correlation(const PairedOutcomes& o) {
    const auto a = static_cast<double>(o.both), b = static_cast<double>(o.first_only),
               c = static_cast<double>(o.second_only), d = static_cast<double>(o.neither);
    const double margins = (a + b) * (c + d) * (a + c) * (b + d);
    if (margins == 0.0) return 0.0;
    double product = a * d - b * c;
    if (product > 0.0) product = std::max(product - 0.5 * static_cast<double>(o.images()), 0.0);
    return product / std::sqrt(margins);
}

/// √(x² − 2·correlation·x·y + y²)
double joined(double x, double y, double correlation) {
    return std::sqrt(std::max(0.0, x * x - 2.0 * correlation * x * y + y * y));
}

} // namespace

PairedOutcomes count_outcomes(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                              std::span<const std::uint8_t> labels) {
    if (labels.empty() || first.size() != labels.size() || second.size() != labels.size()) {
        throw InputError(fmt::format("{} and {} classes cannot be compared with {} labels", first.size(),
                                     second.size(), labels.size()));
    }
    PairedOutcomes outcomes;
    for (std::size_t k = 0; k < labels.size(); ++k) {
        const bool is_first = first[k] == labels[k], is_second = second[k] == labels[k];
        if (first[k] == second[k]) ++outcomes.same_class;
        ++(is_first ? (is_second ? outcomes.both : outcomes.first_only)
                    : (is_second ? outcomes.second_only : outcomes.neither));
    }
    return outcomes;
}

double mcnemar_probability(const PairedOutcomes& outcomes) {
    const std::int64_t n = outcomes.first_only + outcomes.second_only;
    const std::int64_t fewer = std::min(outcomes.first_only, outcomes.second_only);
    const auto count = static_cast<double>(n);
    double sum = 0.0;
    for (std::int64_t i = fewer; i >= 0;
         --i) { // the largest terms first: those that follow only matter as far as they count
        const auto k = static_cast<double>(i);
        const double term = std::exp(std::lgamma(count + 1.0) - std::lgamma(k + 1.0) -
                                     std::lgamma(count - k + 1.0) - count * std::log(2.0));
        sum += term;
        if (term < 1e-18 * sum) break;
    }
    return std::min(1.0, 2.0 * sum);
}

Accuracy accuracy_difference(const PairedOutcomes& outcomes) {
    const Accuracy first = accuracy_of(outcomes.both + outcomes.first_only, outcomes.images()),
                   second = accuracy_of(outcomes.both + outcomes.second_only, outcomes.images());
    const double difference = second.value - first.value, correlation = outcome_correlation(outcomes);
    return {difference, difference - joined(second.value - second.low, first.high - first.value, correlation),
            difference + joined(second.high - second.value, first.value - first.low, correlation)};
}

std::vector<double> holm_adjusted(const std::vector<double>& probabilities) {
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t k) { return probabilities[k]; });
    std::vector<double> adjusted(probabilities.size());
    double least = 0.0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        least = std::max(least, static_cast<double>(order.size() - rank) * probabilities[order[rank]]);
        adjusted[order[rank]] = std::min(1.0, least);
    }
    return adjusted;
}

} // namespace ohmloom
