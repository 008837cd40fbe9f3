#pragma once

#include "array/crossbar.hpp"

#include <cmath>
#include <vector>

namespace ohmloom {

/// No resistance, or one too small for its inverse to be a double: the two ends are one node.
inline bool joins(double resistance) {
    return std::isinf(1.0 / resistance);
}

/// Next to no conductance: below this, not even a quotient of two of them is safe in double precision.
inline constexpr double open_conductance = 1e-300; ///< [S]

/// An infinite resistance, or one that lets through no current to speak of.
inline bool is_open(double resistance) {
    return !(resistance < 1.0 / open_conductance);
}

/// Places of a crossbar where elements meet, numbered: the terminals (row sources, then the sense potentials of the
/// column lines), the row nodes w(r, s) row by row, the column nodes b(r, l) row by row.
struct ArrayPlaces {
    explicit ArrayPlaces(const Crossbar& crossbar)
        : rows(crossbar.rows()), sites(crossbar.sites()), lines(crossbar.lines()) {}

    Index rows, sites, lines;

    [[nodiscard]] Index terminals() const { return rows + lines; }
    [[nodiscard]] Index row_node(Index r, Index s) const { return terminals() + r * sites + s; }
    [[nodiscard]] Index col_node(Index r, Index l) const {
        return terminals() + rows * sites + r * lines + l;
    }
    [[nodiscard]] Index count() const { return col_node(rows, 0); }
    /// The terminal of the line that a place belongs to.
    [[nodiscard]] Index terminal_of(Index place) const;
};

/// Nodes that no terminal reaches, through wires or cells. No current flows among them, so any potential would do
/// for them all; by agreement they have that of the terminal of the line that their first place lies on.
struct Island {
    Index terminal = 0;
    std::vector<Index> nodes; ///< ascending
};

/// Which places of a crossbar are one node because zero resistances and shorted cells join them.
struct ArrayNodes {
    std::vector<Index> node; ///< [places] the smallest place of those that are joined: a terminal if any
    std::vector<Island> islands;
};

/// The nodes of a valid crossbar.
ArrayNodes join_nodes(const Crossbar& crossbar);

/// Checks that no two terminals are joined by zero resistances and shorted cells: the current between their sources
/// would have no bound.
/// @throws InputError naming the two lines.
void require_separate_terminals(const ArrayNodes& nodes, const ArrayPlaces& places);

/// Calls visit(a, b, resistance) for every wire of a crossbar, with the places it lies between: segments, and at
/// tied ends the segment together with the series resistance.
template <class Visit>
void for_each_wire(const Crossbar& crossbar, Visit&& visit) {
    const ArrayPlaces places(crossbar);
    const Index last_site = places.sites - 1, last_row = places.rows - 1;
    for (Index r = 0; r < places.rows; ++r) {
        const double series = crossbar.source_resistance(r);
        if (crossbar.row_ends != TiedEnds::last)
            visit(r, places.row_node(r, 0), series + crossbar.row_segment(r, 0));
        for (Index s = 1; s < places.sites; ++s)
            visit(places.row_node(r, s - 1), places.row_node(r, s), crossbar.row_segment(r, s));
        if (crossbar.row_ends != TiedEnds::first)
            visit(r, places.row_node(r, last_site), series + crossbar.row_segment(r, places.sites));
    }
    for (Index l = 0; l < places.lines; ++l) {
        const Index terminal = places.rows + l;
        const double series = crossbar.sense_resistance(l);
        if (crossbar.col_ends != TiedEnds::last)
            visit(terminal, places.col_node(0, l), series + crossbar.col_segment(0, l));
        for (Index r = 1; r < places.rows; ++r)
            visit(places.col_node(r - 1, l), places.col_node(r, l), crossbar.col_segment(r, l));
        if (crossbar.col_ends != TiedEnds::first)
            visit(terminal, places.col_node(last_row, l), series + crossbar.col_segment(places.rows, l));
    }
}

} // namespace ohmloom
