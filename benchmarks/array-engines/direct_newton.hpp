#pragma once

#include "direct_solver.hpp"

namespace ohmloom::benchmarks {

/// Newton's method with a direct solver, as a circuit simulator does it: ordered once, factorised anew in every step. With
/// linear cells it factorises once and refines.
class DirectNewton {
public:
    DirectNewton(const NodalEquations& equations, DirectSolver& solver)
        : equations_(equations), solver_(solver) {}

    /// Overwrites v [unknowns] by the node voltages of input vector `k`; returns the number of steps. Stops when the
    /// residual is at most `tolerance` or no longer falls.
    int solve(Index k, double tolerance, std::span<double> v);

private:
    void factorise_at(std::span<const double> v);

    const NodalEquations& equations_;
    DirectSolver& solver_;
    bool analysed_ = false;
};

} // namespace ohmloom::benchmarks
