#include "single_thread.hpp"

#include <cblas.h>

namespace ohmloom::benchmarks {

void set_blas_threads(int count) {
    openblas_set_num_threads(count);
}

} // namespace ohmloom::benchmarks
