#pragma once

#include "array/crossbar.hpp"
#include "solver/line_system.hpp"

#include <memory>
#include <vector>

namespace ohmloom {

/// An array's chains and the capacitances at and between their nodes.
///
/// Capacitance between series resistance and first segment of a line needs a node there. Such lines get one more site
/// (row) at that end, whose cells are open: `extended` is the crossbar with them, `first_site` and `first_row` say where
/// the given one begins in it.
struct TransientSystem {
    std::unique_ptr<const Crossbar> extended; ///< what `lines` looks into
    Index first_site = 0, first_row = 0;
    LineSystem lines;

    std::vector<double> row_ground; ///< [rows * sites] [F] of node (r, s) to ground
    std::vector<double> col_ground; ///< [rows * lines] [F]
    std::vector<double> row_next;   ///< [rows * sites] [F] from node (r, s) to (r + 1, s); empty: none
    std::vector<double> col_next;   ///< [rows * lines] [F] from node (r, l) to (r, l + 1); empty: none
    std::vector<double> cell;       ///< [rows * lines] [F] across the cell; empty: none
};

/// The system of a valid crossbar that is_line_system().
TransientSystem make_transient_system(const Crossbar& crossbar);

/// The chains of one implicit step: every capacitance C stands as the conductance rate·C, those to neighbouring lines as if
/// the neighbour stood still. `rate` [1/s]. `g` receives the cells' conductances and must outlive the result.
LineSystem at_rate(const TransientSystem& system, double rate, std::vector<double>& g);

} // namespace ohmloom
