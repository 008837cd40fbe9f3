#include "solver/relaxed_lines.hpp"

#include "solver/array_graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

/// Chebyshev's coefficients for the relaxation of an array: update k is p ← momentum·p + length·db.
class Momentum {
public:
    explicit Momentum(double contraction)
        : sigma_square_(std::pow(contraction / (2.0 - contraction), 2)), gamma_(2.0 / (2.0 - contraction)) {
        // What momentum gains on so little is less than what it costs to keep.
        if (sigma_square_ < 1e-4) sigma_square_ = 0.0;
    }

    void next() {
        omega_ = omega_ == 0.0 ? 1.0 : 1.0 / (1.0 - sigma_square_ * omega_ / (omega_ == 1.0 ? 2.0 : 4.0));
    }
    [[nodiscard]] line_kernels::Update update() const {
        return {omega_ - 1.0, omega_ * gamma_, sigma_square_ > 0.0};
    }

private:
    double sigma_square_, gamma_;
    double omega_ = 0.0;
};

} // namespace

std::array<LaneOutcome, lane_count> solve_by_relaxation(const LineSystem& system, const Chord& chord,
                                                        const SolveOptions& options, RelaxationBlock& block) {
    using line_kernels::Pass;
    constexpr int most_measures = 3;
    std::array<LaneOutcome, lane_count> outcomes;
    const int most_passes = 10 + 2 * static_cast<int>(chord.passes(options.tolerance));
    Momentum cheb(chord.contraction);
    Pass pass = Pass::first_down;
    double target = 0.9 * options.tolerance, last = std::numeric_limits<double>::infinity();
    int passes = 0;
    for (int measures = 0; measures < most_measures; ++measures, target *= 0.1) {
        for (double worst = last; passes < most_passes; last = worst) {
            const LaneErrors errors = line_kernels::relax(system, chord, block, pass, cheb.update());
            ++passes;
            pass = pass == Pass::up ? Pass::down : Pass::up;
            cheb.next();
            worst = 0.0;
            for (std::size_t lane = 0; lane < outcomes.size(); ++lane) {
                if (errors.error[lane] > 0.0)
                    worst = std::max(worst, errors.error[lane] / errors.current[lane]);
            }
            if (!(worst > target) || !(worst < 10.0 * last)) break;
        }
        const LaneErrors errors = line_kernels::measure(system, chord, block);
        bool all_converged = true;
        for (std::size_t lane = 0; lane < outcomes.size(); ++lane) {
            const double error = errors.error[lane];
            const bool converged =
                kcl_holds(error, errors.current[lane], errors.rounding[lane], options.tolerance);
            outcomes[lane] = {error, errors.current[lane], errors.rounding[lane], passes, converged};
            all_converged = all_converged && converged;
        }
        if (all_converged) break;
    }
    return outcomes;
}

} // namespace ohmloom
