#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <string>

namespace ohmloom {

/// How points are spread over the unit cube.
enum class Sampling {
    latin_hypercube, ///< McKay, Beckman and Conover, Technometrics 21, 239 (1979): every axis in `count` strata, one point in each
    sobol,       ///< direction numbers of Joe and Kuo (Boost.Random), shifted digit by digit by the seed
    monte_carlo, ///< independent
};

/// Points in the open unit cube [count x axes]: a pure function of the arguments.
/// @throws InputError if there are more axes than the sequence has dimensions.
Matrix<double> unit_samples(Sampling sampling, Index count, Index axes, std::uint64_t seed);

/// Value that a standard normal deviate is below with probability u.
double normal_quantile(double u);

} // namespace ohmloom
