#pragma once

#include "inference/classes.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// The same images classified twice: which of the two was right.
struct PairedOutcomes {
    std::int64_t both = 0, first_only = 0, second_only = 0, neither = 0;
    std::int64_t same_class = 0; ///< to which both gave one class, right or wrong
    [[nodiscard]] std::int64_t images() const { return both + first_only + second_only + neither; }
    friend bool operator==(const PairedOutcomes&, const PairedOutcomes&) = default;
};

/// Counts them. @throws InputError if there are no images, or the numbers of classes and labels differ.
PairedOutcomes count_outcomes(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                              std::span<const std::uint8_t> labels);

/// Probability that images on which only one is right split as unevenly as these, or more so, if both are equally accurate: McNemar's test,
/// exact, of both sides. With n such images, of which k are the fewer kind: min(1, 2·Σ_{i ≤ k} C(n, i) / 2^n).
/// Source: Q. McNemar, Psychometrika 12, 153, 1947. doi:10.1007/BF02295996
double mcnemar_probability(const PairedOutcomes& outcomes);

/// Accuracy of the second less that of the first, with its 95 % interval: the two score intervals joined by the correlation of the outcomes.
/// Source: R. G. Newcombe, Statistics in Medicine 17, 2635, 1998, method 10. doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C
Accuracy accuracy_difference(const PairedOutcomes& outcomes);

/// Probabilities of several tests made at once, each as if it had been the only one, so that the chance of any false alarm among all of them stays what
/// it is for one (Holm). Source: S. Holm, Scand. J. Statist. 6, 65, 1979.
std::vector<double> holm_adjusted(const std::vector<double>& probabilities);

} // namespace ohmloom
