#pragma once

#include "base/matrix.hpp"

namespace ohmloom::benchmarks {

/// Floating-point operations of the dense eliminations (Cholesky, triangular solve, symmetric update) in the exact reduction
/// of an array to its ports by recursive halving down to four sites. Counted from the shape alone, for rows tied at the left
/// and columns at the bottom: what the halving needs, not what a program does beyond it.
double condense_flops(Index rows, Index cols);

} // namespace ohmloom::benchmarks
