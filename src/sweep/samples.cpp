#include "sweep/samples.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"

#include <boost/math/special_functions/erf.hpp>
#include <boost/random/sobol.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace ohmloom {

namespace {

std::uint32_t axis_number(Index axis) {
    return static_cast<std::uint32_t>(axis);
}

void fill_latin_hypercube(const RandomStream& random, Matrix<double>& samples) {
    const Index count = samples.rows();
    std::vector<std::pair<double, Index>> order(static_cast<std::size_t>(count));
    for (Index axis = 0; axis < samples.cols(); ++axis) {
        // Sorting by random numbers puts the strata into random order.
        for (Index i = 0; i < count; ++i)
            order[static_cast<std::size_t>(i)] = {
                random.uniform(axis_number(axis), static_cast<std::uint32_t>(i), 0, 1), i};
        std::ranges::sort(order);
        for (Index i = 0; i < count; ++i) {
            const double within = random.uniform(axis_number(axis), static_cast<std::uint32_t>(i), 0, 0);
            const double stratum = static_cast<double>(order[static_cast<std::size_t>(i)].second);
            samples(i, axis) = (stratum + within) / static_cast<double>(count);
        }
    }
}

void fill_sobol(const RandomStream& random, Matrix<double>& samples) {
    // A digital shift keeps the sequence's nets and takes the first point away from the corner.
    std::vector<std::uint64_t> shift;
    for (Index axis = 0; axis < samples.cols(); ++axis) {
        shift.push_back(static_cast<std::uint64_t>(random.uniform(axis_number(axis), 0, 0, 2) * 0x1p53)
                        << 11U);
    }
    boost::random::sobol sequence(static_cast<std::size_t>(samples.cols()));
    for (Index i = 0; i < samples.rows(); ++i) {
        for (Index axis = 0; axis < samples.cols(); ++axis) {
            // Boost leaves the sequence's first point out, the corner: without it the first 2^k points are no net.
            const std::uint64_t digits = (i == 0 ? 0 : sequence()) ^ shift[static_cast<std::size_t>(axis)];
            samples(i, axis) = (static_cast<double>(digits >> 11U) + 0.5) * 0x1p-53;
        }
    }
}

} // namespace

Matrix<double> unit_samples(Sampling sampling, Index count, Index axes, std::uint64_t seed) {
    constexpr Index most_axes = 3667; // of Joe and Kuo's table in Boost
    if (axes > most_axes)
        throw InputError(fmt::format("{} axes are sampled: expected at most {}", axes, most_axes));
    Matrix<double> samples(count, axes);
    const RandomStream random(seed, RandomPurpose::sweep_samples);
    switch (sampling) {
    case Sampling::latin_hypercube:
        fill_latin_hypercube(random, samples);
        break;
    case Sampling::sobol:
        fill_sobol(random, samples);
        break;
    case Sampling::monte_carlo:
        for (Index i = 0; i < count; ++i) {
            for (Index axis = 0; axis < axes; ++axis)
                samples(i, axis) = random.uniform(axis_number(axis), static_cast<std::uint32_t>(i), 0);
        }
        break;
    }
    return samples;
}

double normal_quantile(double u) {
    return -std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * u);
}

} // namespace ohmloom
