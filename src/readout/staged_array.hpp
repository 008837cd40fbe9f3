#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "readout/stage_closure.hpp"
#include "solver/array_solver.hpp"

#include <cstdint>
#include <span>
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
    Matrix<double> v_n; ///< [batch x sites] [V] potentials that the I− lines end at, behind their r_sense
};

/// An array of any cells with its read-out stages, solved for batches of row voltages.
///
/// Behind stages that couple their lines, the I− lines end at potentials v_N that the I+ lines' currents set, v_N = C·s_P(x, v_N) + e_N
/// (see close_stages()). They are found by Newton's
/// method with one derivative for all vectors, 1 + C·Y_PN of the same array with ohmic cells, from where such an array's
/// stages would be. Cells that bend change Y_PN little, and nothing but wires and drivers couples the two lines of a pair at all:
/// a step leaves a thousandth of the error, more where wires are weak. The array's node voltages start as if wires dropped nothing,
/// and then from the step before.
class StagedArray {
public:
    /// `crossbar` has the resistances of its `stages` already (attach_stages).
    /// `v_typical` [V] is a voltage that cells are likely to see, such as half of what the rows span: ohmic cells conduct as they
    /// do there. It decides how many steps are needed, and no result.
    /// @throws InputError if crossbar or stage is not valid.
    StagedArray(Crossbar crossbar, std::vector<StagePort> stages, const SolveOptions& options = {},
                double v_typical = 0.0);
    /// With the stages of a tile.
    StagedArray(const Crossbar& crossbar, const ReadoutStage& stage, const SolveOptions& options = {},
                double v_typical = 0.0, std::uint32_t tile = 0);

    /// Without `power`, that of cells and wires is left 0, and no node voltage is asked for.
    /// @throws InputError if `v_row` [batch x rows] [V] does not fit or takes a cell beyond its law.
    [[nodiscard]] StagedPoints solve(const Matrix<double>& v_row, bool power = true) const;

    /// The array's own operating points between its rows and where the stages let the lines end, with all node voltages.
    /// @throws as solve().
    [[nodiscard]] ArraySolution solve_nodes(const Matrix<double>& v_row) const;

private:
    /// Node voltages as the ohmic array's stages would make them, without the wires' drops.
    [[nodiscard]] NodeVoltages estimate(const Matrix<double>& v_row, const Matrix<double>& v_n) const;
    /// Potentials that the lines end at, with those of the I− lines at `v_n`, [batch x lines].
    [[nodiscard]] Matrix<double> line_potentials(const Matrix<double>& v_n) const;
    /// Stores what the stages make of a solution's point k.
    void read(const ArraySolution& solution, Index k, std::span<const double> v_n, StagedPoints& points,
              std::size_t to) const;

    Crossbar crossbar_;
    std::vector<StagePort> stages_;
    SolveOptions options_;
    bool is_coupled_;
    StageResponse ohmic_; ///< of the ohmic array, if lines are coupled
    Matrix<double> loop_; ///< [sites x sites] inverse of its loop
};

} // namespace ohmloom
