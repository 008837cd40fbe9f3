#include "solver/newton_lines.hpp"

#include "solver/array_graph.hpp"
#include "solver/line_gradients.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

// What only single operating points have: steps in single precision.
bool in_single_precision(const LaneBlock& /*block*/) {
    return false;
}
bool in_single_precision(const SinglePoint& point) {
    return !point.in_double;
}
/// [A] what rounding the step to its precision leaves of the KCL errors, after a first iteration on it.
double step_rounding(const LaneBlock& /*block*/) {
    return 0.0;
}
double step_rounding(const SinglePoint& point) {
    return in_single_precision(point) ? point.step_rounding : 0.0;
}

/// One block of operating points on its way to convergence, in either layout.
template <class Block, class Errors, std::size_t lanes>
class NewtonSolver {
    using Values = std::array<double, lanes>;
    static constexpr Index width = lanes;

public:
    NewtonSolver(const LineSystem& system, Block& block, const SolveOptions& options)
        : system_(system), block_(block), options_(options), linear_(is_linear(system.cell)) {}

    /// Newton steps until every lane has converged, gains nothing more, or the iterations are used up.
    ///
    /// evaluate → done where the KCL error is below the tolerance → halve the last step where the error grew → factorise → solve the
    /// step by conjugate gradients → advance → again. For linear cells the first step is the solution and later ones refine it. Steps
    /// in single precision are refinements that are not counted; a point that they bring no closer goes on in double precision.
    ///
    /// `factorised` says whether the block holds the chains' factors already, as it does after a block with the same linear cells;
    /// it is set when they are made.
    void solve(bool& factorised) {
        for (int step = 0;; step += linear_ && in_single_precision(block_) ? 0 : 1) {
            errors_ = line_kernels::evaluate(system_, block_);
            if (single_precision_fails()) {
                use_double_precision();
                factorised = false;
            }
            mark_converged();
            if (std::all_of(done_.begin(), done_.end(), [](bool d) { return d; }) || used_up(step)) return;
            if (!linear_ && halve_where_worse()) continue;
            if (!linear_ || !factorised) line_kernels::factorise(system_, block_);
            factorised = true;
            remember_state();
            solve_step();
            Values length{};
            for (std::size_t lane = 0; lane < length.size(); ++lane) length[lane] = done_[lane] ? 0.0 : 1.0;
            line_kernels::advance(system_, block_, length);
            stepped_ = true;
        }
    }

    [[nodiscard]] std::array<LaneOutcome, lanes> outcomes() const {
        std::array<LaneOutcome, lanes> all;
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            all[lane] = {errors_.error[lane], errors_.current[lane], errors_.rounding[lane],
                         iterations_[lane], converged_[lane]};
        }
        return all;
    }

