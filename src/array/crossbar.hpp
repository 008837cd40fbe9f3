#pragma once

#include "array/capacitance.hpp"
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
/// Segments may differ from each other (process gradients, faults): then a map says each one's resistance. Segment
/// k of a line lies before node k, the last one behind the last node; those at ends that are not tied do not matter.
/// No resistance joins the two nodes exactly, an infinite one cuts the line. Likewise a cell of conductance 0 is
/// open, and one of infinite conductance is a short: its row node and column node are one.
///
///     row r:   v_row[r] –r_source[r]–r_row– w(r,0) –r_row– w(r,1) – …            i(r,l) = I(w − b; g(r,l))
///     line l:  b(0,l) –r_col– b(1,l) – … – b(rows−1,l) –r_col–r_sense[l]– v_col[l]
struct Crossbar {
    Matrix<double> g;         ///< [rows x lines] [S] cell conductance at zero bias; >= 0, may be infinite
    Index lines_per_site = 1; ///< column lines that leave one row node; 1 or 2
    CellModel cell = LinearCell{}; ///< current law of every cell
    Matrix<double> shape;          ///< [rows x lines] second number of each cell's law; empty means 0; >= 0
    double r_row = 0.0;            ///< [Ohm] one row wire segment; >= 0
    double r_col = 0.0;            ///< [Ohm] one column wire segment; >= 0
    Matrix<double> r_row_map; ///< [rows x (sites + 1)] [Ohm] of each segment; empty means r_row everywhere
    Matrix<double> r_col_map; ///< [(rows + 1) x lines] [Ohm] of each segment; empty means r_col everywhere
    TiedEnds row_ends = TiedEnds::first;
    TiedEnds col_ends = TiedEnds::last;
    std::vector<double> r_source; ///< [rows] [Ohm] in series at every tied end of a row; empty means 0
    std::vector<double>
        r_sense; ///< [lines] [Ohm] in series at every tied end of a column line; empty means 0
    ArrayCapacitance capacitance{}; ///< what operating points take no notice of

    [[nodiscard]] Index rows() const { return g.rows(); }
    [[nodiscard]] Index lines() const { return g.cols(); }
    [[nodiscard]] Index sites() const { return g.cols() / lines_per_site; }
    [[nodiscard]] double shape_at(Index row, Index line) const {
        return shape.empty() ? 0.0 : shape(row, line);
    }
    /// Row segment before site s of row r, s = sites(): behind the last site.
    [[nodiscard]] double row_segment(Index r, Index s) const {
        return r_row_map.empty() ? r_row : r_row_map(r, s);
    }
    /// Column segment before row r of column line l, r = rows(): below the last row.
    [[nodiscard]] double col_segment(Index r, Index l) const {
        return r_col_map.empty() ? r_col : r_col_map(r, l);
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
