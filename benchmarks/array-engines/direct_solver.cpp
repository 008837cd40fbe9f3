#include "direct_solver.hpp"

#include "cholmod_solver.hpp"
#include "klu_solver.hpp"

namespace ohmloom::benchmarks {

std::unique_ptr<DirectSolver> make_direct_solver(Baseline kind) {
    if (kind == Baseline::klu) return make_klu_solver();
    return make_cholmod_solver(kind == Baseline::cholmod_metis ? CholmodOrdering::metis
                                                               : CholmodOrdering::amd);
}

} // namespace ohmloom::benchmarks
