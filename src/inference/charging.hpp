#pragma once

#include "inference/layer_arrays.hpp"
#include "inference/sampled_inference.hpp"

namespace ohmloom {

/// What the row drivers of a layer of linear arrays give beyond the currents that stay, once everything has settled: after row voltages
/// went from x to y, row r has delivered (form·(y − x))_r more, [rows x rows] [F]. Wires, cells, columns and their stages, drivers and sense
/// nodes are in it, each as far as its potential moves.
///
/// form = K·T in the rows: K of port_capacitance(), T: how rows and stages move the ports.
/// @throws InputError as port_capacitance() and close_stages().
Matrix<double> charging_form(const LayerArrays& layer, const SolveOptions& options = {});

/// Energy [J] that the drivers give for it per image, mean over the images: y·form·(y − x). `v` [images x rows] [V] are the settled row
/// voltages, the last row the bias, which does not move; before the first image, and in a reset sequence before each, signals are at 0 V.
double charging_energy(const Matrix<double>& form, const Matrix<double>& v, ImageSequence sequence);

} // namespace ohmloom
