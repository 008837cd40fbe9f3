#include "direct_newton.hpp"

#include <limits>
#include <vector>

namespace ohmloom::benchmarks {

void DirectNewton::factorise_at(std::span<const double> v) {
    if (analysed_ && equations_.linear()) return;
    const SparseMatrix matrix = equations_.jacobian(v, solver_.stored());
    if (!analysed_) solver_.analyse(matrix);
    analysed_ = true;
    solver_.factorise(matrix);
}

int DirectNewton::solve(Index k, double tolerance, std::span<double> v) {
    constexpr int most_steps = 50;
    equations_.set_terminal_potentials(k, v);
    double last = std::numeric_limits<double>::infinity();
    for (int step = 0;; ++step) {
        Evaluation here = equations_.evaluate(k, v);
        if (here.residual <= tolerance || !(here.residual < last) || step == most_steps) return step;
        last = here.residual;
        factorise_at(v);
        solver_.solve(here.net, 1);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= here.net[i];
    }
}

} // namespace ohmloom::benchmarks
