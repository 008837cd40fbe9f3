#include "solver/newton_lines.hpp"

#include "solver/array_graph.hpp"
#include "solver/line_gradients.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace ohmloom {

namespace {

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
    /// step by conjugate gradients → advance → again. For linear cells the first step is the solution and later ones refine it.
    ///
    /// `factorised` says whether the block holds the chains' factors already, as it does after a block with the same linear cells;
    /// it is set when they are made.
    void solve(bool& factorised) {
        for (int step = 0;; ++step) {
            errors_ = line_kernels::evaluate(system_, block_);
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

    void mark_converged() {
        for (std::size_t lane = 0; lane < done_.size(); ++lane) {
            const double error = errors_.error[lane];
            converged_[lane] =
                kcl_holds(error, errors_.current[lane], errors_.rounding[lane], options_.tolerance);
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
        follow_gradients(system_, block_, norm, target, wanted, iterations_);
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