private:
    [[nodiscard]] bool used_up(int step) const {
        return step >= options_.max_iterations ||
               *std::max_element(iterations_.begin(), iterations_.end()) >= most_gradient_iterations;
    }

    /// Whether a lane's KCL errors are small enough. What rounding excuses otherwise may yet be that of a step in single precision.
    [[nodiscard]] bool holds(std::size_t lane) const {
        const double rounding = stepped_ && in_single_precision(block_) ? 0.0 : errors_.rounding[lane];
        return kcl_holds(errors_.error[lane], errors_.current[lane], rounding, options_.tolerance);
    }

    /// Whether the last step, in single precision, gained less than a digit (less than half, where cells are nonlinear).
    [[nodiscard]] bool single_precision_fails() {
        const double enough = linear_ ? 0.1 : 0.5, error = errors_.error.front();
        const double last = std::exchange(error_before_step_, error);
        return in_single_precision(block_) && !(error <= enough * last) && !holds(0);
    }

    /// Goes on in double precision: from where the last step has led if that was closer, else from where it began.
    void use_double_precision() {
        if constexpr (std::is_same_v<Block, SinglePoint>) {
            const bool lost = !std::isfinite(errors_.error.front());
            if (!linear_ && !(errors_.error.front() < last_error_.front())) {
                std::copy(kept_w_.begin(), kept_w_.end(), block_.w.begin());
                std::copy(kept_b_.begin(), kept_b_.end(), block_.b.begin());
                errors_ = line_kernels::evaluate(system_, block_);
            } else if (lost) {
                block_.start(system_);
                errors_ = line_kernels::evaluate(system_, block_);
            }
            last_error_.fill(std::numeric_limits<double>::infinity());
            block_.use_double_precision(system_);
        }
    }

    void mark_converged() {
        for (std::size_t lane = 0; lane < done_.size(); ++lane) {
            const double error = errors_.error[lane];
            converged_[lane] = holds(lane);
            // A linear lane that a whole refinement did not bring closer has reached what rounding allows.
            const bool stalled = linear_ && !(error < 0.5 * last_error_[lane]);
            done_[lane] = converged_[lane] || stalled;
            if (linear_) last_error_[lane] = error;
        }
    }

    /// The step, as exactly as it pays.
    void solve_step() {
        const Values norm = line_kernels::begin(system_, block_);
        Values target{};
        std::array<bool, lanes> wanted{};
        for (std::size_t lane = 0; lane < target.size(); ++lane) {
            const double floor = 0.3 * options_.tolerance * errors_.current[lane];
            // Far from the solution of a nonlinear array an exact step is wasted.
            target[lane] = linear_ ? floor : std::max(floor, 1e-3 * norm[lane]);
            wanted[lane] = !done_[lane];
        }
        follow_gradients(system_, block_, norm, target, wanted, iterations_, [&](Values& targets) {
            const double worthwhile = worthwhile_residual(norm.front(), step_rounding(block_));
            targets.front() = std::max(targets.front(), worthwhile);
        });
    }

    /// How far to bring down the residual of a step in single precision, whose rounding leaves KCL errors of the size `rounding` [A]:
    /// well below those, so that the next round has hardly more to mend than them, and so far that it will be the last.
    [[nodiscard]] double worthwhile_residual(double first_norm, double rounding) const {
        if (rounding == 0.0) return 0.0;
        constexpr double well_below = 0.125, reachable = 5e-7;
        if (!linear_) return well_below * rounding;
        // A smooth residual leaves a share of itself, in the next round as in this.
        const double share = 8.0 * rounding / first_norm;
        const double next_is_last = options_.tolerance * errors_.current.front() / share;
        return std::max(reachable * first_norm, std::min(well_below * rounding, next_is_last));
    }

    void remember_state() {
        if (linear_) return;
        kept_w_.assign(block_.w.begin(), block_.w.end());
        kept_b_.assign(block_.b.begin(), block_.b.end());
        last_error_ = errors_.error;
    }

    /// Takes back half of the last step in the lanes whose KCL error it made larger. True if there was any.
    bool halve_where_worse() {
        constexpr int most_halvings = 30;
        bool any = false;
        for (std::size_t lane = 0; lane < done_.size(); ++lane) {
            const bool worse = !done_[lane] && !kept_w_.empty() && !(errors_.error[lane] < last_error_[lane]);
            if (!worse) {
                halvings_[lane] = 0;
                continue;
            }
            if (++halvings_[lane] > most_halvings) {
                done_[lane] = true;
                continue;
            }
            any = true;
            for (std::size_t i = lane; i < kept_w_.size(); i += width)
                block_.w[i] = 0.5 * (block_.w[i] + kept_w_[i]);
            for (std::size_t i = lane; i < kept_b_.size(); i += width)
                block_.b[i] = 0.5 * (block_.b[i] + kept_b_[i]);
        }
        return any;
    }

    const LineSystem& system_;
    Block& block_;
    const SolveOptions& options_;
    bool linear_;
    Errors errors_;
    Values last_error_ = [] {
        Values values{};
        values.fill(std::numeric_limits<double>::infinity());
        return values;
    }();
    bool stepped_ = false;
    double error_before_step_ = std::numeric_limits<double>::infinity();
    std::array<bool, lanes> done_{}, converged_{};
    std::array<int, lanes> iterations_{}, halvings_{};
    std::vector<double> kept_w_, kept_b_;
};

} // namespace

std::array<LaneOutcome, lane_count> solve_newton(const LineSystem& system, LaneBlock& block,
                                                 const SolveOptions& options, bool& factorised) {
    NewtonSolver<LaneBlock, LaneErrors, lane_count> solver(system, block, options);
    solver.solve(factorised);
    return solver.outcomes();
}

std::array<LaneOutcome, 1> solve_newton(const LineSystem& system, SinglePoint& point,
                                        const SolveOptions& options, bool& factorised) {
    NewtonSolver<SinglePoint, line_kernels::PointErrors, 1> solver(system, point, options);
    solver.solve(factorised);
    return solver.outcomes();
}

} // namespace ohmloom
