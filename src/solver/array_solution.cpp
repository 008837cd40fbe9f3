#include "solver/array_solution.hpp"

#include <algorithm>

namespace ohmloom {

ArraySolution make_solution(const Crossbar& crossbar, Index batch, const SolveOptions& options,
                            Engine engine) {
    const auto count = static_cast<std::size_t>(batch);
    ArraySolution solution;
    solution.i_col = Matrix<double>(batch, crossbar.lines());
    solution.i_row = Matrix<double>(batch, crossbar.rows());
    solution.power.assign(count, 0.0);
    solution.residual.assign(count, 0.0);
    solution.iterations.assign(count, 0);
    solution.status.assign(count, SolveStatus::not_converged);
    if (options.fields) {
        solution.v_w = Matrix<double>(batch, crossbar.rows() * crossbar.sites());
        solution.v_b = Matrix<double>(batch, crossbar.rows() * crossbar.lines());
    }
    solution.engine = engine;
    return solution;
}

std::vector<double> port_potentials(const Crossbar& crossbar, const Drive& drive, Index k) {
    std::vector<double> v(drive.v_row.row(k).begin(), drive.v_row.row(k).end());
    if (!drive.v_col_each.empty()) {
        const auto v_col = drive.v_col_each.row(k);
        v.insert(v.end(), v_col.begin(), v_col.end());
    } else if (drive.v_col.empty()) {
        v.resize(static_cast<std::size_t>(crossbar.rows() + crossbar.lines()), 0.0);
    } else {
        v.insert(v.end(), drive.v_col.begin(), drive.v_col.end());
    }
    return v;
}

void store_currents(const NodeCurrents& currents, Index terminals, std::span<const double> v, Index k,
                    int iterations, const SolveOptions& options, ArraySolution& solution) {
    const auto at = static_cast<std::size_t>(k);
    std::copy(currents.i_row.begin(), currents.i_row.end(), solution.i_row.row(k).begin());
    std::copy(currents.i_col.begin(), currents.i_col.end(), solution.i_col.row(k).begin());

    // Row sources deliver into the array; the sense sources receive the column currents.
    const std::size_t rows = currents.i_row.size();
    double power = 0.0;
    for (std::size_t r = 0; r < rows; ++r) power += v[r] * currents.i_row[r];
    for (std::size_t l = 0; l < currents.i_col.size(); ++l) power -= v[rows + l] * currents.i_col[l];
    solution.power[at] = power;

    solution.residual[at] = currents.residual(terminals);
    solution.iterations[at] = iterations;
    solution.status[at] = currents.converged(terminals, options.tolerance) ? SolveStatus::converged
                                                                           : SolveStatus::not_converged;
}

void store_operating_point(const Crossbar& crossbar, const ArrayGraph& graph, std::span<const double> v,
                           Index k, int iterations, const SolveOptions& options, ArraySolution& solution) {
    store_currents(evaluate_currents(crossbar, graph, v), graph.ports, v, k, iterations, options, solution);
    if (options.fields) {
        const auto voltage = [&](Index node) { return v[static_cast<std::size_t>(node)]; };
        std::transform(graph.row_node.begin(), graph.row_node.end(), solution.v_w.row(k).begin(), voltage);
        std::transform(graph.col_node.begin(), graph.col_node.end(), solution.v_b.row(k).begin(), voltage);
    }
}

void copy_operating_point(const ArraySolution& from, Index from_k, ArraySolution& to, Index to_k) {
    const auto copy_row = [&](const Matrix<double>& source, Matrix<double>& target) {
        if (source.empty()) return;
        std::copy(source.row(from_k).begin(), source.row(from_k).end(), target.row(to_k).begin());
    };
    copy_row(from.i_col, to.i_col);
    copy_row(from.i_row, to.i_row);
    copy_row(from.v_w, to.v_w);
    copy_row(from.v_b, to.v_b);
    const auto source = static_cast<std::size_t>(from_k), target = static_cast<std::size_t>(to_k);
    to.power[target] = from.power[source];
    to.residual[target] = from.residual[source];
    to.iterations[target] = from.iterations[source];
    to.status[target] = from.status[source];
}

} // namespace ohmloom
