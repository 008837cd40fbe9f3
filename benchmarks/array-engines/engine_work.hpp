#pragma once

namespace ohmloom::benchmarks {

/// What one iteration of an engine asks of the machine, per cell and input vector.
struct IterationWork {
    double bytes = 0.0;    ///< read and written, were nothing left in a cache between the passes
    double flops = 0.0;    ///< a multiply-add counts two
    double resident = 0.0; ///< [bytes] of the arrays it goes through: what a cache would have to hold
    bool single = false;   ///< whether its arithmetic is in single precision
};

/// One iteration of conjugate gradients on one vector, which `lines` does for a few vectors with linear cells: a pass up the
/// array and one down.
IterationWork gradient_iteration();

/// One pass of relaxation, which `lines` does for a batch.
IterationWork relaxation_pass(bool sinh_cells);

} // namespace ohmloom::benchmarks
