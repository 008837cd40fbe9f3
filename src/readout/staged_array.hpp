#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "readout/difference_stage.hpp"
#include "solver/array_solver.hpp"

#include <vector>

namespace ohmloom {

/// Operating points of an array with its stages, one per vector of row voltages.
struct StagedPoints {
    Matrix<double> u;           ///< [batch x sites] [V] stage outputs
    std::vector<double> cells;  ///< [batch] [W] dissipated in the cells
    std::vector<double> wires;  ///< [batch] [W] in the wires and the drivers' resistances
    std::vector<double> stages; ///< [batch] [W] in the resistors of the stages
    std::vector<double>
        residual; ///< [batch] largest KCL error, the (+) nodes' included, over the largest line current
    std::vector<SolveStatus> status; ///< [batch]
};

/// An array of any cells with its read-out stages, solved for batches of row voltages.
///
/// The I− lines end at potentials v_N that the I+ lines' currents set, v_N = r_feedback·s_P(x, v_N). They are found by Newton's
/// method with one derivative for all vectors, 1 + r_feedback·Y_PN of the same array with ohmic cells, from where such an array's
/// stages would be. Cells that bend change Y_PN little, and nothing but wires and drivers couples the two lines of a pair at all:
/// a step leaves a thousandth of the error, more where wires are weak. The array's node voltages start as if wires dropped nothing,
/// and then from the step before.
class StagedArray {
public:
    /// `crossbar` has the stages' resistances already (attach_stages).
    /// `v_typical` [V] is a voltage that cells are likely to see, such as half of what the rows span: ohmic cells conduct as they
    /// do there. It decides how many steps are needed, and no result.
    /// @throws InputError if crossbar or stage is not valid.
    StagedArray(Crossbar crossbar, const ReadoutStage& stage, const SolveOptions& options = {},
                double v_typical = 0.0);

    /// Without `power`, that of cells and wires is left 0, and no node voltage is asked for.
    /// @throws InputError if `v_row` [batch x rows] [V] does not fit or takes a cell beyond its law.
    [[nodiscard]] StagedPoints solve(const Matrix<double>& v_row, bool power = true) const;

private:
    /// Node voltages as the ohmic array's stages would make them, without the wires' drops.
    [[nodiscard]] NodeVoltages estimate(const Matrix<double>& v_row, const Matrix<double>& v_n) const;

    Crossbar crossbar_;
    ReadoutStage stage_;
    SolveOptions options_;
    Matrix<double> v_minus_, i_minus_; ///< [sites x rows] of the ohmic array
    Matrix<double> loop_;              ///< [sites x sites] inverse of its loop
};

} // namespace ohmloom
