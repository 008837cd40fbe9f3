#include "nodal_equations.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom::benchmarks {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// Number of wire segments at node `i` of a line of `count` nodes that is tied at one end.
int segments(Index i, Index count, bool tied_at_first) {
    const bool open_end = tied_at_first ? i == count - 1 : i == 0;
    return open_end ? 1 : 2;
}

/// Writes a matrix column by column.
class ColumnWriter {
public:
    ColumnWriter(Index size, Triangle stored) : stored_(stored) {
        matrix_.size = size;
        matrix_.col_begin.reserve(at(size) + 1);
        matrix_.row_index.reserve(at(5 * size));
        matrix_.values.reserve(at(5 * size));
        matrix_.col_begin.push_back(0);
    }

    void add(Index row, double value) {
        const auto col = static_cast<Index>(matrix_.col_begin.size()) - 1;
        if (stored_ == Triangle::lower && row < col) return;
        matrix_.row_index.push_back(static_cast<int>(row));
        matrix_.values.push_back(value);
    }

    void end_column() { matrix_.col_begin.push_back(static_cast<int>(matrix_.values.size())); }

    SparseMatrix take() { return std::move(matrix_); }

private:
    Triangle stored_;
    SparseMatrix matrix_;
};

} // namespace

NodalEquations::NodalEquations(const Problem& problem)
    : problem_(problem), rows_(problem.point.rows), cols_(problem.point.cols), nodes_(rows_ * cols_),
      wire_(1.0 / problem.point.r_wire) {}

double NodalEquations::cell_current(Index cell, double voltage) const {
    const double g = problem_.crossbar.g.data()[cell];
    return linear() ? g * voltage : g * std::sinh(sinh_alpha * voltage) / sinh_alpha;
}

double NodalEquations::cell_slope(Index cell, double voltage) const {
    const double g = problem_.crossbar.g.data()[cell];
    return linear() ? g : g * std::cosh(sinh_alpha * voltage);
}

SparseMatrix NodalEquations::jacobian(std::span<const double> v, Triangle stored) const {
    const auto slope = [&](Index cell) { return cell_slope(cell, v[at(cell)] - v[at(nodes_ + cell)]); };
    ColumnWriter writer(unknowns(), stored);
    for (Index cell = 0; cell < nodes_; ++cell) {
        const Index c = cell % cols_;
        const double d = slope(cell);
        if (c > 0) writer.add(cell - 1, -wire_);
        writer.add(cell, d + segments(c, cols_, true) * wire_);
        if (c + 1 < cols_) writer.add(cell + 1, -wire_);
        writer.add(nodes_ + cell, -d);
        writer.end_column();
    }
    for (Index cell = 0; cell < nodes_; ++cell) {
        const Index r = cell / cols_, node = nodes_ + cell;
        const double d = slope(cell);
        writer.add(cell, -d);
        if (r > 0) writer.add(node - cols_, -wire_);
        writer.add(node, d + segments(r, rows_, false) * wire_);
        if (r + 1 < rows_) writer.add(node + cols_, -wire_);
        writer.end_column();
    }
    return writer.take();
}

void NodalEquations::set_source_currents(Index k, std::span<double> v) const {
    std::fill(v.begin(), v.end(), 0.0);
    for (Index r = 0; r < rows_; ++r) v[at(r * cols_)] = wire_ * problem_.drive.v_row(k, r);
}

void NodalEquations::set_terminal_potentials(Index k, std::span<double> v) const {
    for (Index r = 0; r < rows_; ++r) {
        std::fill_n(v.begin() + r * cols_, cols_, problem_.drive.v_row(k, r));
    }
    std::fill(v.begin() + nodes_, v.end(), 0.0);
}

Evaluation NodalEquations::evaluate(Index k, std::span<const double> v) const {
    Evaluation result;
    result.net.assign(at(unknowns()), 0.0);
    result.i_col.assign(at(cols_), 0.0);
    std::vector<double> i_row(at(rows_), 0.0);
    const double *w = v.data(), *b = v.data() + nodes_;
    for (Index r = 0; r < rows_; ++r) {
        for (Index c = 0; c < cols_; ++c) {
            const Index cell = r * cols_ + c;
            const double i = cell_current(cell, w[cell] - b[cell]);
            i_row[at(r)] += i;
            result.i_col[at(c)] += i;
            const double before = c > 0 ? w[cell - 1] : problem_.drive.v_row(k, r);
            const double after = c + 1 < cols_ ? w[cell + 1] : w[cell];
            result.net[at(cell)] = i + wire_ * ((w[cell] - before) + (w[cell] - after));
            const double above = r > 0 ? b[cell - cols_] : b[cell];
            const double below = r + 1 < rows_ ? b[cell + cols_] : 0.0;
            result.net[at(nodes_ + cell)] = wire_ * ((b[cell] - above) + (b[cell] - below)) - i;
        }
    }
    double error = 0.0, current = 0.0;
    for (const double net : result.net) error = std::max(error, std::abs(net));
    for (const double i : i_row) current = std::max(current, std::abs(i));
    for (const double i : result.i_col) current = std::max(current, std::abs(i));
    result.residual = error / current;
    return result;
}

} // namespace ohmloom::benchmarks
