#include "readout/staged_array.hpp"

#include "base/dense.hpp"
#include "devicemodels/cell_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

Matrix<double> identity(Index size) {
    Matrix<double> matrix(size, size);
    for (Index i = 0; i < size; ++i) matrix(i, i) = 1.0;
    return matrix;
}

Matrix<double> rows_of(const Matrix<double>& matrix, const std::vector<Index>& rows) {
    Matrix<double> picked(static_cast<Index>(rows.size()), matrix.cols());
    for (std::size_t k = 0; k < rows.size(); ++k)
        std::ranges::copy(matrix.row(rows[k]), picked.row(static_cast<Index>(k)).begin());
    return picked;
}

/// The array with ohmic cells in place of its own.
///
/// They conduct as its own do between −v and v on the average (`Ohmic::secant`), or as these do for small changes there (`tangent`).
enum class Ohmic { secant, tangent };
Crossbar ohmic_array(Crossbar crossbar, double v, Ohmic kind) {
    const CellRange range = range_of(crossbar.cell);
    v = std::min({v, range.v_high, -range.v_low});
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            double& g = crossbar.g(r, l);
            if (g == 0.0 || std::isinf(g)) continue;
            const CellPoint up = evaluate_cell(crossbar.cell, g, crossbar.shape_at(r, l), v);
            const CellPoint down = evaluate_cell(crossbar.cell, g, crossbar.shape_at(r, l), -v);
            g = kind == Ohmic::secant && v > 0.0 ? (up.current - down.current) / (2.0 * v)
                                                 : 0.5 * (up.slope + down.slope);
        }
    }
    crossbar.cell = LinearCell{};
    crossbar.shape = {};
    return crossbar;
}

/// Node voltages of the operating points `rows` of a solution, which is spent.
NodeVoltages voltages_of(ArraySolution& solution, const std::vector<Index>& rows) {
    if (static_cast<Index>(rows.size()) == solution.v_w.rows())
        return {std::move(solution.v_w), std::move(solution.v_b)};
    return {rows_of(solution.v_w, rows), rows_of(solution.v_b, rows)};
}

/// Adds a vector to every row; none to add is an empty one.
void add_to_rows(Matrix<double>& matrix, const std::vector<double>& row) {
    for (Index k = 0; k < matrix.rows() && !row.empty(); ++k) {
        for (Index s = 0; s < matrix.cols(); ++s) matrix(k, s) += row[at(s)];
    }
}

/// Largest current of any line of operating point k.
double largest_current(const ArraySolution& solution, Index k) {
    double largest = 0.0;
    for (const double i : solution.i_row.row(k)) largest = std::max(largest, std::abs(i));
    for (const double i : solution.i_col.row(k)) largest = std::max(largest, std::abs(i));
    return largest;
}

/// What the cells dissipate in every operating point, from the node voltages. A few points at a time, whose voltages
/// stay in the caches from one cell to the next.
std::vector<double> cell_power(const Crossbar& crossbar, const ArraySolution& solution) {
    constexpr Index together = 16;
    const Index batch = solution.i_row.rows();
    std::vector<double> power(at(batch), 0.0), volts(at(together)), currents(volts), slopes(volts);
    for (Index first = 0; first < batch; first += together) {
        const auto count = at(std::min(together, batch - first));
        const auto v = std::span(volts).first(count), current = std::span(currents).first(count);
        for (Index r = 0; r < crossbar.rows(); ++r) {
            for (Index l = 0; l < crossbar.lines(); ++l) {
                const double g = crossbar.g(r, l);
                if (g == 0.0) continue;
                const Index w = r * crossbar.sites() + l / crossbar.lines_per_site,
                            b = r * crossbar.lines() + l;
                for (std::size_t k = 0; k < count; ++k) {
                    const Index point = first + static_cast<Index>(k);
                    v[k] = solution.v_w(point, w) - solution.v_b(point, b);
                }
                evaluate_cell(crossbar.cell, g, crossbar.shape_at(r, l), v, current,
                              std::span(slopes).first(count));
                for (std::size_t k = 0; k < count; ++k) power[at(first) + k] += v[k] * current[k];
            }
        }
    }
    return power;
}

} // namespace

