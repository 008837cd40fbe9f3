#pragma once

#include <doctest/doctest.h>

namespace ohmloom::testing {

/// A number to compare with, to a part of the larger of the two; for .epsilon(). doctest's own adds 1 to that scale, so that it takes
/// anything small for equal: currents of microamperes, whatever they are.
inline doctest::Approx approx(double value) {
    constexpr double next_to_nothing = 1e-290; // so that 0 is 0
    return doctest::Approx(value).scale(next_to_nothing);
}

} // namespace ohmloom::testing
