#include "solver/lines_engine.hpp"

#include "base/parallel.hpp"
#include "solver/array_solution.hpp"
#include "solver/line_kernels.hpp"
#include "solver/mna_engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// One block of operating points on its way to convergence.
class BlockSolver {
public:
    BlockSolver(const LineSystem& system, LaneBlock& block, const SolveOptions& options)
        : system_(system), block_(block), options_(options), linear_(is_linear(system.cell)) {}

    /// Sets the terminal potentials of vectors [first, first + count) and starts every node at the potential of its own terminal. Lanes
    /// beyond `count` repeat the last vector.
    void start(const Crossbar& crossbar, const Drive& drive, Index first, Index count) {
        for (Index lane = 0; lane < lane_count; ++lane) {
            const std::vector<double> v = port_potentials(crossbar, drive, first + std::min(lane, count - 1));
            for (Index r = 0; r < system_.rows; ++r) {
                block_.v_row[at(r * lane_count + lane)] = v[at(r)];
                for (Index s = 0; s < system_.sites; ++s)
                    block_.w[at((r * system_.sites + s) * lane_count + lane)] = v[at(r)];
            }
            for (Index l = 0; l < system_.lines; ++l) {
                const double v_sense = v[at(system_.rows + l)];
                block_.v_col[at(l * lane_count + lane)] = v_sense;
                for (Index r = 0; r < system_.rows; ++r)
                    block_.b[at((r * system_.lines + l) * lane_count + lane)] = v_sense;
            }
        }
    }

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
            Lanes length{};
            for (std::size_t lane = 0; lane < length.size(); ++lane) length[lane] = done_[lane] ? 0.0 : 1.0;
            line_kernels::advance(system_, block_, length);
        }
    }

    [[nodiscard]] const LaneErrors& errors() const { return errors_; }
    [[nodiscard]] bool converged(Index lane) const { return converged_[at(lane)]; }
    [[nodiscard]] int iterations(Index lane) const { return iterations_[at(lane)]; }

private:
    [[nodiscard]] bool used_up(int step) const {
        return step >= options_.max_iterations ||
               *std::max_element(iterations_.begin(), iterations_.end()) >= most_inner_iterations;
    }

    void mark_converged() {
        for (std::size_t lane = 0; lane < done_.size(); ++lane) {
            const double error = errors_.error[lane];
            converged_[lane] =
                error <= errors_.rounding[lane] || error <= options_.tolerance * errors_.current[lane];
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
        Lanes norm = line_kernels::begin(system_, block_);
        Lanes target{}, gamma{}, alpha{}, beta{};
        for (std::size_t lane = 0; lane < target.size(); ++lane) {
            const double floor = 0.3 * options_.tolerance * errors_.current[lane];
            // Far from the solution of a nonlinear array an exact step is wasted.
            target[lane] = linear_ ? floor : std::max(floor, 1e-3 * norm[lane]);
        }
        std::array<bool, lane_count> active{};
        const auto update_active = [&] {
            bool any = false;
            for (std::size_t lane = 0; lane < active.size(); ++lane) {
                active[lane] =
                    !done_[lane] && norm[lane] > target[lane] && iterations_[lane] < most_inner_iterations;
                any = any || active[lane];
            }
            return any;
        };
        for (bool first = true; update_active(); first = false) {
            const line_kernels::Products products = line_kernels::ascend(system_, block_);
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
            for (std::size_t i = lane; i < kept_w_.size(); i += lane_count)
                block_.w[i] = 0.5 * (block_.w[i] + kept_w_[i]);
            for (std::size_t i = lane; i < kept_b_.size(); i += lane_count)
                block_.b[i] = 0.5 * (block_.b[i] + kept_b_[i]);
        }
        return any;
    }

    static constexpr int most_inner_iterations = 20000;

    const LineSystem& system_;
    LaneBlock& block_;
    const SolveOptions& options_;
    bool linear_;
    LaneErrors errors_;
    Lanes last_error_ = [] {
        Lanes lanes{};
        lanes.fill(std::numeric_limits<double>::infinity());
        return lanes;
    }();
    std::array<bool, lane_count> done_{}, converged_{};
    std::array<int, lane_count> iterations_{}, halvings_{};
    std::vector<double> kept_w_, kept_b_;
};

void store_lane(const LineSystem& system, const LaneBlock& block, const BlockSolver& solver, Index lane,
                Index k, const SolveOptions& options, ArraySolution& solution) {
    double power = 0.0;
    for (Index r = 0; r < system.rows; ++r) {
        solution.i_row(k, r) = block.i_row[at(r * lane_count + lane)];
        power += block.v_row[at(r * lane_count + lane)] * solution.i_row(k, r);
    }
    for (Index l = 0; l < system.lines; ++l) {
        solution.i_col(k, l) = block.i_col[at(l * lane_count + lane)];
        power -= block.v_col[at(l * lane_count + lane)] * solution.i_col(k, l);
    }
    solution.power[at(k)] = power;
    const double error = solver.errors().error[at(lane)], current = solver.errors().current[at(lane)];
    const bool nothing_flows = current == 0.0 && error <= solver.errors().rounding[at(lane)];
    solution.residual[at(k)] = error == 0.0 || nothing_flows ? 0.0 : error / current;
    solution.iterations[at(k)] = solver.iterations(lane);
    solution.status[at(k)] = solver.converged(lane) ? SolveStatus::converged : SolveStatus::not_converged;
    if (!options.fields) return;
    for (Index i = 0; i < solution.v_w.cols(); ++i) solution.v_w(k, i) = block.w[at(i * lane_count + lane)];
    for (Index i = 0; i < solution.v_b.cols(); ++i) solution.v_b(k, i) = block.b[at(i * lane_count + lane)];
}

/// Solves the operating points that did not converge again by the mna engine, and keeps its answer where that is better.
void fall_back(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
               ArraySolution& solution) {
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        if (solution.status[at(k)] == SolveStatus::converged) continue;
        const auto v_row = drive.v_row.row(k);
        const Drive alone{Matrix<double>(1, drive.v_row.cols(), {v_row.begin(), v_row.end()}), drive.v_col};
        const ArraySolution again = solve_array_mna(crossbar, alone, options);
        if (!(again.residual[0] < solution.residual[at(k)])) continue;
        copy_operating_point(again, 0, solution, k);
        solution.fallbacks.push_back(k);
    }
}

} // namespace

ArraySolution solve_array_lines(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options) {
    const LineSystem system = make_line_system(crossbar);
    const Index batch = drive.v_row.rows(), blocks = (batch + lane_count - 1) / lane_count;
    ArraySolution solution = make_solution(crossbar, batch, options, Engine::lines);
    // A strand of blocks is solved one after the other in one set of arrays; which strand a block is in changes no number.
    const Index strands = std::min<Index>(blocks, 2 * allowed_threads());
    parallel_for(strands, [&](Index strand) {
        LaneBlock block(system);
        bool factorised = false;
        for (Index k = strand; k < blocks; k += strands) {
            const Index first = k * lane_count, count = std::min(lane_count, batch - first);
            BlockSolver solver(system, block, options);
            solver.start(crossbar, drive, first, count);
            solver.solve(factorised);
            for (Index lane = 0; lane < count; ++lane)
                store_lane(system, block, solver, lane, first + lane, options, solution);
        }
    });
    fall_back(crossbar, drive, options, solution);
    return solution;
}

} // namespace ohmloom
