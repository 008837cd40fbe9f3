#include "solver/terminal_conductance.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ohmloom {

namespace {

void require_resistances(std::string_view which, const std::vector<double>& values, Index expected) {
    if (!values.empty() && static_cast<Index>(values.size()) != expected) {
        throw InputError(fmt::format("{} series resistances for {}, expected {} (one per terminal) or none",
                                     values.size(), which, expected));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!(std::isfinite(values[i]) && values[i] >= 0.0)) {
            throw InputError(
                fmt::format("the series resistance of {}[{}] is {} Ohm: it must be finite and not negative",
                            which, i, values[i]));
        }
    }
}

void require_finite(std::string_view what, const Matrix<double>& matrix) {
    if (!std::all_of(matrix.values().begin(), matrix.values().end(),
                     [](double value) { return std::isfinite(value); }))
        throw InputError(
            fmt::format("the {} of the peripheral circuit holds a number that is not finite", what));
}

/// 1 + y·z
Matrix<double> loop_matrix(const Matrix<double>& y, const Matrix<double>& z) {
    Matrix<double> loop = multiply(y, z);
    for (Index i = 0; i < loop.rows(); ++i) loop(i, i) += 1.0;
    return loop;
}

} // namespace

Matrix<double> effective_conductance(const PortMatrix& ports) {
    Matrix<double> g(ports.rows, ports.lines);
    for (Index r = 0; r < ports.rows; ++r) {
        for (Index l = 0; l < ports.lines; ++l) g(r, l) = -ports.y(ports.rows + l, r);
    }
    return g;
}

PortMatrix with_series_resistances(const PortMatrix& ports, const SeriesResistances& series) {
    require_resistances("rows", series.rows, ports.rows);
    require_resistances("lines", series.lines, ports.lines);
    std::vector<double> resistance = series.rows;
    resistance.resize(static_cast<std::size_t>(ports.rows), 0.0);
    resistance.insert(resistance.end(), series.lines.begin(), series.lines.end());
    resistance.resize(static_cast<std::size_t>(ports.rows + ports.lines), 0.0);

    Matrix<double> loop = ports.y;
    for (Index i = 0; i < loop.rows(); ++i) {
        for (Index j = 0; j < loop.cols(); ++j) loop(i, j) *= resistance[static_cast<std::size_t>(j)];
        loop(i, i) += 1.0;
    }
    PortMatrix reduced = ports;
    reduced.y = solve_dense(loop, ports.y);
    // Reciprocal but for rounding: make it so.
    for (Index i = 0; i < reduced.y.rows(); ++i) {
        for (Index j = 0; j < i; ++j)
            reduced.y(i, j) = reduced.y(j, i) = 0.5 * (reduced.y(i, j) + reduced.y(j, i));
    }
    return reduced;
}

TerminalState solve_against(const PortMatrix& ports, const PeripheralCircuit& circuit) {
    const Index count = ports.y.rows();
    if (circuit.impedance.rows() != count || circuit.impedance.cols() != count ||
        circuit.source.rows() != count) {
        throw InputError(
            fmt::format("the peripheral circuit is [{} x {}] with sources [{} x {}], but the array has {} "
                        "terminals: expected [{} x {}] and [{} x batch]",
                        circuit.impedance.rows(), circuit.impedance.cols(), circuit.source.rows(),
                        circuit.source.cols(), count, count, count, count));
    }
    require_finite("impedance", circuit.impedance);
    require_finite("source", circuit.source);
    TerminalState state;
    state.i = solve_dense(loop_matrix(ports.y, circuit.impedance), multiply(ports.y, circuit.source));
    state.v = multiply(circuit.impedance, state.i);
    for (std::size_t k = 0; k < state.v.values().size(); ++k)
        state.v.values()[k] = circuit.source.values()[k] - state.v.values()[k];
    return state;
}

} // namespace ohmloom
