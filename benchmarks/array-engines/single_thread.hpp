#pragma once

#include "base/parallel.hpp"

namespace ohmloom::benchmarks {

/// Number of threads that BLAS calls may use, from here on. The library sets its own to one when it first calls BLAS.
void set_blas_threads(int count);

/// Holds everybody to one thread for as long as it lives: the library, BLAS, and CHOLMOD's own OpenMP loops. The last two stay
/// so.
class SingleThread {
public:
    SingleThread();

private:
    ThreadLimit limit_;
};

} // namespace ohmloom::benchmarks
