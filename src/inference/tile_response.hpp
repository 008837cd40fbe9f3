#pragma once

#include "array/crossbar.hpp"
#include "mapping/plan.hpp"
#include "readout/stage_closure.hpp"
#include "solver/array_solver.hpp"

#include <cstdint>

namespace ohmloom {

/// Everything physical about the arrays of a layer except the conductances: wires, drivers, cells, read-out.
struct ArrayCircuit {
    double r_row = 0.0;    ///< [Ohm] one row segment
    double r_col = 0.0;    ///< [Ohm] one column segment
    double r_source = 0.0; ///< [Ohm] output resistance of each row driver
    TiedEnds row_ends = TiedEnds::first;
    TiedEnds col_ends = TiedEnds::last;
    ReadoutStage stage;
    ArrayCapacitance capacitance{}; ///< what operating points take no notice of
};

/// The crossbar of one tile, with the loads of its read-out stages: output o of the tile is site o, with its
/// I+ line first and its I− line second. `number` names the stages' random numbers.
Crossbar build_tile(const LayerPlan& layer, const Tile& tile, const ArrayCircuit& circuit,
                    std::uint32_t number = 0);

/// Response of one tile with its stages, solved exactly.
StageResponse solve_tile(const LayerPlan& layer, const Tile& tile, const ArrayCircuit& circuit,
                         const SolveOptions& options = {});

} // namespace ohmloom
