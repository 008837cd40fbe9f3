#pragma once

#include "array/crossbar.hpp"
#include "lut/lut.hpp"

#include <cstdint>
#include <vector>

namespace ohmloom {

/// Table of kind `transfer` of an array with linear cells, exact by its port matrix: column current i [A] = offset + Σ over rows of
/// transfer·v; and `port` [S], the currents into all terminals (rows, then column lines) by their voltages.
///
/// Its error is that of operating points by the general engine (`mna`) at `points` random vectors of row voltages within ±v_scale.
/// @param v_col [lines] [V] potentials of the columns; empty means 0
/// @throws InputError if the array is not valid or its cells are not linear.
Lut array_transfer_lut(const Crossbar& crossbar, const std::vector<double>& v_col, double v_scale,
                       Index points, std::uint32_t seed);

} // namespace ohmloom
