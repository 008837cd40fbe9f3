#include "solver/lines_engine.hpp"

#include "base/parallel.hpp"
#include "solver/array_solution.hpp"
#include "solver/line_kernels.hpp"
#include "solver/mna_engine.hpp"
#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// The lanes of each layout, and what an evaluation of it returns.
template <class Block>
struct Layout;
template <>
struct Layout<LaneBlock> {
    static constexpr std::size_t lanes = lane_count;
    using Errors = LaneErrors;
};
template <>
struct Layout<SinglePoint> {
    static constexpr std::size_t lanes = 1;
    using Errors = line_kernels::PointErrors;
};

/// One block of operating points on its way to convergence, in either layout.
template <class Block>
class BlockSolver {
    static constexpr std::size_t lanes = Layout<Block>::lanes;
    using Values = std::array<double, lanes>;
    static constexpr Index width = lanes;

public:
    BlockSolver(const LineSystem& system, Block& block, const SolveOptions& options)
        : system_(system), block_(block), options_(options), linear_(is_linear(system.cell)) {}

    /// Sets the terminal potentials of vectors [first, first + count) and starts every node at the potential of its own terminal. Lanes
    /// beyond `count` repeat the last vector.
    void start(const Crossbar& crossbar, const Drive& drive, Index first, Index count) {
        for (Index lane = 0; lane < width; ++lane) {
            const std::vector<double> v = port_potentials(crossbar, drive, first + std::min(lane, count - 1));
            for (Index r = 0; r < system_.rows; ++r) block_.v_row[at(r * width + lane)] = v[at(r)];
            for (Index l = 0; l < system_.lines; ++l)
                block_.v_col[at(l * width + lane)] = v[at(system_.rows + l)];
        }
        double* w = block_.w.data();
        for (Index r = 0; r < system_.rows; ++r) {
            for (Index s = 0; s < system_.sites; ++s, w += width)
                std::copy_n(block_.v_row.data() + r * width, width, w);
        }
        double* b = block_.b.data();
        for (Index r = 0; r < system_.rows; ++r, b += system_.lines * width) {
            std::copy_n(block_.v_col.data(), system_.lines * width, b);
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
            Values length{};
            for (std::size_t lane = 0; lane < length.size(); ++lane) length[lane] = done_[lane] ? 0.0 : 1.0;
            line_kernels::advance(system_, block_, length);
        }
    }

    [[nodiscard]] const typename Layout<Block>::Errors& errors() const { return errors_; }
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
        Values norm = line_kernels::begin(system_, block_);
        Values target{}, gamma{}, alpha{}, beta{};
        for (std::size_t lane = 0; lane < target.size(); ++lane) {
            const double floor = 0.3 * options_.tolerance * errors_.current[lane];
            // Far from the solution of a nonlinear array an exact step is wasted.
            target[lane] = linear_ ? floor : std::max(floor, 1e-3 * norm[lane]);
        }
        std::array<bool, lanes> active{};
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
    typename Layout<Block>::Errors errors_;
    Values last_error_ = [] {
        Values values{};
        values.fill(std::numeric_limits<double>::infinity());
        return values;
    }();
    std::array<bool, lanes> done_{}, converged_{};
    std::array<int, lanes> iterations_{}, halvings_{};
    std::vector<double> kept_w_, kept_b_;
};

template <class Block>
void store_lane(const LineSystem& system, const Block& block, const BlockSolver<Block>& solver, Index lane,
                Index k, const SolveOptions& options, ArraySolution& solution) {
    constexpr Index width = Layout<Block>::lanes;
    double power = 0.0;
    for (Index r = 0; r < system.rows; ++r) {
        solution.i_row(k, r) = block.i_row[at(r * width + lane)];
        power += block.v_row[at(r * width + lane)] * solution.i_row(k, r);
    }
    for (Index l = 0; l < system.lines; ++l) {
        solution.i_col(k, l) = block.i_col[at(l * width + lane)];
        power -= block.v_col[at(l * width + lane)] * solution.i_col(k, l);
    }
    solution.power[at(k)] = power;
    const double error = solver.errors().error[at(lane)], current = solver.errors().current[at(lane)];
    const bool nothing_flows = current == 0.0 && error <= solver.errors().rounding[at(lane)];
    solution.residual[at(k)] = error == 0.0 || nothing_flows ? 0.0 : error / current;
    solution.iterations[at(k)] = solver.iterations(lane);
    solution.status[at(k)] = solver.converged(lane) ? SolveStatus::converged : SolveStatus::not_converged;
    if (!options.fields) return;
    for (Index i = 0; i < solution.v_w.cols(); ++i) solution.v_w(k, i) = block.w[at(i * width + lane)];
    for (Index i = 0; i < solution.v_b.cols(); ++i) solution.v_b(k, i) = block.b[at(i * width + lane)];
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

/// Solves vectors [0, batch) in blocks of one layout. A strand of blocks is solved one after the other in one set of arrays; which
/// strand a block is in changes no number.
template <class Block>
void solve_blocks(const Crossbar& crossbar, const LineSystem& system, const Drive& drive,
                  const SolveOptions& options, ArraySolution& solution) {
    constexpr Index width = Layout<Block>::lanes;
    const Index batch = drive.v_row.rows(), blocks = (batch + width - 1) / width;
    const Index strands = std::min<Index>(blocks, Index{2} * allowed_threads());
    parallel_for(strands, [&](Index strand) {
        Block block(system);
        bool factorised = false;
        for (Index k = strand; k < blocks; k += strands) {
            const Index first = k * width, count = std::min(width, batch - first);
            BlockSolver<Block> solver(system, block, options);
            solver.start(crossbar, drive, first, count);
            solver.solve(factorised);
            for (Index lane = 0; lane < count; ++lane) {
                store_lane(system, block, solver, lane, first + lane, options, solution);
            }
        }
    });
}

} // namespace

ArraySolution solve_array_lines(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options) {
    // Up to so many vectors, one at a time beats lanes that mostly repeat each other.
    constexpr Index few_vectors = 3;
    const LineSystem system = make_line_system(crossbar);
    ArraySolution solution = make_solution(crossbar, drive.v_row.rows(), options, Engine::lines);
    if (is_linear(crossbar.cell) && drive.v_row.rows() <= few_vectors) {
        solve_blocks<SinglePoint>(crossbar, system, drive, options, solution);
    } else {
        solve_blocks<LaneBlock>(crossbar, system, drive, options, solution);
    }
    fall_back(crossbar, drive, options, solution);
    return solution;
}

} // namespace ohmloom
