#pragma once

#include "base/parallel.hpp"

namespace ohmloom::benchmarks {

/// Number of threads that BLAS calls may use, from here on. The library sets its own to one when it first calls BLAS.
void set_blas_threads(int count);

/// Holds everybody, baselines and their BLAS included, to one thread for as long as it lives.
class SingleThread {
public:
    SingleThread() : limit_(1) { set_blas_threads(1); }

private:
    ThreadLimit limit_;
};

} // namespace ohmloom::benchmarks
