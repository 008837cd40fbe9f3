#pragma once

#include "charge/charge_array.hpp"

#include <cstdint>

namespace ohmloom {

/// How an array is tried: random weights, and random inputs between −supply and supply (from 0 for single-ended drive).
struct ChargeTrial {
    Index rows = 64, columns = 16;
    double supply = 0.8; ///< [V] of a row at 1
    Index vectors = 1000;
    std::uint64_t seed = 1; ///< of weights, inputs, mismatch and noise
};

/// @throws InputError naming the field, its value and what was expected.
void validate(const ChargeTrial& trial);

Matrix<std::int32_t> random_codes(const ChargeTrial& trial, const ChargeArrayDesign& design);

/// Row voltages [vectors x rows] [V].
Matrix<double> random_inputs(const ChargeTrial& trial, ChargeDrive drive);

/// What a design comes to.
struct ChargeFigures {
    double cell_inl =
        0.0; ///< [LSB of the weight] largest of a cell without mismatch, from the line through its ends
    double cell_inl_drawn = 0.0;     ///< likewise, mean over all cells as made
    double capacitance = 0.0;        ///< [F] of a column, mean
    double noise = 0.0;              ///< [V] rms, mean
    double offset = 0.0;             ///< [V] of the charge injected, mean
    ProductError products;           ///< without noise and offsets' mean
    ProductError noisy_products;     ///< with noise
    double cycle_energy = 0.0;       ///< [J] of all columns, mean over the inputs
    double energy_per_product = 0.0; ///< [J] of one multiplication with its addition
};

ChargeFigures charge_figures(const ChargeArray& array, const ChargeTrial& trial);

} // namespace ohmloom
