#pragma once

#include "base/matrix.hpp"
#include "devicemodels/cell_model.hpp"

#include <vector>

namespace ohmloom {

/// Which ends of a line are tied to its terminal; an end that is not tied is open.
enum class TiedEnds {
    first, ///< the end before cell 0: left of a row, top of a column
    last,  ///< the end after the last cell: right of a row, bottom of a column
    both,  ///< both ends, to one potential
};

/// A crossbar array as a circuit: cells between row wires and column wires.
///
/// Row r meets `sites()` sites. At each site the row node w(r, s) carries `lines_per_site` cells, each to a
/// column line of its own: 1 for a plain array, 2 where the I+ and I− lines of a differential output leave
/// the same row node. Column line s·lines_per_site + k is line k of site s. One wire segment lies between
/// neighbouring nodes of a line and between a tied end and its nearest node.
///
///     row r:   v_row[r] –r_source[r]–r_row– w(r,0) –r_row– w(r,1) – …            i(r,l) = I(w − b; g(r,l))
///     line l:  b(0,l) –r_col– b(1,l) – … – b(rows−1,l) –r_col–r_sense[l]– v_col[l]
struct Crossbar {
    Matrix<double> g;              ///< [rows x lines] [S] cell conductance at zero bias; >= 0
    Index lines_per_site = 1;      ///< column lines that leave one row node; 1 or 2
    CellModel cell = LinearCell{}; ///< current law of every cell
    Matrix<double> shape;          ///< [rows x lines] second number of each cell's law; empty means 0; >= 0
    double r_row = 0.0;            ///< [Ohm] one row wire segment; >= 0
    double r_col = 0.0;            ///< [Ohm] one column wire segment; >= 0
    TiedEnds row_ends = TiedEnds::first;
    TiedEnds col_ends = TiedEnds::last;
    std::vector<double> r_source; ///< [rows] [Ohm] in series at every tied end of a row; empty means 0
    std::vector<double>
        r_sense; ///< [lines] [Ohm] in series at every tied end of a column line; empty means 0

    [[nodiscard]] Index rows() const { return g.rows(); }
    [[nodiscard]] Index lines() const { return g.cols(); }
    [[nodiscard]] Index sites() const { return g.cols() / lines_per_site; }
    [[nodiscard]] double shape_at(Index row, Index line) const {
        return shape.empty() ? 0.0 : shape(row, line);
    }
    [[nodiscard]] double source_resistance(Index row) const {
        return r_source.empty() ? 0.0 : r_source[static_cast<std::size_t>(row)];
    }
    [[nodiscard]] double sense_resistance(Index line) const {
        return r_sense.empty() ? 0.0 : r_sense[static_cast<std::size_t>(line)];
    }
};

/// Checks that a crossbar is one that the engines can solve.
/// @throws InputError naming the first field that is out of range, with its place and value.
void validate(const Crossbar& crossbar);

} // namespace ohmloom
