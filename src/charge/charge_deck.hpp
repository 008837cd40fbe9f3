#pragma once

#include "charge/charge_array.hpp"
#include "circuit/spice_deck.hpp"

#include <span>

namespace ohmloom {

/// How a column goes from precharge to evaluation.
struct ChargeTiming {
    double reset = 5e-9;     ///< [s] that all nodes are held at 0 V
    double evaluate = 20e-9; ///< [s] for the charge to be shared
    double r_on = 1e3;       ///< [Ohm] of a switch
    double r_off = 1e15;     ///< [Ohm] likewise: femtofarads keep their charge for seconds
};

/// One column with its capacitors, switches and supplies as a transient over both phases; the measure `v_column` [V] is taken at the end.
/// Nodes: `column`, `n_ROW_BIT` of ladders, `p_ROW` and `m_ROW` the row's input and its negative. Its reset switches inject what the array says.
/// @throws InputError unless there is one voltage [V] per row.
SpiceDeck charge_column_deck(const ChargeArray& array, Index column, std::span<const double> v_row,
                             const ChargeTiming& timing = {});

} // namespace ohmloom
