#pragma once

#include "mapping/plan.hpp"
#include "readout/readout_stage.hpp"

namespace ohmloom {

/// Map of a layer whose row wires have no resistance, and its derivatives: the differentiable part of the circuit that
/// training runs through. Exact for such arrays; with row resistance it lacks what the rows lose on their way.
///
/// With ideal rows, an output depends on its own two lines only. Each line is a ladder (line_ladder.hpp) with transfer m0
/// to its foot and admittance Y0 = sum of m0 there; a series resistance R at the foot makes them m0 / (1 + R·Y0). The
/// I+ line ends in r_input + r_feedback to ground, the I− line in r_input to V+ = r_feedback·I+, so
///
///     u = r_feedback·[ (1 + r_feedback·Y−)·m+ − m− ]      per unit of row voltage, for each horizontal partition
///
/// Shapes are those of DifferentialConductances: [outputs x rows].
/// @throws InputError if the partition does not fit the layer.
Matrix<double> line_map(const DifferentialConductances& conductances, Index horizontal, double r_col,
                        const ReadoutStage& stage);

/// Derivatives of sum(upstream o line_map) with respect to every conductance and to the stage's gain.
struct LineMapGradient {
    Matrix<double> plus;  ///< [outputs x rows] [1/S]
    Matrix<double> minus; ///< likewise
    double gain = 0.0;
};
LineMapGradient line_map_gradient(const DifferentialConductances& conductances, Index horizontal,
                                  double r_col, const ReadoutStage& stage, const Matrix<double>& upstream);

} // namespace ohmloom
