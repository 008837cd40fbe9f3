#pragma once

#include "base/matrix.hpp"

#include <array>

namespace ohmloom::ladder_kernel {

/// Columns that are solved side by side.
inline constexpr Index lane_count = 16;

/// Sixteen columns: resistances [cells x lanes] [Ohm] from the sensed end on, and the capacitances that all have.
struct LadderBlock {
    const double* resistances = nullptr; ///< aligned to 64 bytes
    Index cells = 0;
    double sensed = 0.0, between = 0.0; ///< [F]
};

/// Fall of the sensed end at a time of each lane's own, as a part of the precharge, with t·D' and t²·D''.
struct LadderFall {
    alignas(64) std::array<double, lane_count> fall, slope, curvature;
};

/// @param times  [lanes] [s] > 0, aligned to 64 bytes
void ladder_fall(const LadderBlock& block, const double* times, LadderFall& found);

} // namespace ohmloom::ladder_kernel
