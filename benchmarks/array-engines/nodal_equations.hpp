#pragma once

#include "problem.hpp"

#include <span>
#include <vector>

namespace ohmloom::benchmarks {

/// Compressed columns with rows in ascending order.
struct SparseMatrix {
    Index size = 0;
    std::vector<int> col_begin; ///< [size + 1]
    std::vector<int> row_index;
    std::vector<double> values;
};

/// Which elements of a symmetric matrix are stored.
enum class Triangle { lower, full };

/// What follows from the node voltages of one operating point.
struct Evaluation {
    std::vector<double> net;   ///< [unknowns] [A] leaving each node; 0 everywhere when solved
    std::vector<double> i_col; ///< [cols] [A] sum of the cell currents of a column
    double residual = 0.0;     ///< largest |net| over the largest line current
};

/// Kirchhoff's current law of a benchmark problem, written down once more without the library's help: what the direct
/// solvers factorise, and what every engine's answer is held to. Unknowns are the row nodes and then the column nodes,
/// both row by row.
class NodalEquations {
public:
    explicit NodalEquations(const Problem& problem);

    [[nodiscard]] Index unknowns() const { return 2 * nodes_; }
    [[nodiscard]] Index vectors() const { return problem_.point.vectors; }
    [[nodiscard]] bool linear() const { return !problem_.point.nonlinear; }

    /// d(net)/dv at the node voltages `v` [unknowns].
    [[nodiscard]] SparseMatrix jacobian(std::span<const double> v, Triangle stored) const;

    /// Sets v [unknowns] to what the sources of input vector `k` push into the nodes: the right-hand side if cells are
    /// linear.
    void set_source_currents(Index k, std::span<double> v) const;

    /// Sets v [unknowns] to a first guess: every node at its own terminal's potential.
    void set_terminal_potentials(Index k, std::span<double> v) const;

    [[nodiscard]] Evaluation evaluate(Index k, std::span<const double> v) const;

private:
    [[nodiscard]] double cell_current(Index cell, double voltage) const;
    [[nodiscard]] double cell_slope(Index cell, double voltage) const;

    const Problem& problem_;
    Index rows_, cols_, nodes_;
    double wire_; ///< [S] one segment
};

} // namespace ohmloom::benchmarks
