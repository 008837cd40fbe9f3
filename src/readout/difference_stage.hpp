#pragma once

#include "base/matrix.hpp"
#include "solver/array_solver.hpp"

namespace ohmloom {

/// How the I+ and I− lines of an output become one voltage.
enum class StageKind {
    virtual_ground, ///< both lines end in ideal virtual grounds: u = r_feedback·(I+ − I−)
    difference,     ///< the published op-amp difference stage, which the lines see as it is
};

/// One output's read-out stage. The difference stage is an ideal op-amp without clipping:
///
///     I+ line –r_input– (+) node –r_feedback– ground        V+ = r_feedback·I+
///     I− line –r_input– (−) node –r_feedback– output        u  = V+ − r_feedback·I−,   (−) node held at V+
///
/// with r_feedback = gain·r_input. So the lines do not end at ground: the I− line ends at a potential that
/// the I+ line sets. Source: public netlist generator of the IMAC-Sim authors; arXiv:2201.12480.
struct ReadoutStage {
    StageKind kind = StageKind::difference;
    double gain = 30.0;      ///< r_feedback / r_input; > 0
    double r_input = 1000.0; ///< [Ohm] > 0
    [[nodiscard]] double r_feedback() const { return gain * r_input; }
};

/// Puts the resistances that a stage shows to the ends of the column lines into the crossbar (r_sense).
/// @throws InputError unless the crossbar has two lines per site and the stage's values are positive.
void attach_stages(Crossbar& crossbar, const ReadoutStage& stage);

/// What a tile with its stages does to the row voltages x [rows]: everything is linear in them.
struct StageResponse {
    Matrix<double> u;       ///< [sites x rows] [V/V] stage output per row voltage
    Matrix<double> i_plus;  ///< [sites x rows] [S] current out of the I+ line
    Matrix<double> i_minus; ///< [sites x rows] [S] current out of the I− line
    Matrix<double> v_minus; ///< [sites x rows] [V/V] potential that the I− line ends at, behind its r_sense
};

/// Closes the stages around the tile's port matrix, exactly.
///
/// With the ports' blocks R (rows), P (I+ lines) and N (I− lines) and currents s = −Y·v out of the array:
///
///     s_P = −(Y_PR·x + Y_PN·v_N),  v_N = r_feedback·s_P   ⇒   (1 + r_feedback·Y_PN)·s_P = −Y_PR·x
///
/// @throws InputError if the ports are not pairs of lines.
StageResponse close_stages(const PortMatrix& ports, const ReadoutStage& stage);

/// The loop that the stages close: 1 + r_feedback·Y_PN, [sites x sites]. @throws as close_stages().
Matrix<double> stage_loop(const PortMatrix& ports, const ReadoutStage& stage);

} // namespace ohmloom
