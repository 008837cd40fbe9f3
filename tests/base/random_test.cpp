#include "base/random.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;

TEST_CASE("a random number depends on its key and place only") {
    const RandomStream stream(7, RandomPurpose::test_generation);
    const double first = stream.uniform(1, 2, 3, 4);
    CHECK(stream.uniform(9, 9, 9) != first);
    CHECK(stream.uniform(1, 2, 3, 4) == first);
    CHECK(RandomStream(8, RandomPurpose::test_generation).uniform(1, 2, 3, 4) != first);
    CHECK(RandomStream(7, RandomPurpose::data_split).uniform(1, 2, 3, 4) != first);
}

TEST_CASE("uniform and normal deviates have the moments of their distributions") {
    const RandomStream stream(1, RandomPurpose::test_generation);
    constexpr unsigned count = 200000;
    double uniform_sum = 0.0, normal_sum = 0.0, normal_square = 0.0, normal_fourth = 0.0;
    for (unsigned i = 0; i < count; ++i) {
        const double u = stream.uniform(0, i, 0);
        REQUIRE(u > 0.0);
        REQUIRE(u < 1.0);
        const double z = stream.normal(1, i, 0);
        uniform_sum += u;
        normal_sum += z;
        normal_square += z * z;
        normal_fourth += z * z * z * z;
    }
    // Five standard errors of each sample moment: sqrt(var / n) with var = 1/12, 1, 2 and 96.
    CHECK(std::abs(uniform_sum / count - 0.5) < 5.0 * std::sqrt(1.0 / 12.0 / count));
    CHECK(std::abs(normal_sum / count) < 5.0 * std::sqrt(1.0 / count));
    CHECK(std::abs(normal_square / count - 1.0) < 5.0 * std::sqrt(2.0 / count));
    CHECK(std::abs(normal_fourth / count - 3.0) < 5.0 * std::sqrt(96.0 / count));
}
