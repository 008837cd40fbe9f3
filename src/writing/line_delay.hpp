#pragma once

#include "array/crossbar.hpp"

namespace ohmloom {

/// Elmore delay [s] of the slowest line: what a driver takes to charge it, its cells' capacitances counted as ground. Pulses have to be
/// longer by far for an array to be taken as settled all the time. 0 for an array without capacitance; lines that are cut count as far as
/// they are driven.
double slowest_line(const Crossbar& crossbar);

} // namespace ohmloom
