#pragma once

#include "array/crossbar.hpp"
#include "solver/node_rows.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// A crossbar as two families of chains: what the `lines` engine iterates on.
///
/// Without wire resistance (`rows_merged`, `cols_merged`) all nodes of a line are one; the line is then held to its terminal's
/// potential by a conductance, which is infinite if the terminal has no resistance either.
struct LineSystem {
    Index rows = 0;
    Index sites = 0;
    Index lines_per_site = 1;
    Index lines = 0;
    CellModel cell = LinearCell{};
    std::span<const double> g; ///< [rows * lines] [S] zero-bias conductance of the cells: the crossbar's own
    std::span<const double>
        shape; ///< [rows * lines] second number of the cells' law, the crossbar's own; empty: 0
    [[nodiscard]] double shape_at(Index node) const {
        return shape.empty() ? 0.0 : shape[static_cast<std::size_t>(node)];
    }

    bool rows_merged = false;
    bool cols_merged = false;
    NodeRows<double> row_link;    ///< [rows][sites] [S] from node (r, s) to (r, s + 1); 0 behind the last
    NodeRows<double> row_tie;     ///< [rows][sites] [S] from node (r, s) to the row's source
    std::vector<double> row_hold; ///< [rows] [S] merged: from the row to its source; may be infinite
    NodeRows<double> col_link;    ///< [rows][lines] [S] from node (r, l) to (r + 1, l); 0 below the last
    NodeRows<double> col_tie;     ///< [rows][lines] [S] from node (r, l) to the line's sense potential
    std::vector<double>
        col_hold; ///< [lines] [S] merged: from the line to its sense potential; may be infinite

    // Conductances between neighbouring lines, which no chain holds (they stand for capacitance in a time step). Their nodes' ties hold them
    // too, as if the neighbour stood still. Conjugate gradients have those between columns exactly; those between rows follow from row to
    // row when a step is taken.
    std::vector<double> col_beside; ///< [rows * lines] [S] from node (r, l) to (r, l + 1); empty: none
    std::vector<double> row_below;  ///< [rows * sites] [S] from node (r, s) to (r + 1, s); empty: none
};

/// Whether a valid crossbar is two families of chains, or two of merged lines, or one of each.
///
/// It is, unless a cell is shorted, some segments of a family join their nodes and others do not, a tied end joins a
/// resistive line to its terminal, or open segments cut off a part with conducting cells from every terminal.
bool is_line_system(const Crossbar& crossbar);

/// The chains of a valid crossbar that is_line_system() and must outlive them. Open segments have no conductance. Nodes that nothing
/// reaches are tied to the terminal of their line.
LineSystem make_line_system(const Crossbar& crossbar);

} // namespace ohmloom
