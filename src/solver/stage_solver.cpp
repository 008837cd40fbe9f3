#include "solver/stage_solver.hpp"

#include "base/errors.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ohmloom {

namespace {

bool is_finite(double value) {
    return std::isfinite(value);
}

} // namespace

StageSolver::StageSolver(NodalSystem& system)
    : injected(static_cast<std::size_t>(system.unknowns()), 0.0), system_(system),
      charges_(static_cast<std::size_t>(system.unknowns()), 0.0) {
    if (system.unknowns() == 0) return;
    std::vector<std::pair<Index, Index>> places;
    for (const Stamps* stamps : {&system.constant(), &system.changing()}) {
        for (const auto* entries : {&stamps->conductances(), &stamps->capacitances()}) {
            for (const auto& entry : *entries) places.emplace_back(entry.row, entry.col);
        }
    }
    matrix_.emplace(system.unknowns(), std::move(places));
    const std::size_t size = matrix_->values().size();
    conductances_.assign(size, 0.0);
    capacitances_.assign(size, 0.0);
    for (const auto& entry : system.constant().conductances())
        conductances_[matrix_->slot(entry.row, entry.col)] += entry.value;
    std::map<std::size_t, std::size_t> known; // place in the matrix to place among the charges
    for (const auto& entry : system.constant().capacitances()) {
        const std::size_t slot = matrix_->slot(entry.row, entry.col);
        capacitances_[slot] += entry.value;
        const auto [place, is_new] = known.try_emplace(slot, constant_charges_.size());
        if (is_new) constant_charges_.push_back({entry.row, entry.col, 0.0});
        constant_charges_[place->second].value += entry.value;
    }
    for (const auto& entry : system.changing().conductances())
        conductance_slots_.push_back(matrix_->slot(entry.row, entry.col));
    for (const auto& entry : system.changing().capacitances())
        capacitance_slots_.push_back(matrix_->slot(entry.row, entry.col));
}

StageOutcome StageSolver::solve(std::vector<double>& x, double a, std::span<const double> known,
                                const CircuitDrive& drive, StageTolerances tolerances) {
    constexpr double rounding = 1e-13;
    StageOutcome outcome;
    if (!matrix_) return {true, no_unknown};
    // A current that charges leave is known no better than they are.
    double largest = 0.0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (!system_.is_current(static_cast<Index>(i))) largest = std::max(largest, std::abs(known[i]));
    }
    tolerances.current += rounding * largest;
    for (int k = 0; k < tolerances.max_iterations; ++k) {
        ++iterations_;
        const bool is_limited = system_.linearise(x, drive);
        assemble(a);
        const Stamps& changing = system_.changing();
        change_.resize(x.size());
        for (std::size_t i = 0; i < x.size(); ++i)
            change_[i] = known[i] + changing.rhs()[i] + injected[i] - a * changing.charges()[i];
        matrix_->subtract_product(x, change_);
        const auto lost = std::find_if_not(change_.begin(), change_.end(), is_finite);
        if (lost != change_.end()) return {false, lost - change_.begin()};
        try {
            if (factorised_a_ == 0.0) {
                matrix_->factorise();
                ++factorisations_;
                factorised_a_ = a;
                factorised_conductances_ = changing.conductances();
                factorised_capacitances_ = changing.capacitances();
            }
            matrix_->solve(change_);
        } catch (const BackendError&) {
            factorised_a_ = 0.0;
            return outcome;
        }
        if (!std::all_of(change_.begin(), change_.end(), is_finite)) return outcome;
        outcome = judge(x, tolerances);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += change_[i];
        outcome.converged = outcome.converged && !is_limited;
        if (outcome.converged) break;
    }
    if (outcome.converged) sum_charges(x);
    return outcome;
}

void StageSolver::take_charges(std::span<const double> x, const CircuitDrive& drive) {
    constexpr int most_limits = 200;
    for (int k = 0; k < most_limits && system_.linearise(x, drive); ++k) {
    }
    sum_charges(x);
}

void StageSolver::divide(std::span<double> r) {
    if (matrix_) matrix_->solve(r);
}

void StageSolver::assemble(double a) {
    const Stamps& changing = system_.changing();
    if (factorised_a_ == a && factorised_conductances_ == changing.conductances() &&
        factorised_capacitances_ == changing.capacitances()) {
        return;
    }
    factorised_a_ = 0.0;
    const std::span<double> values = matrix_->values();
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = conductances_[k] + a * capacitances_[k];
    for (std::size_t k = 0; k < conductance_slots_.size(); ++k)
        values[conductance_slots_[k]] += changing.conductances()[k].value;
    for (std::size_t k = 0; k < capacitance_slots_.size(); ++k)
        values[capacitance_slots_[k]] += a * changing.capacitances()[k].value;
}

void StageSolver::sum_charges(std::span<const double> x) {
    const Stamps& changing = system_.changing();
    charges_ = changing.charges();
    for (const auto* entries : {&std::as_const(constant_charges_), &changing.capacitances()}) {
        for (const auto& entry : *entries) {
            charges_[static_cast<std::size_t>(entry.row)] +=
                entry.value * x[static_cast<std::size_t>(entry.col)];
        }
    }
}

StageOutcome StageSolver::judge(std::span<const double> x, const StageTolerances& tolerances) const {
    StageOutcome outcome{true, no_unknown};
    double most = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double floor =
            system_.is_current(static_cast<Index>(i)) ? tolerances.current : tolerances.voltage;
        const double scale = std::max(std::abs(x[i]), std::abs(x[i] + change_[i]));
        const double parts = std::abs(change_[i]) / (tolerances.relative * scale + floor);
        if (parts > most) {
            most = parts;
            outcome.worst = static_cast<Index>(i);
        }
    }
    outcome.converged = most <= 1.0;
    return outcome;
}

} // namespace ohmloom
