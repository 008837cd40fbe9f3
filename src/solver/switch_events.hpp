#pragma once

#include "solver/time_step.hpp"

#include <optional>

namespace ohmloom {

/// Where within a step a switch's control voltage first leaves the hysteresis to the side where the switch is not, in
/// (0, 1]; nothing if none does by the step's end.
std::optional<double> first_crossing(const NodalSystem& system, const TimePoint& begin, const TimeStep& step);

/// Puts the switches of a point where their control voltages want them; true if one of them was thrown.
bool throw_switches(const NodalSystem& system, TimePoint& point);

} // namespace ohmloom
