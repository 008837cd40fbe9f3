#pragma once

#include "solver/klu_matrix.hpp"
#include "solver/nodal_system.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ohmloom {

/// How a stage of a time step ended.
struct StageOutcome {
    bool converged = false;
    Index worst =
        no_unknown; ///< the unknown that moved most in the last iteration, in parts of its tolerance
};

/// What Newton takes as nothing between two iterations.
struct StageTolerances {
    double relative = 1e-7;
    double voltage = 1e-9;  ///< [V]
    double current = 1e-12; ///< [A]
    int max_iterations = 25;
};

/// The implicit equation that every stage of a time step is: a q(x) + f(x, t) = known.
///
/// Newton on J = G + a C with residuals against x itself, so that a factorisation's rounding falls with every
/// iteration. The constant part of J is added up once; J is factorised only when a or an element has changed, in one
/// pattern whose symbolic analysis serves all steps.
class StageSolver {
public:
    explicit StageSolver(NodalSystem& system);

    /// Solves from x, which becomes the solution (or where it got to); charges() are then those of the solution.
    StageOutcome solve(std::vector<double>& x, double a, std::span<const double> known,
                       const CircuitDrive& drive, StageTolerances tolerances);

    [[nodiscard]] const std::vector<double>& charges() const { return charges_; } ///< [C or Wb]

    /// Charges at x, which devices are taken to without limits.
    void take_charges(std::span<const double> x, const CircuitDrive& drive);

    /// Overwrites r by J⁻¹ r with the matrix of the last stage.
    void divide(std::span<double> r);

    /// Currents into the nodes beside those of the elements. [A]
    std::vector<double> injected;

    [[nodiscard]] long iterations() const { return iterations_; }
    [[nodiscard]] long factorisations() const { return factorisations_; }

private:
    void assemble(double a);
    void sum_charges(std::span<const double> x);
    [[nodiscard]] StageOutcome judge(std::span<const double> x, const StageTolerances& tolerances) const;

    NodalSystem& system_;
    std::optional<KluMatrix> matrix_;
    std::vector<double> conductances_, capacitances_; ///< of the constant elements, in the matrix's order
    std::vector<Stamps::Entry> constant_charges_;     ///< constant capacitances, each place once
    std::vector<std::size_t> conductance_slots_, capacitance_slots_; ///< of the changing stamps
    std::vector<Stamps::Entry> factorised_conductances_, factorised_capacitances_;
    double factorised_a_ = 0.0; ///< 0: nothing is factorised
    std::vector<double> charges_, change_;
    long iterations_ = 0, factorisations_ = 0;
};

} // namespace ohmloom
