#pragma once

#include "devicemodels/device_library.hpp"
#include "tests/solver/moving_arrays.hpp"
#include "writing/array_pulse.hpp"

#include <vector>

namespace ohmloom::testing {

/// A pulse to some lines of a row, all for as long.
inline RowPulse pulse_to(Index row, const std::vector<Index>& lines, Index of, double v, double width) {
    RowPulse pulse{row, v, std::vector<double>(static_cast<std::size_t>(of), 0.0)};
    for (const Index line : lines) pulse.width[static_cast<std::size_t>(line)] = width;
    return pulse;
}

} // namespace ohmloom::testing
