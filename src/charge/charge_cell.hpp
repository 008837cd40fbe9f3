#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace ohmloom {

/// How a cell's capacitors weigh its bits.
enum class ChargeCellKind {
    c2c_ladder,      ///< equal branch capacitors on a ladder of series capacitors
    binary_weighted, ///< 1, 2, 4 … unit capacitors straight on the column; of one bit: the plain capacitor cell
};

std::string_view name_of(ChargeCellKind kind);

/// Capacitors of one cell: a weight of so many bits, each of which joins its branch capacitor to the input or to the cell's low side.
///
///     v_0      v_1            v_(n−1)
///      |        |                |
///      C        C                C          branches
///      |        |                |
///  +---o---S----o---S--- … --S---o----- column          each o carries node_parasitic·C to ground
///  |
///  termination, to ground
///
/// Ideally S = 2·C and termination = C, whereupon bit k gives 2^(k − bits) of the input at the end of the ladder. Parasitics x at the
/// nodes make the ladder's ratio less than 1/2; with S = 2·(1 + x)·C and a termination of (1 + x)·C it is 1/2 again.
struct ChargeCellDesign {
    ChargeCellKind kind = ChargeCellKind::c2c_ladder;
    int bits = 8;             ///< 1 to 16
    double unit = 2e-15;      ///< [F] C, of a branch
    double series = 2.0;      ///< S in units
    double termination = 1.0; ///< in units
    double node_parasitic =
        0.0; ///< top plates' capacitance to ground at each ladder node, or of each weighted capacitor, per its units
    double bottom_parasitic =
        0.0; ///< bottom plates' capacitance to ground on the driven side, per unit: costs energy only
    double unit_sigma = 0.0; ///< relative standard deviation of a unit; k units have 1/√k of it
};

/// @throws InputError naming the field, its value and what was expected.
void validate(const ChargeCellDesign& design);

/// A cell's capacitors as they were made. [F]
struct CellCapacitors {
    std::vector<double> branch; ///< [bits] least significant first
    std::vector<double> series; ///< [bits] of a ladder: from the node of the bit below; the first is none
    double termination = 0.0;   ///< of a ladder
};

/// Draws a cell's capacitors.
/// @param drawn  standard normal number of the cell's draw k; nothing is drawn without unit_sigma
/// @throws InputError if a capacitor that was drawn is not positive.
CellCapacitors draw_capacitors(const ChargeCellDesign& design,
                               const std::function<double(std::uint32_t)>& drawn);

/// Parasitic capacitance to ground at the node above a bit's branch. [F]
double node_capacitance(const ChargeCellDesign& design, Index bit);

/// Parasitic capacitance to ground at the driven side of a bit's branch. [F]
double bottom_capacitance(const ChargeCellDesign& design, Index bit);

/// What a cell is to the column, with its bits' sides as sources: Q_column = Σ_k coupling_k·v_k − capacitance·v_column, and the energy
/// that the sources deliver while the column stands at 0 V, from everything at 0 V: Σ_jk energy_jk·v_j·v_k.
struct ChargeCell {
    std::vector<double> coupling; ///< [bits] [F] least significant first
    double capacitance = 0.0;     ///< [F] seen from the column
    Matrix<double> energy;        ///< [bits x bits] [F]
};

/// A cell from its capacitors, exactly.
///
/// From the ladder's end on, with T the capacitance at a node that its upper neighbours do not see yet, and c_j what bit j gives there:
///
///     E = S·T/(S + T),    T' = E + C + x·C,    c_j' = c_j·E/T',    c' of the new bit = C/T'
///
/// Without `energy` that is left empty, and the cell is found sooner.
ChargeCell charge_cell(const ChargeCellDesign& design, const CellCapacitors& capacitors, bool energy = true);

/// The bits' share of the input at the end of a cell that nothing loads, [bits], least significant first; 2^(k − bits) ideally.
std::vector<double> open_cell_weights(const ChargeCell& cell);

/// Level of every code, [2^bits], from the bits' weights.
std::vector<double> code_levels(std::span<const double> weights);

/// Distance of levels from the straight line through the first and the last, in its steps.
std::vector<double> integral_nonlinearity(std::span<const double> levels);

/// Largest magnitude of a cell's nonlinearity over its codes, in steps.
double largest_nonlinearity(const ChargeCell& cell);

/// Series capacitor, in units, that makes a ladder's largest nonlinearity least, without mismatch; found by golden section.
/// @throws InputError unless the cell is a ladder of at least two bits.
double best_series(ChargeCellDesign design);

} // namespace ohmloom