StagedArray::StagedArray(Crossbar crossbar, std::vector<StagePort> stages, const SolveOptions& options,
                         double v_typical)
    : crossbar_(std::move(crossbar)), stages_(std::move(stages)), options_(options),
      is_coupled_(any_coupling(stages_)) {
    validate(crossbar_);
    if (!is_coupled_) return;
    ohmic_ = close_stages(port_matrix(ohmic_array(crossbar_, v_typical, Ohmic::secant)), stages_);
    const PortMatrix ports = port_matrix(ohmic_array(crossbar_, v_typical, Ohmic::tangent));
    loop_ = solve_dense(stage_loop(ports, stages_), identity(crossbar_.sites()));
}

StagedArray::StagedArray(const Crossbar& crossbar, const ReadoutStage& stage, const SolveOptions& options,
                         double v_typical, std::uint32_t tile)
    : StagedArray(crossbar, stage_ports(stage, crossbar.sites(), crossbar.lines_per_site, tile), options,
                  v_typical) {}

NodeVoltages StagedArray::estimate(const Matrix<double>& v_row, const Matrix<double>& v_n) const {
    const Index batch = v_row.rows(), rows = crossbar_.rows(), sites = crossbar_.sites(),
                lines = crossbar_.lines();
    Matrix<double> i_n = multiply_transposed(v_row, ohmic_.i_minus);
    add_to_rows(i_n, ohmic_.rest.i_minus);
    NodeVoltages start{Matrix<double>(batch, rows * sites), Matrix<double>(batch, rows * lines)};
    for (Index k = 0; k < batch; ++k) {
        auto w = start.v_w.row(k).begin();
        for (const double v : v_row.row(k)) w = std::fill_n(w, sites, v);
        const auto b = start.v_b.row(k).begin();
        for (Index s = 0; s < sites; ++s) {
            const StagePort& stage = stages_[at(s)];
            b[2 * s] = stage.e_plus +
                       crossbar_.sense_resistance(2 * s) / stage.coupling * (v_n(k, s) - stage.e_minus);
            b[2 * s + 1] = v_n(k, s) + crossbar_.sense_resistance(2 * s + 1) * i_n(k, s);
        }
        for (Index r = 1; r < rows; ++r) std::copy_n(b, lines, b + r * lines);
    }
    return start;
}

Matrix<double> StagedArray::line_potentials(const Matrix<double>& v_n) const {
    const Index each = crossbar_.lines_per_site;
    Matrix<double> potentials(v_n.rows(), crossbar_.lines());
    for (Index k = 0; k < v_n.rows(); ++k) {
        for (Index s = 0; s < v_n.cols(); ++s) {
            potentials(k, each * s) = stages_[at(s)].e_plus;
            if (each == 2) potentials(k, 2 * s + 1) = v_n(k, s);
        }
    }
    return potentials;
}

void StagedArray::read(const ArraySolution& solution, Index k, std::span<const double> v_n,
                       StagedPoints& points, std::size_t to) const {
    const Index each = crossbar_.lines_per_site;
    double in_sense = 0.0;
    for (Index s = 0; s < crossbar_.sites(); ++s) {
        const StagePort& stage = stages_[at(s)];
        const double plus = solution.i_col(k, each * s),
                     minus = each == 2 ? solution.i_col(k, 2 * s + 1) : 0.0;
        // Behind coupled lines, v_N is closer to where the iteration goes than the current that it follows.
        const double from_plus =
            is_coupled_ ? stage.t_plus / stage.coupling * (v_n[at(s)] - stage.e_minus) : stage.t_plus * plus;
        points.u(static_cast<Index>(to), s) = from_plus + stage.t_minus * minus + stage.u_0;
        in_sense += crossbar_.sense_resistance(each * s) * plus * plus;
        if (each == 2) in_sense += crossbar_.sense_resistance(2 * s + 1) * minus * minus;
        for (const StageLoss& loss : stage.losses) {
            const double current = loss.plus * plus + loss.minus * minus + loss.rest;
            points.stages[to] += loss.r * current * current;
        }
    }
    points.wires[to] = solution.power[at(k)] - in_sense; // and in the cells
}

