#include "solver/lines_engine.hpp"

#include "base/parallel.hpp"
#include "solver/array_solution.hpp"
#include "solver/mna_engine.hpp"
#include "solver/newton_lines.hpp"
#include "solver/relaxed_lines.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// The lanes of each layout.
template <class Block>
constexpr Index lanes_of = lane_count;
template <>
constexpr Index lanes_of<SinglePoint> = 1;

/// Where the voltages of column nodes lie: the first one, and the numbers from node to node; a node's lanes lie side by side.
template <class Block>
auto column_voltages(Block& block) {
    if constexpr (std::is_same_v<std::remove_const_t<Block>, RelaxationBlock>) {
        return std::pair(block.columns.data(), RelaxationBlock::record);
    } else {
        return std::pair(block.b.data(), lanes_of<std::remove_const_t<Block>>);
    }
}

/// Which vectors of a batch a block holds.
struct Part {
    Index first = 0, count = 0;
};

/// Rows whose own voltages a block holds: relaxation of linear cells keeps one row only.
template <class Block>
Index rows_held(const LineSystem& system, const Block& block) {
    return static_cast<Index>(block.w.size()) / (system.sites * lanes_of<Block>);
}

/// Starts every node at the potential of its own terminal.
template <class Block>
void start_at_terminals(const LineSystem& system, Block& block) {
    constexpr Index width = lanes_of<Block>;
    for (Index r = 0; r < rows_held(system, block); ++r) {
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

void start_at_terminals(const LineSystem& system, SinglePoint& point) {
    point.start(system);
}

/// Starts every node at the voltage that is known for it. Nodes of a merged line, which are one, take that of the first; a line held at
/// its terminal's potential stays there.
template <class Block>
void start_at(const NodeVoltages& known, const LineSystem& system, const Part& part, Block& block) {
    constexpr Index width = lanes_of<Block>;
    std::array<const double*, at(width)> w_known{}, b_known{};
    for (Index lane = 0; lane < width; ++lane) {
        const Index k = part.first + std::min(lane, part.count - 1);
        w_known[at(lane)] = known.v_w.row(k).data();
        b_known[at(lane)] = known.v_b.row(k).data();
    }
    const auto take = [](double* to, const auto& from, Index node) {
        for (Index lane = 0; lane < width; ++lane) to[lane] = from[at(lane)][node];
    };
    double* w = block.w.data();
    for (Index r = 0; r < rows_held(system, block); ++r) {
        const bool held = system.rows_merged && std::isinf(system.row_hold[at(r)]);
        for (Index s = 0; s < system.sites && !held; ++s)
            take(w + s * width, w_known, r * system.sites + (system.rows_merged ? 0 : s));
        w += system.sites * width;
    }
    auto [b, step] = column_voltages(block);
    for (Index r = 0; r < system.rows; ++r) {
        for (Index l = 0; l < system.lines; ++l, b += step) {
            if (system.cols_merged && std::isinf(system.col_hold[at(l)])) continue;
            take(b, b_known, (system.cols_merged ? 0 : r * system.lines) + l);
        }
    }
}

template <class Block>
void store_lane(const LineSystem& system, const Block& block, const LaneOutcome& outcome, Index lane, Index k,
                const SolveOptions& options, ArraySolution& solution) {
    constexpr Index width = lanes_of<Block>;
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

/// Solves the vectors of `whole` in parts of `width`: each strand takes the next part that nobody has taken, by `solve_part(part)` of
/// a solver that `make_solver()` made for the strand, so that a strand's parts share one set of arrays. Which strand takes a part
/// changes no number.
template <class MakeSolver>
void for_parts(const Part& whole, Index width, const MakeSolver& make_solver) {
    const Index parts = (whole.count + width - 1) / width;
    std::atomic<Index> next{0};
    parallel_for(std::min<Index>(parts, allowed_threads()), [&](Index /*strand*/) {
        auto solve_part = make_solver();
        for (Index k = next++; k < parts; k = next++)
            solve_part(Part{whole.first + k * width, std::min(width, whole.count - k * width)});
    });
}

/// What the blocks of one solution share.
struct Job {
    const Crossbar& crossbar;
    const LineSystem& system;
    const Drive& drive;
    const SolveOptions& options;
    const std::optional<NodeVoltages>& start;
    ArraySolution& solution;
};

/// Sets the terminal potentials of the part's vectors and the voltages they start from. Lanes beyond the part repeat its last vector.
template <class Block>
void start(const Job& job, const Part& part, Block& block) {
    constexpr Index width = lanes_of<Block>;
    const LineSystem& system = job.system;
    for (Index lane = 0; lane < width; ++lane) {
        const std::vector<double> v =
            port_potentials(job.crossbar, job.drive, part.first + std::min(lane, part.count - 1));
        for (Index r = 0; r < system.rows; ++r) block.v_row[at(r * width + lane)] = v[at(r)];
        for (Index l = 0; l < system.lines; ++l) block.v_col[at(l * width + lane)] = v[at(system.rows + l)];
    }
    start_at_terminals(system, block);
    if (job.start) start_at(*job.start, system, part, block);
}

template <class Block>
void store(const Job& job, const Block& block, std::span<const LaneOutcome> outcomes, const Part& part) {
    for (Index lane = 0; lane < part.count; ++lane) {
        store_lane(job.system, block, outcomes[at(lane)], lane, part.first + lane, job.options, job.solution);
    }
}

/// Newton with conjugate gradients on a part of the batch.
template <class Block>
class NewtonPart {
public:
    static constexpr Index width = lanes_of<Block>;

    explicit NewtonPart(const Job& job) : job_(job), block_(job.system) {}

    void operator()(const Part& part) {
        start(job_, part, block_);
        store(job_, block_, solve_newton(job_.system, block_, job_.options, factorised_), part);
    }

private:
    const Job& job_;
    Block block_;
    bool factorised_ = false;
};

/// Relaxation on a part of the batch, and Newton where it does not do.
template <class Newton>
class RelaxedPart {
public:
    RelaxedPart(const Job& job, const Chord& chord)
        : job_(job), chord_(chord), block_(job.system, job.options.fields) {}

    void operator()(const Part& part) {
        start(job_, part, block_);
        const auto outcomes = solve_by_relaxation(job_.system, chord_, job_.options, block_);
        if (std::all_of(outcomes.begin(), outcomes.end(), [](const LaneOutcome& o) { return o.converged; })) {
            store(job_, block_, outcomes, part);
            return;
        }
        if (!newton_) newton_.emplace(job_);
        for (Index k = 0; k < part.count; k += Newton::width)
            (*newton_)(Part{part.first + k, std::min(Newton::width, part.count - k)});
    }

private:
    const Job& job_;
    const Chord& chord_;
    RelaxationBlock block_;
    std::optional<Newton> newton_;
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

template <class Block>
void solve_newton_parts(const Job& job, const Part& whole) {
    for_parts(whole, lanes_of<Block>, [&] { return NewtonPart<Block>(job); });
}

template <class Newton>
void solve_relaxed_parts(const Job& job, const Chord& chord, const Part& whole) {
    for_parts(whole, lane_count, [&] { return RelaxedPart<Newton>(job, chord); });
}

/// A batch in whole blocks, and what does not fill one: up to so many vectors, a block that mostly repeats itself would take longer than
/// one by one.
struct Split {
    Part blocks, singles;

    Split(const Part& batch, Index few_vectors) {
        const Index odd = batch.count % lane_count;
        singles.count = odd <= few_vectors ? odd : 0;
        blocks.count = singles.first = batch.count - singles.count;
    }
};

void solve_nonlinear(const Job& job, const Part& batch) {
    const Split split(batch, 5);
    if (split.blocks.count > 0) {
        if (const std::optional<Chord> chord = relaxation_chord(job)) {
            solve_relaxed_parts<NewtonPart<LaneBlock>>(job, *chord, split.blocks);
        } else {
            solve_newton_parts<LaneBlock>(job, split.blocks);
        }
    }
    solve_newton_parts<SinglePoint>(job, split.singles);
}

/// Linear cells. Everything that relaxation does not do for goes one by one: the conjugate gradients of a single operating point have
/// the modes' correction.
void solve_linear(const Job& job, const Part& batch) {
    const Split split(batch, 6);
    if (split.blocks.count > 0) {
        if (job.system.rows_merged || job.system.cols_merged) {
            solve_newton_parts<LaneBlock>(job, split.blocks);
        } else if (const std::optional<Chord> chord = relaxation_chord(job)) {
            solve_relaxed_parts<NewtonPart<SinglePoint>>(job, *chord, split.blocks);
        } else {
            solve_newton_parts<SinglePoint>(job, split.blocks);
        }
    }
    solve_newton_parts<SinglePoint>(job, split.singles);
}

} // namespace

ArraySolution solve_array_lines(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options,
                                const std::optional<NodeVoltages>& start) {
    const Part batch{0, drive.v_row.rows()};
    const LineSystem system = make_line_system(crossbar);
    ArraySolution solution = make_solution(crossbar, batch.count, options, Engine::lines);
    const Job job{crossbar, system, drive, options, start, solution};
    if (is_linear(crossbar.cell)) {
        solve_linear(job, batch);
    } else {
        solve_nonlinear(job, batch);
    }
    fall_back(crossbar, drive, options, solution);
    return solution;
}

} // namespace ohmloom
