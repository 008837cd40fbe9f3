#include "solver/condense_engine.hpp"

#include "solver/array_solution.hpp"
#include "solver/condensed_array.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

/// Currents of operating point `k`, with one node that stands for the one where most current is missing.
NodeCurrents currents_of(const CondensedPoints& points, Index k) {
    const auto values = [&](const Matrix<double>& matrix) {
        return std::vector<double>(matrix.row(k).begin(), matrix.row(k).end());
    };
    NodeCurrents currents;
    currents.i_row = values(points.i_row);
    currents.i_col = values(points.i_col);
    currents.net = {points.kcl_error[static_cast<std::size_t>(k)]};
    currents.rounding = points.rounding[static_cast<std::size_t>(k)];
    return currents;
}

Matrix<double> all_port_potentials(const Crossbar& crossbar, const Drive& drive) {
    Matrix<double> ports(drive.v_row.rows(), crossbar.rows() + crossbar.lines());
    for (Index k = 0; k < ports.rows(); ++k) {
        const std::vector<double> potentials = port_potentials(crossbar, drive, k);
        std::copy(potentials.begin(), potentials.end(), ports.row(k).begin());
    }
    return ports;
}

} // namespace

ArraySolution solve_array_condense(const Crossbar& crossbar, const Drive& drive,
                                   const SolveOptions& options) {
    const Matrix<double> ports = all_port_potentials(crossbar, drive);
    CondensedPoints points = CondensedArray(crossbar).operating_points(ports, options.fields);
    ArraySolution solution = make_solution(crossbar, ports.rows(), options, Engine::condense);
    for (Index k = 0; k < ports.rows(); ++k)
        store_currents(currents_of(points, k), 0, ports.row(k), k, 1, options, solution);
    solution.v_w = std::move(points.v_w);
    solution.v_b = std::move(points.v_b);
    return solution;
}

PortMatrix port_matrix_condense(const Crossbar& crossbar, const SolveOptions& /*options*/) {
    CondensedArray condensed(crossbar);
    // Residual of one operating point with every terminal at work: alternating, incommensurate potentials.
    Matrix<double> probe(1, condensed.port_conductance().rows());
    for (Index p = 0; p < probe.cols(); ++p) probe(0, p) = std::cos(1.0 + 2.0 * static_cast<double>(p));
    const double residual = currents_of(condensed.operating_points(probe), 0).residual(0);
    return {std::move(condensed).port_conductance(), crossbar.rows(), crossbar.lines(), residual,
            Engine::condense};
}

} // namespace ohmloom
