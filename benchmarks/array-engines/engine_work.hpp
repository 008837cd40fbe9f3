#pragma once

#include "base/matrix.hpp"

namespace ohmloom::benchmarks {

/// What one iteration of an engine asks of the machine, per cell and input vector.
struct IterationWork {
    double bytes = 0.0;    ///< read and written, were nothing left in a cache between the passes
    double flops = 0.0;    ///< a multiply-add counts two
    double resident = 0.0; ///< [bytes] of the arrays it goes through: what a cache would have to hold
};

/// One iteration of `lines` with linear cells, one vector or `vectors` side by side in the lanes, counted from its two passes
/// over the array.
IterationWork lines_iteration(Index vectors);

} // namespace ohmloom::benchmarks
