#pragma once

#include "solver/single_point.hpp"

#include <array>

namespace ohmloom::line_kernels {

using One = std::array<double, 1>;

/// KCL error and scale after an evaluation; see LaneErrors.
struct PointErrors {
    One error{}, current{}, rounding{};
};

/// Dot products; see Products. Those of single precision have a common factor.
struct PointProducts {
    One rz{}, zs{};
};

// The steps of the engine for one operating point; each does what its namesake does for a block of lanes.
void factorise(const LineSystem& system, SinglePoint& point);
PointErrors evaluate(const LineSystem& system, SinglePoint& point);
One begin(const LineSystem& system, SinglePoint& point);
PointProducts ascend(const LineSystem& system, SinglePoint& point);
One descend(const LineSystem& system, SinglePoint& point, const One& alpha, const One& beta);
void advance(const LineSystem& system, SinglePoint& point, const One& length);

} // namespace ohmloom::line_kernels
