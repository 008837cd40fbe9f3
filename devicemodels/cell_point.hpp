#pragma once

namespace ohmloom {

/// A cell at one voltage.
struct CellPoint {
    double current = 0.0; ///< [A] from top to bottom
    double slope = 0.0;   ///< [S] dI/dv
};

/// What a law covers: beyond it, results are extrapolated and to be refused.
struct CellRange {
    double v_low, v_high; ///< [V] of the voltage across a cell; infinite for formulas
    double g_low, g_high; ///< [S] of the conductance at zero bias; 0 is always allowed: no cell
};

} // namespace ohmloom
