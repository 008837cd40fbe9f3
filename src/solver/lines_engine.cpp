#include "solver/lines_engine.hpp"

#include "base/parallel.hpp"
#include "solver/array_graph.hpp"
#include "solver/array_solution.hpp"
#include "solver/line_kernels.hpp"
#include "solver/line_relaxation.hpp"
#include "solver/mna_engine.hpp"
#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

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
struct Layout<RelaxationBlock> {
    static constexpr std::size_t lanes = lane_count;
};

template <>
struct Layout<SinglePoint> {
    static constexpr std::size_t lanes = 1;
    using Errors = line_kernels::PointErrors;
};

/// Where the voltages of column nodes lie: the first one, and the numbers from node to node; a node's lanes lie side by side.
template <class Block>
auto column_voltages(Block& block) {
    if constexpr (std::is_same_v<std::remove_const_t<Block>, RelaxationBlock>) {
        return std::pair(block.columns.data(), RelaxationBlock::record);
    } else {
        return std::pair(block.b.data(), static_cast<Index>(Layout<std::remove_const_t<Block>>::lanes));
    }
}

/// Which vectors of a batch a block holds.
struct Part {
    Index first = 0, count = 0;
};

/// Sets the terminal potentials of the part's vectors and starts every node at the potential of its own terminal. Lanes beyond the
/// part repeat its last vector.
template <class Block>
void start(const LineSystem& system, const Crossbar& crossbar, const Drive& drive, const Part& part,
           Block& block) {
    constexpr Index width = Layout<Block>::lanes;
    for (Index lane = 0; lane < width; ++lane) {
        const std::vector<double> v =
            port_potentials(crossbar, drive, part.first + std::min(lane, part.count - 1));
        for (Index r = 0; r < system.rows; ++r) block.v_row[at(r * width + lane)] = v[at(r)];
        for (Index l = 0; l < system.lines; ++l) block.v_col[at(l * width + lane)] = v[at(system.rows + l)];
    }
    const Index kept_rows = static_cast<Index>(block.w.size()) / (system.sites * width);
    for (Index r = 0; r < kept_rows; ++r) {
        const double* const v = block.v_row.data() + r * width;
        double* w = block.w.data() + r * system.sites * width;
        for (Index s = 0; s < system.sites; ++s, w += width) std::copy_n(v, width, w);
    }
    auto [b, step] = column_voltages(block);
    for (Index r = 0; r < system.rows; ++r) {
        for (Index l = 0; l < system.lines; ++l, b += step)
            std::copy_n(block.v_col.data() + l * width, width, b);
    }
}

/// How one lane came out.
struct LaneOutcome {
    double error = 0.0, current = 0.0, rounding = 0.0;
    int iterations = 0;
    bool converged = false;
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

