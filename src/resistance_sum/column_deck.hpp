#pragma once

#include "circuit/spice_deck.hpp"
#include "resistance_sum/series_column.hpp"

#include <span>

namespace ohmloom {

/// How a column goes from precharge to discharge in a deck.
struct ColumnTiming {
    double precharge = 5e-9;   ///< [s] that all nodes are held at the precharge voltage
    double discharge = 100e-9; ///< [s] that follow
    double r_precharge = 1e3;  ///< [Ohm] of a precharge switch
    double r_off = 1e15;       ///< [Ohm] of an open switch
    double least_switch =
        1e-3; ///< [Ohm] of the discharge switch, where the design has none: SPICE knows no switch of 0 Ohm
};

/// One column as a SPICE transient: all nodes are held at the precharge voltage, then let go while the last cell is switched to 0 V. The measure
/// `t_cross` [s] is the time from there until the sensed node `n_0` falls to the threshold. Nodes: n_0 … n_(N−1), `end` behind the last cell.
/// @param resistances  [cells] [Ohm] from the sensed end on
/// @throws InputError if the design is not valid or there are no cells.
SpiceDeck series_column_deck(const SeriesColumnDesign& design, std::span<const double> resistances,
                             const ColumnTiming& timing = {});

} // namespace ohmloom
