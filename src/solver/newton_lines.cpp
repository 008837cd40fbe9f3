#include "solver/newton_lines.hpp"

#include "solver/array_graph.hpp"

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
               *std::max_element(iterations_.begin(), iterations_.end()) >= most_inner_iterations;
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

    /// Preconditioned conjugate gradients on S·x = r in the form of Chronopoulos and Gear, which needs one pass up and one pass down
    /// the array per iteration and all dot products at once.
    /// Source: Chronopoulos, Gear, J. Comput. Appl. Math. 25(2), 1989. doi:10.1016/0377-0427(89)90045-9
    void solve_step() {
        Values norm = line_kernels::begin(system_, block_);
        Values target{}, gamma{}, alpha{}, beta{};
        for (std::size_t lane = 0; lane < target.size(); ++lane) {
            const double floor = 0.3 * options_.tolerance * errors_.current[lane];
            // Far from the solution of a nonlinear array an exact step is wasted.
            target[lane] = linear_ ? floor : std::max(floor, 1e-3 * norm[lane]);
        }
        std::array<bool, lanes> active{};
        // Rounding can hold a residual up forever; one that so many iterations did not halve will not fall any more.
        constexpr int patience = 250;
        Values halved = norm;
        std::array<int, lanes> waited{};
        const auto update_active = [&] {
            bool any = false;
            for (std::size_t lane = 0; lane < active.size(); ++lane) {
                if (norm[lane] < 0.5 * halved[lane]) {
                    halved[lane] = norm[lane];
                    waited[lane] = 0;
                }
                active[lane] = !done_[lane] && norm[lane] > target[lane] && waited[lane]++ < patience &&
                               iterations_[lane] < most_inner_iterations;
                any = any || active[lane];
            }
            return any;
        };
        for (bool first = true; update_active(); first = false) {
            const auto products = line_kernels::ascend(system_, block_);
            for (std::size_t lane = 0; lane < active.size(); ++lane) {
                const double last_gamma = gamma[lane], last_alpha = alpha[lane];
                gamma[lane] = products.rz[lane];
                beta[lane] = first || last_gamma <= 0.0 ? 0.0 : gamma[lane] / last_gamma;
                const double curvature =
                    products.zs[lane] - (last_alpha == 0.0 ? 0.0 : beta[lane] * gamma[lane] / last_alpha);
                const bool step = active[lane] && gamma[lane] > 0.0 && curvature > 0.0;
                alpha[lane] = step ? gamma[lane] / curvature : 0.0;
                if (!step) beta[lane] = 0.0;
                if (active[lane]) ++iterations_[lane];
            }
            norm = line_kernels::descend(system_, block_, alpha, beta);
            // A lane that could take no step is at its rounding limit.
            for (std::size_t lane = 0; lane < active.size(); ++lane) {
                if (alpha[lane] == 0.0) norm[lane] = 0.0;
            }
        }
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

    static constexpr int most_inner_iterations = 20000;

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
