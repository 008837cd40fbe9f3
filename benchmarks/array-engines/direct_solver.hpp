#pragma once

#include "nodal_equations.hpp"

#include <memory>
#include <span>

namespace ohmloom::benchmarks {

/// What one factorisation takes.
struct FactorWork {
    double flops = 0.0;
    double bytes = 0.0; ///< of the factors' values
};

/// A sparse direct solver: the general way to solve an array, and the baseline.
class DirectSolver {
public:
    virtual ~DirectSolver() = default;

    /// What analyse() and factorise() are to be given.
    [[nodiscard]] virtual Triangle stored() const = 0;

    /// Orders the unknowns for the pattern of `matrix`. @throws BackendError, as do the others.
    virtual void analyse(const SparseMatrix& matrix) = 0;
    virtual void factorise(const SparseMatrix& matrix) = 0;

    /// Overwrites `count` right-hand sides, one after the other in `x`, by their solutions.
    virtual void solve(std::span<double> x, Index count) = 0;

    /// What the factorisation at hand took, as the solver itself counts it.
    [[nodiscard]] virtual FactorWork work() = 0;
};

enum class Baseline { klu, cholmod_amd, cholmod_metis };

/// A fresh solver of one kind: nothing analysed, nothing kept from earlier ones.
std::unique_ptr<DirectSolver> make_direct_solver(Baseline kind);

} // namespace ohmloom::benchmarks
