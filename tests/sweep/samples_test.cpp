#include "sweep/samples.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

using namespace ohmloom;

namespace {

/// How many points lie in each of `cells` equal parts of an axis.
std::vector<int> occupation(const Matrix<double>& samples, Index axis, Index cells) {
    std::vector<int> counts(static_cast<std::size_t>(cells));
    for (Index i = 0; i < samples.rows(); ++i)
        ++counts.at(static_cast<std::size_t>(samples(i, axis) * static_cast<double>(cells)));
    return counts;
}

} // namespace

TEST_CASE("A Latin hypercube has one point in each of its strata, on every axis, in an order of its own") {
    const Matrix<double> samples = unit_samples(Sampling::latin_hypercube, 37, 5, 9);
    for (Index axis = 0; axis < 5; ++axis) CHECK(occupation(samples, axis, 37) == std::vector<int>(37, 1));
    int same_order = 0;
    for (Index i = 0; i < 37; ++i)
        same_order += std::floor(samples(i, 0) * 37) == std::floor(samples(i, 1) * 37) ? 1 : 0;
    CHECK(same_order < 12); // 1 is to be expected of independent orders
}

TEST_CASE("The first 2^k points of a shifted Sobol sequence lie one in each dyadic interval, and evenly in "
          "squares of two axes") {
    // A digital shift maps dyadic intervals onto dyadic intervals, so the net stays one.
    const Matrix<double> samples = unit_samples(Sampling::sobol, 256, 6, 4);
    for (Index axis = 0; axis < 6; ++axis) CHECK(occupation(samples, axis, 256) == std::vector<int>(256, 1));
    // The first two axes form a (0, m, 2)-net: every box of 16 x 16 holds one of 256 points.
    std::set<std::pair<int, int>> boxes;
    for (Index i = 0; i < 256; ++i)
        boxes.emplace(static_cast<int>(samples(i, 0) * 16), static_cast<int>(samples(i, 1) * 16));
    CHECK(boxes.size() == 256);
}

TEST_CASE("Samples are a pure function of the seed, and other seeds give others") {
    for (const Sampling sampling : {Sampling::latin_hypercube, Sampling::sobol, Sampling::monte_carlo}) {
        const Matrix<double> first = unit_samples(sampling, 20, 3, 1);
        CHECK(first.values() == unit_samples(sampling, 20, 3, 1).values());
        CHECK(first.values() != unit_samples(sampling, 20, 3, 2).values());
        for (const double u : first.values()) CHECK((u > 0.0 && u < 1.0));
    }
}

TEST_CASE("Independent samples have the mean and spread of the uniform distribution") {
    const Matrix<double> samples = unit_samples(Sampling::monte_carlo, 20000, 1, 5);
    double sum = 0.0, squares = 0.0;
    for (const double u : samples.values()) {
        sum += u;
        squares += u * u;
    }
    const double mean = sum / 20000, variance = squares / 20000 - mean * mean;
    CHECK(std::abs(mean - 0.5) < 5.0 / std::sqrt(12.0 * 20000)); // five standard errors
    CHECK(std::abs(variance - 1.0 / 12.0) < 5.0 / std::sqrt(180.0 * 20000));
}

TEST_CASE("The normal quantile is the inverse of the normal distribution") {
    for (const double u : {1e-12, 0.02275013194817921, 0.3, 0.5, 0.9, 0.9999}) {
        const double z = normal_quantile(u);
        CHECK(0.5 * std::erfc(-z / std::sqrt(2.0)) == doctest::Approx(u).epsilon(1e-12));
    }
    CHECK(normal_quantile(0.02275013194817921) == doctest::Approx(-2.0).epsilon(1e-12));
}
