#pragma once

#include "inference/layer_arrays.hpp"
#include "inference/sampled_inference.hpp"

namespace ohmloom {

/// Capacitance that each row of a layer shows to its drivers, over all tiles, [rows] [F]: wires, cells and drivers, with columns and
/// neighbouring rows standing still.
std::vector<double> row_capacitance(const LayerArrays& layer);

/// Energy [J] that charging the rows takes per image, mean over the images: Σ_r C_r·v_k·(v_k − v_(k−1)), what an ideal source gives a
/// capacitor that it takes from one voltage to the next. `v` [images x rows] [V] are the settled row voltages, the last row the bias,
/// which does not move; before the first image, and in a reset sequence before each, signals are at 0 V.
double charging_energy(const LayerArrays& layer, const Matrix<double>& v, ImageSequence sequence);

} // namespace ohmloom
