#include "single_thread.hpp"

#include <cblas.h>
#include <omp.h>

namespace ohmloom::benchmarks {

void set_blas_threads(int count) {
    openblas_set_num_threads(count);
}

SingleThread::SingleThread() : limit_(1) {
    set_blas_threads(1);
    // CHOLMOD asks for four threads by name, whatever the number allowed; so no parallel region may have more than one.
    omp_set_max_active_levels(0);
}

} // namespace ohmloom::benchmarks
