#include "writing/array_power.hpp"

#include <cmath>
#include <numeric>

namespace ohmloom {

ArrayPower& ArrayPower::operator+=(const ArrayPower& other) {
    sources += other.sources;
    cells += other.cells;
    wires += other.wires;
    drivers += other.drivers;
    return *this;
}

ArrayPower operator*(double factor, const ArrayPower& power) {
    return {factor * power.sources, factor * power.cells, factor * power.wires, factor * power.drivers};
}

namespace {

/// One line of wire: nodes along it, their segments and what its tied ends have in series.
template <class Segment, class Node>
void add_line(ArrayPower& power, TiedEnds ends, Index nodes, double terminal, double series,
              const Segment& segment, const Node& node) {
    for (Index k = 1; k < nodes; ++k) {
        const double r = segment(k), v = node(k) - node(k - 1);
        if (r > 0.0 && std::isfinite(r)) power.wires += v * v / r;
    }
    const auto add_end = [&](double r, double v) {
        if (!(r + series > 0.0) || !std::isfinite(r + series)) return;
        const double i = (terminal - v) / (r + series);
        power.wires += i * i * r;
        power.drivers += i * i * series;
    };
    if (ends != TiedEnds::last) add_end(segment(0), node(0));
    if (ends != TiedEnds::first) add_end(segment(nodes), node(nodes - 1));
}

} // namespace

Matrix<double> cell_voltages(const Crossbar& crossbar, const NodeVoltages& nodes) {
    const Index rows = crossbar.rows(), lines = crossbar.lines(), sites = crossbar.sites();
    Matrix<double> v(rows, lines);
    for (Index r = 0; r < rows; ++r) {
        for (Index l = 0; l < lines; ++l) {
            v(r, l) = nodes.v_w(0, r * sites + l / crossbar.lines_per_site) - nodes.v_b(0, r * lines + l);
        }
    }
    return v;
}

Matrix<double> cell_powers(const Crossbar& crossbar, const Matrix<double>& v) {
    Matrix<double> power(v.rows(), v.cols());
    for (Index r = 0; r < v.rows(); ++r) {
        for (Index l = 0; l < v.cols(); ++l) {
            if (crossbar.g(r, l) == 0.0) continue;
            const double i =
                evaluate_cell(crossbar.cell, crossbar.g(r, l), crossbar.shape_at(r, l), v(r, l)).current;
            power(r, l) = v(r, l) * i;
        }
    }
    return power;
}

ArrayPower array_power(const Crossbar& crossbar, const Drive& drive, const NodeVoltages& nodes,
                       double sources, const Matrix<double>& cells) {
    const Index rows = crossbar.rows(), lines = crossbar.lines(), sites = crossbar.sites();
    ArrayPower power;
    power.sources = sources;
    power.cells = std::accumulate(cells.values().begin(), cells.values().end(), 0.0);
    for (Index r = 0; r < rows; ++r) {
        add_line(
            power, crossbar.row_ends, sites, drive.v_row(0, r), crossbar.source_resistance(r),
            [&](Index k) { return crossbar.row_segment(r, k); },
            [&](Index k) { return nodes.v_w(0, r * sites + k); });
    }
    for (Index l = 0; l < lines; ++l) {
        add_line(
            power, crossbar.col_ends, rows, drive.v_col[static_cast<std::size_t>(l)],
            crossbar.sense_resistance(l), [&](Index k) { return crossbar.col_segment(k, l); },
            [&](Index k) { return nodes.v_b(0, k * lines + l); });
    }
    return power;
}

} // namespace ohmloom