    [[nodiscard]] LaneOutcome outcome(Index lane) const {
        return {errors_.error[at(lane)], errors_.current[at(lane)], errors_.rounding[at(lane)],
                iterations_[at(lane)], converged_[at(lane)]};
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
void store_lane(const LineSystem& system, const Block& block, const LaneOutcome& outcome, Index lane, Index k,
                const SolveOptions& options, ArraySolution& solution) {
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
    const bool nothing_flows = outcome.current == 0.0 && outcome.error <= outcome.rounding;
    solution.residual[at(k)] = outcome.error == 0.0 || nothing_flows ? 0.0 : outcome.error / outcome.current;
    solution.iterations[at(k)] = outcome.iterations;
    solution.status[at(k)] = outcome.converged ? SolveStatus::converged : SolveStatus::not_converged;
    if (!options.fields) return;
    for (Index i = 0; i < solution.v_w.cols(); ++i) solution.v_w(k, i) = block.w[at(i * width + lane)];
    const auto [b, step] = column_voltages(block);
    for (Index i = 0; i < solution.v_b.cols(); ++i) solution.v_b(k, i) = b[i * step + lane];
}

/// Solves the operating points that did not converge again by the mna engine, and keeps its answer where that is better.
void fall_back(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
               ArraySolution& solution) {
    for (Index k = 0; k < drive.v_row.rows(); ++k) {
        if (solution.status[at(k)] == SolveStatus::converged) continue;
        const auto v_row = drive.v_row.row(k);
        std::vector<double> v_col = drive.v_col;
        if (!drive.v_col_each.empty())
            v_col.assign(drive.v_col_each.row(k).begin(), drive.v_col_each.row(k).end());
        const Drive alone{Matrix<double>(1, drive.v_row.cols(), {v_row.begin(), v_row.end()}),
                          std::move(v_col)};
        const ArraySolution again = solve_array_mna(crossbar, alone, options);
        if (std::isfinite(solution.residual[at(k)]) && !(again.residual[0] < solution.residual[at(k)]))
            continue;
        copy_operating_point(again, 0, solution, k);
        solution.fallbacks.push_back(k);
    }
}

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

/// Relaxes a started block until every lane's KCL error, measured apart from the passes, is below the tolerance; or as long as the
/// passes gain.
std::array<LaneOutcome, lane_count> relax(const LineSystem& system, const Chord& chord,
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

/// Solves vectors [0, batch) in blocks: each strand takes the next block that nobody has taken, by `solve_part(part)` of a solver that
/// `make_solver()` made for the strand, so that a strand's blocks share one set of arrays. Which strand takes a block changes no
/// number.
template <class MakeSolver>
void for_parts(Index batch, Index width, const MakeSolver& make_solver) {
    const Index blocks = (batch + width - 1) / width;
    std::atomic<Index> next{0};
    parallel_for(std::min<Index>(blocks, allowed_threads()), [&](Index /*strand*/) {
        auto solve_part = make_solver();
        for (Index k = next++; k < blocks; k = next++) {
            solve_part(Part{k * width, std::min(width, batch - k * width)});
        }
    });
}

/// What the blocks of one solution share.
struct Job {
    const Crossbar& crossbar;
    const LineSystem& system;
    const Drive& drive;
    const SolveOptions& options;
    ArraySolution& solution;
};

/// Newton with conjugate gradients on a part of the batch.
template <class Block>
class NewtonPart {
public:
    explicit NewtonPart(const Job& job) : job_(job), block_(job.system) {}

    void operator()(const Part& part) {
        BlockSolver<Block> solver(job_.system, block_, job_.options);
        start(job_.system, job_.crossbar, job_.drive, part, block_);
        solver.solve(factorised_);
        for (Index lane = 0; lane < part.count; ++lane) {
            store_lane(job_.system, block_, solver.outcome(lane), lane, part.first + lane, job_.options,
                       job_.solution);
        }
    }

private:
    const Job& job_;
    Block block_;
    bool factorised_ = false;
};

/// Relaxation on a part of the batch, and Newton where it does not do.
class RelaxedPart {
public:
    RelaxedPart(const Job& job, const Chord& chord)
        : job_(job), chord_(chord), block_(job.system, job.options.fields) {}

    void operator()(const Part& part) {
        start(job_.system, job_.crossbar, job_.drive, part, block_);
        const std::array<LaneOutcome, lane_count> outcomes = relax(job_.system, chord_, job_.options, block_);
        if (!std::all_of(outcomes.begin(), outcomes.end(),
                         [](const LaneOutcome& o) { return o.converged; })) {
            if (!newton_) newton_.emplace(job_);
            (*newton_)(part);
            return;
        }
        for (Index lane = 0; lane < part.count; ++lane) {
            store_lane(job_.system, block_, outcomes[at(lane)], lane, part.first + lane, job_.options,
                       job_.solution);
        }
    }

private:
    const Job& job_;
    const Chord& chord_;
    RelaxationBlock block_;
    std::optional<NewtonPart<LaneBlock>> newton_;
};

/// Largest voltage that a cell can see from the terminals.
double largest_cell_voltage(const Drive& drive) {
    const auto [low, high] = std::minmax_element(drive.v_row.values().begin(), drive.v_row.values().end());
    double v_low = 0.0, v_high = 0.0;
    const std::vector<double>& v_col = drive.v_col_each.empty() ? drive.v_col : drive.v_col_each.values();
    if (!v_col.empty()) {
        const auto [col_low, col_high] = std::minmax_element(v_col.begin(), v_col.end());
        v_low = *col_low;
        v_high = *col_high;
    }
    return std::max({*high - v_low, v_high - *low, 0.0});
}

/// The chord, if relaxation takes less time than Newton with conjugate gradients.
std::optional<Chord> relaxation_chord(const Job& job) {
    constexpr double most_passes = 25.0;
    std::optional<Chord> chord = make_chord(job.system, largest_cell_voltage(job.drive));
    if (chord && chord->passes(job.options.tolerance) > most_passes) chord.reset();
    return chord;
}

} // namespace

ArraySolution solve_array_lines(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options) {
    // Up to so many vectors, one at a time beats lanes that mostly repeat each other.
    constexpr Index few_vectors = 3;
    const Index batch = drive.v_row.rows();
    const LineSystem system = make_line_system(crossbar);
    ArraySolution solution = make_solution(crossbar, batch, options, Engine::lines);
    const Job job{crossbar, system, drive, options, solution};
    if (is_linear(crossbar.cell) && batch <= few_vectors) {
        for_parts(batch, 1, [&] { return NewtonPart<SinglePoint>(job); });
    } else if (const std::optional<Chord> chord = relaxation_chord(job)) {
        for_parts(batch, lane_count, [&] { return RelaxedPart(job, *chord); });
    } else {
        for_parts(batch, lane_count, [&] { return NewtonPart<LaneBlock>(job); });
    }
    fall_back(crossbar, drive, options, solution);
    return solution;
}

} // namespace ohmloom
