#pragma once

#include <span>
#include <vector>

namespace ohmloom {

/// Chebyshev series of functions of λ in [0, ∞], over y = (λ − σ)/(λ + σ), for some times. Coefficients [k].
struct ExponentialFit {
    double sigma = 0.0; ///< [1/s]
    struct Series {
        std::vector<double> decay;        ///< exp(−λt)
        std::vector<double> displacement; ///< λ·exp(−λt) [1/s]
        std::vector<double> integral;     ///< (1 − exp(−λt))/λ [s]
    };
    std::vector<Series> at; ///< one per time
    double error =
        0.0; ///< sum of the coefficients left out, of the worst series, relative to its largest value

    [[nodiscard]] int terms() const { return static_cast<int>(at.front().decay.size()); }
};

/// The fit with the fewest terms for rising times, to a tolerance.
ExponentialFit fit_exponentials(std::span<const double> times, double tolerance);

/// Which consecutive times to fit together so that all fits have the fewest terms in all: the number of times in each group.
std::vector<std::size_t> group_times(std::span<const double> times, double tolerance);

} // namespace ohmloom
