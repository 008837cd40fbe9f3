#pragma once

#include "base/matrix.hpp"
#include "readout/readout_stage.hpp"
#include "solver/array_solver.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// Puts the resistances r_plus and r_minus that the stages show to the ends of the column lines into the crossbar (r_sense).
/// @throws InputError unless the crossbar has one or two lines for each stage (two for those that couple them) and, behind integrators,
///         lines that conduct little enough: see StagePort.
void attach_stages(Crossbar& crossbar, std::span<const StagePort> stages);
/// The same with the stages of a tile. @throws InputError as above and as stage_ports().
void attach_stages(Crossbar& crossbar, const ReadoutStage& stage, std::uint32_t tile = 0);

/// What stages with offsets give when all rows are at 0 V; empty if none has one.
struct StageRest {
    std::vector<double> u;               ///< [sites] [V]
    std::vector<double> i_plus, i_minus; ///< [sites] [A] out of the lines
    std::vector<double> v_plus,
        v_minus; ///< [sites] [V] potentials that the lines end at, behind their r_sense
};

/// What a tile with its stages does to the row voltages x [rows]: everything is linear in them, or, with offsets, affine.
struct StageResponse {
    Matrix<double> u;       ///< [sites x rows] [V/V] stage output per row voltage
    Matrix<double> i_plus;  ///< [sites x rows] [S] current out of the I+ line, or of the only one
    Matrix<double> i_minus; ///< [sites x rows] [S] current out of the I− line; 0 if there is none
    Matrix<double> v_minus; ///< [sites x rows] [V/V] potential that the I− line ends at, behind its r_sense
    StageRest rest;         ///< to be added to what the rows make
};

/// Closes the stages around the tile's port matrix, exactly.
///
/// With the ports' blocks R (rows), P (I+ lines) and N (I− lines), currents s = −Y·v out of the array and the stages' couplings on the
/// diagonal of C:
///
///     s_P = −(Y_PR·x + Y_PP·e_P + Y_PN·v_N),  v_N = C·s_P + e_N   ⇒   (1 + Y_PN·C)·s_P = −(Y_PR·x + Y_PP·e_P + Y_PN·e_N)
///
/// @throws InputError if the ports' lines are not one or two for each stage, or one where it couples two.
StageResponse close_stages(const PortMatrix& ports, std::span<const StagePort> stages);
/// The same with the stages of a tile whose outputs have two lines. @throws InputError as above and as stage_ports().
StageResponse close_stages(const PortMatrix& ports, const ReadoutStage& stage, std::uint32_t tile = 0);

/// The loop that the stages close: 1 + Y_PN·C, [sites x sites]. @throws as close_stages().
Matrix<double> stage_loop(const PortMatrix& ports, std::span<const StagePort> stages);

/// Whether any of the stages couples its lines, or has an offset.
bool any_coupling(std::span<const StagePort> stages);
bool any_offset(std::span<const StagePort> stages);

} // namespace ohmloom
