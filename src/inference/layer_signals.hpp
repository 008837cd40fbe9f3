#pragma once

#include "inference/layer_arrays.hpp"
#include "inference/layer_response.hpp"

namespace ohmloom {

/// Mean power over a set of inputs, by where it is dissipated.
struct PowerBreakdown {
    double cells = 0.0;      ///< [W]
    double wires = 0.0;      ///< [W] wires and driver resistances
    double stages = 0.0;     ///< [W] resistors of the read-out stages
    double capacitors = 0.0; ///< [W] what arrays that compute in charge take, CV² of every cycle
    [[nodiscard]] double total() const { return cells + wires + stages + capacitors; }
    PowerBreakdown& operator+=(const PowerBreakdown& other);
};

/// A part of a power.
PowerBreakdown operator*(double share, const PowerBreakdown& power);

/// Mean of the forms over inputs with these second moments, E[x·xᵀ].
PowerBreakdown mean_power(const PowerForms& forms, const Matrix<double>& moments);

/// Rows of a layer, [images x (signals + 1)]: `scale` times the signals [images x signals], and the bias row at `bias`.
Matrix<double> with_bias_row(const Matrix<double>& signals, double scale, double bias);

/// What one layer makes of a set of row voltages.
struct LayerSignals {
    Matrix<double> u;      ///< [images x outputs] [V] at the neuron inputs
    PowerBreakdown power;  ///< mean over the images
    double charging = 0.0; ///< [J] mean over the images, once for each
    double residual = 0.0;
    bool converged = true;
    Engine engine = Engine::automatic;
};

/// A layer of linear arrays, from its map. `v` is [images x rows] [V]. Without `power` that is not told, and the map needs no forms of it.
LayerSignals apply_response(const LayerResponse& layer, const Matrix<double>& v, bool power = true);

/// A layer of any cells: every tile is solved with its stages for every image. Images that drive a tile alike are solved once.
/// Without `power` that is not told, and not worked out.
/// @throws InputError if a cell would leave the voltages that its law covers.
LayerSignals solve_signals(const LayerArrays& layer, const Matrix<double>& v,
                           const SolveOptions& options = {}, bool power = true);

} // namespace ohmloom
