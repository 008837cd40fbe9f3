#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace ohmloom::testing {

struct Moments {
    double mean = 0.0, spread = 0.0;
};

inline Moments moments_of(const std::vector<double>& samples) {
    Moments moments;
    for (const double x : samples) moments.mean += x;
    moments.mean /= static_cast<double>(samples.size());
    for (const double x : samples) moments.spread += (x - moments.mean) * (x - moments.mean);
    moments.spread = std::sqrt(moments.spread / static_cast<double>(samples.size() - 1));
    return moments;
}

inline double normal_distribution(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

/// Kolmogorov–Smirnov: largest distance of the samples' distribution to the expected one, times the root of their
/// number. Beyond 1.63 in one case of a hundred, beyond 1.95 in one of a thousand.
template <class Distribution>
double kolmogorov_distance(std::vector<double> samples, const Distribution& expected) {
    std::sort(samples.begin(), samples.end());
    const auto n = static_cast<double>(samples.size());
    double largest = 0.0;
    for (std::size_t k = 0; k < samples.size(); ++k) {
        const double p = expected(samples[k]), here = static_cast<double>(k);
        largest = std::max({largest, p - here / n, (here + 1.0) / n - p});
    }
    return largest * std::sqrt(n);
}

} // namespace ohmloom::testing