StagedPoints StagedArray::solve(const Matrix<double>& v_row, bool power) const {
    constexpr int most_steps = 40;
    const Index batch = v_row.rows(), sites = crossbar_.sites();
    StagedPoints points{
        Matrix<double>(batch, sites),   std::vector<double>(at(batch)),
        std::vector<double>(at(batch)), std::vector<double>(at(batch)),
        std::vector<double>(at(batch)), std::vector<SolveStatus>(at(batch), SolveStatus::not_converged),
        Matrix<double>(batch, sites)};
    std::vector<Index> open(at(batch)); // vectors whose v_N is not found yet
    std::iota(open.begin(), open.end(), Index{0});
    Matrix<double> v_n(batch, sites);
    if (is_coupled_) {
        v_n = multiply_transposed(v_row, ohmic_.v_minus);
        add_to_rows(v_n, ohmic_.rest.v_minus);
    } else {
        for (Index k = 0; k < batch; ++k) {
            for (Index s = 0; s < sites; ++s) v_n(k, s) = stages_[at(s)].e_minus;
        }
    }

    // Every solution is a fine one: a step leaves about a thousandth of what it finds, so that two do mostly, and what coarse
    // ones save they lose again by their errors. v_N is no more exact than the currents it follows. Each starts from the one before.
    SolveOptions options = options_;
    if (is_coupled_) options.tolerance *= 0.3;
    options.fields = power || is_coupled_;
    std::optional<NodeVoltages> start; // of the vectors that are open
    if (is_coupled_) start = estimate(v_row, v_n);
    for (int step = 0; !open.empty(); ++step) {
        const bool last = step + 1 >= most_steps;
        const bool may_close = step > 0 || !is_coupled_; // the first solution is hardly ever the last
        const Drive drive{rows_of(v_row, open), {}, line_potentials(v_n)};
        ArraySolution solution = solve_array(crossbar_, drive, options, start);
        const std::vector<double> cells =
            power && may_close ? cell_power(crossbar_, solution) : std::vector<double>();

        std::vector<Index> still_open, kept;
        Matrix<double> mismatch(drive.v_row.rows(), sites); // [A]
        for (Index k = 0; k < drive.v_row.rows(); ++k) {
            double error = 0.0;
            for (Index s = 0; s < sites && is_coupled_; ++s) {
                const StagePort& stage = stages_[at(s)];
                mismatch(k, s) = solution.i_col(k, 2 * s) - (v_n(k, s) - stage.e_minus) / stage.coupling;
                error = std::max(error, std::abs(mismatch(k, s)));
            }
            const double largest = largest_current(solution, k);
            if (error > 0.0 && largest > 0.0) error /= largest;
            const bool closed = may_close && error <= options_.tolerance;
            if (!closed && !last) {
                still_open.push_back(open[at(k)]);
                kept.push_back(k);
                continue;
            }
            const std::size_t to = at(open[at(k)]);
            read(solution, k, v_n.row(k), points, to);
            points.wires[to] = power ? points.wires[to] - cells[at(k)] : 0.0;
            if (power) points.cells[to] = cells[at(k)];
            std::ranges::copy(v_n.row(k), points.v_n.row(static_cast<Index>(to)).begin());
            points.residual[to] = std::max(error, solution.residual[at(k)]);
            points.status[to] = closed ? solution.status[at(k)] : SolveStatus::not_converged;
        }
        if (still_open.empty()) break;
        mismatch = rows_of(mismatch, kept);
        const Matrix<double> change = multiply_transposed(mismatch, loop_);
        v_n = rows_of(v_n, kept);
        for (Index k = 0; k < v_n.rows(); ++k) {
            for (Index s = 0; s < sites; ++s) v_n(k, s) += stages_[at(s)].coupling * change(k, s);
        }
        open = std::move(still_open);
        start = voltages_of(solution, kept);
        // What two steps have not closed, the currents' own errors may keep open.
        if (step > 0) options.tolerance = std::max(0.3 * options.tolerance, 1e-3 * options_.tolerance);
    }
    return points;
}

ArraySolution StagedArray::solve_nodes(const Matrix<double>& v_row) const {
    SolveOptions options = options_;
    options.fields = true;
    return solve_array(crossbar_, {v_row, {}, line_potentials(solve(v_row, false).v_n)}, options);
}

} // namespace ohmloom
