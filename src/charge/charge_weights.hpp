#pragma once

#include "charge/charge_array.hpp"

#include <vector>

namespace ohmloom {

/// Columns that stand for one output: one with differential drive, whose codes have either sign; else two, positive and negative, whose
/// voltages are subtracted.
Index columns_per_output(ChargeDrive drive);

/// Weights as codes of cells.
struct ChargeWeights {
    Matrix<std::int32_t> codes; ///< [columns x rows]; of two columns of an output the positive one first
    std::vector<double> scale;  ///< [outputs] of the network's weights that a cell's weight of 1 stands for
};

/// Rounds weights [outputs x rows] to codes. Every output has a scale of its own, which costs nothing where a digital unit scales each column: the
/// one of the least squared error, which cuts off a few large weights where bits are few. An output of zeros has the scale 0.
ChargeWeights quantise_weights(const Matrix<double>& weights, const ChargeArrayDesign& design);

/// The network's weights that codes stand for, [outputs x rows].
Matrix<double> quantised_weights(const ChargeWeights& weights, const ChargeArrayDesign& design);

} // namespace ohmloom
