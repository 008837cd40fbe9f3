#pragma once

#include "array/crossbar.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// Wire between two nodes of an array.
struct Wire {
    Index a = 0;
    Index b = 0;
    double g = 0.0; ///< [S] finite and > 0
};

/// A crossbar as a graph: its nodes with zero resistances and shorted cells merged away, exactly, and the wires
/// between them.
///
/// Node ids [0, ports) are the terminals: the row sources, then the sense potentials of the column lines. All
/// others are unknown. A line without any resistance is one node; if its terminal has none either, that node
/// is the terminal. Nodes that open segments cut off from every terminal are the terminal that their Island names.
/// Where open segments leave a piece of wire that hangs on cells alone, its smallest node is the `anchor` of all its
/// nodes; it is -1 for nodes that wires connect to a terminal. KCL of a whole piece is the sum of its cell currents,
/// where those of its wires cancel: with cells that conduct 1e-12 of a wire nothing else tells the piece's voltage.
/// A cell whose two nodes are one carries no current, but for a shorted cell, whose current no node voltage tells.
struct ArrayGraph {
    Index ports = 0;             ///< rows + lines
    Index nodes = 0;             ///< all, the ports included
    std::vector<Index> row_node; ///< [rows * sites] node of w(r, s)
    std::vector<Index> col_node; ///< [rows * lines] node of b(r, l)
    std::vector<Wire> wires;     ///< segments and series resistances
    std::vector<Index> anchor;   ///< [nodes] see above; empty: no such pieces
    std::vector<bool> has_short; ///< [ports] whether a shorted cell hangs on the line; empty: on none

    [[nodiscard]] Index unknowns() const { return nodes - ports; }
};

/// The graph of a valid crossbar. Cells are not part of it: cell (r, l) lies between row_node[r, site of l]
/// and col_node[r, l].
/// @throws InputError if zero resistances and shorted cells join two terminals.
ArrayGraph make_array_graph(const Crossbar& crossbar);

/// Whether a KCL error [A] counts as solved: below the tolerance relative to the largest line `current`, or below what `rounding`
/// the node voltages alone can leave; never where one of them overflowed.
bool kcl_holds(double error, double current, double rounding, double tolerance);

/// Currents that follow from a set of node voltages.
struct NodeCurrents {
    std::vector<double>
        i_row; ///< [rows] [A] sum of the cell currents of a row; with shorts: what its source gives
    std::vector<double> i_col; ///< [lines] [A] sum of the cell currents of a column line; likewise
    /// [nodes] [A] leaving each node into wires and cells; 0 at unknown nodes when solved
    std::vector<double> net;
    double rounding = 0.0; ///< [A] KCL error that rounding the node voltages to double alone can leave
    /// [nodes] [A] leaving each piece of wire that hangs on cells alone, at its anchor; empty: no such pieces
    std::vector<double> piece_net{};
    double piece_rounding = 0.0; ///< [A] as `rounding`, of pieces

    /// Largest KCL error over all unknown nodes and pieces, relative to the largest line current; 0 if no current flows
    /// at all.
    [[nodiscard]] double residual(Index ports) const;

    /// True if the residual is below the tolerance, or as small as voltages in double precision can make it:
    /// where a short wire of 1e3 S carries 1e-12 A, its KCL error cannot be computed any better. The currents
    /// then still agree with the cells' to full precision, since they are summed over the cells.
    [[nodiscard]] bool converged(Index ports, double tolerance) const;
};

/// Evaluates every cell and wire at the node voltages `v` [nodes], with v[0 .. ports) the terminal
/// potentials.
NodeCurrents evaluate_currents(const Crossbar& crossbar, const ArrayGraph& graph, std::span<const double> v);

} // namespace ohmloom
