#include "base/dense.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("eigenvalues of the second difference are its cosines, and its eigenvectors its sines") {
    const Index n = 4;
    const TridiagonalEigen eigen =
        tridiagonal_eigen(std::vector<double>(4, 2.0), std::vector<double>(3, -1.0));
    for (Index j = 0; j < n; ++j) {
        const double angle = std::numbers::pi * static_cast<double>(j + 1) / 5.0;
        CHECK(eigen.values[static_cast<std::size_t>(j)] ==
              approx(2.0 - 2.0 * std::cos(angle)).epsilon(1e-13));
        const auto vector = eigen.vectors.row(j);
        double norm = 0.0;
        for (Index i = 0; i < n; ++i) {
            const auto at = static_cast<std::size_t>(i);
            norm += vector[at] * vector[at];
            CHECK(vector[at] * std::sin(angle) ==
                  approx(vector[0] * std::sin(angle * static_cast<double>(i + 1))).epsilon(1e-11));
        }
        CHECK(norm == approx(1.0).epsilon(1e-13));
    }
    CHECK(tridiagonal_eigen({3.0}, {}).values == std::vector<double>{3.0});
}
