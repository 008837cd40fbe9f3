#pragma once

#include "charge/charge_cell.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// What a bit that is 0 joins its branch to, and so which weights a code can be.
enum class ChargeDrive {
    single_ended, ///< to 0 V: weights code / 2^bits
    differential, ///< to the input's negative: weights (2·code − 2^bits + 1) / 2^bits
};

std::string_view name_of(ChargeDrive drive);

/// Cells whose ends share one column per output: what the cells bring together is the output, and nothing flows once it is there.
struct ChargeArrayDesign {
    ChargeCellDesign cell;
    ChargeDrive drive = ChargeDrive::differential;
    double column_capacitance = 0.0; ///< [F] of the column's wire and the converter's input, to ground
    double temperature = 300.0;      ///< [K]
    double injection = 0.0;          ///< [C] that the reset switch leaves on the column as it opens
    double injection_sigma = 0.0;    ///< [C] from column to column
};

/// @throws InputError naming the field, its value and what was expected.
void validate(const ChargeArrayDesign& design);

/// Its cells in a few words, such as "c2c, 8 bit, 2 fF".
std::string describe(const ChargeArrayDesign& design);

/// An array as it was made.
struct ChargeArray {
    ChargeArrayDesign design;
    Matrix<std::int32_t> codes;        ///< [columns x rows] weights, 0 to 2^bits − 1
    std::vector<CellCapacitors> cells; ///< [columns · rows], a column's after each other
    std::vector<double> injection;     ///< [columns] [C]
    [[nodiscard]] const CellCapacitors& cell(Index column, Index row) const {
        return cells[static_cast<std::size_t>(column * codes.cols() + row)];
    }
};

/// Makes an array of cells with these weights. Capacitors are keyed by seed, tile, row, column and bit.
/// @throws InputError if the design is not valid, a code has no bits to stand for it, or a capacitor that was drawn is not positive.
ChargeArray make_charge_array(const ChargeArrayDesign& design, const Matrix<std::int32_t>& codes,
                              std::uint64_t seed = 1, std::uint32_t tile = 0);

/// Where the branch of a bit goes, as a part of its row's input: 1, or for a bit that is 0 what the drive says.
double branch_side(std::int32_t code, Index bit, ChargeDrive drive);

/// The weight that a code means, within −1 and 1.
double weight_of(std::int32_t code, const ChargeArrayDesign& design);

/// The code whose weight is nearest to w; halves go to the higher one.
std::int32_t code_for(double w, const ChargeArrayDesign& design);

/// An array's two phases as one map. All nodes start at 0 V (precharge); then rows rise to their inputs (evaluate), and charge that no
/// node can lose is shared:
///
///     v_column = Σ_row transfer·v_row + offset,    transfer = Σ_bits coupling·side / capacitance
///
/// Exact: a network of capacitors is linear, and its nodes' charge is the boundary condition.
struct ChargeResponse {
    Matrix<double> transfer;         ///< [columns x rows] [V/V]; ideally weight / rows
    std::vector<double> offset;      ///< [columns] [V] of the charge injected
    std::vector<double> capacitance; ///< [columns] [F] all that is seen from the column
    std::vector<double> noise; ///< [columns] [V] rms that the reset switch leaves: √(kT / capacitance)
    Matrix<double>
        energy; ///< [rows x rows] [F] what all columns take from the rows' drivers: E = vᵀ·energy·v, once a cycle
};

/// Without `energy` that is left empty, and the map is found sooner.
ChargeResponse charge_response(const ChargeArray& array, bool energy = true);

/// What a column of so many rows gives by design per weight and volt: v_column = gain·Σ weight·v_row. Of capacitors without mismatch, by
/// least squares over all codes; ideally 1 / rows. [V/V]
double designed_gain(const ChargeArrayDesign& design, Index rows);

/// Column voltages [vectors x columns] for row voltages [vectors x rows]. Noise, if asked for, is keyed by seed, tile, vector and column.
struct ChargeNoise {
    std::uint64_t seed = 1;
    std::uint32_t tile = 0;
    std::uint32_t first_vector = 0;
};
Matrix<double> column_voltages(const ChargeResponse& response, const Matrix<double>& v);
Matrix<double> column_voltages(const ChargeResponse& response, const Matrix<double>& v,
                               const ChargeNoise& noise);

/// How far products of an array are from those of its weights, as a part of full scale (the output of all weights and inputs at 1).
struct ProductError {
    double gain = 1.0;    ///< of all columns, by least squares; what a range setting takes up
    double rms = 0.0;     ///< what is left
    double largest = 0.0; ///< likewise
};

/// Compares found column voltages with those of exact weights, for the same row voltages. `full_scale` [V] is a row's at 1.
ProductError product_error(const ChargeArray& array, const Matrix<double>& v, const Matrix<double>& found,
                           double full_scale);

} // namespace ohmloom
