#pragma once

#include "inference/layer_arrays.hpp"

#include <memory>
#include <vector>

namespace ohmloom {

/// Power as quadratic forms of a layer's row voltages x: P = xᵀ·Q·x, exact for linear cells and linear
/// stages. Where stages have offsets, x ends in a 1 behind the rows.
struct PowerForms {
    Matrix<double>
        cells; ///< [rows x rows] [S] dissipated in the memory cells; one row and column more with offsets
    Matrix<double> wires;  ///< likewise in the wires and the drivers' output resistances
    Matrix<double> stages; ///< likewise in the resistors of the read-out stages
};

/// One layer as a circuit: all its tiles with their stages, joined at the neuron inputs.
struct LayerResponse {
    Matrix<double>
        transfer; ///< [outputs x rows] [V/V] neuron input per row voltage; the last row is the bias
    std::vector<double> offset; ///< [outputs] [V] to be added: what the stages' offsets make; empty without
    PowerForms power;           ///< empty if it was not asked for
    /// [rows x rows] [F] what drivers deliver as the rows rise from 0 V to x: E = xᵀ·charging·x. Empty for arrays in which currents flow.
    Matrix<double> charging;
    double residual = 0.0; ///< largest KCL residual of any tile
    Engine engine = Engine::automatic;
};

/// Terminal potentials of a tile per row voltage, [ports x rows (+ 1)]: the rows themselves, the stages' offsets behind the I+ lines,
/// v_minus behind the I− lines. With offsets, they are one more column.
Matrix<double> terminal_potentials(const PortMatrix& ports, const StageResponse& response);

/// Solves every tile of a layer and joins them. The outputs of the horizontal partitions' stages are tied
/// together at the neuron input, so a neuron sees their arithmetic mean; vertical partitions stand side by
/// side, each with its own copy of the row drivers.
/// @throws InputError if the circuit is not valid.
LayerResponse solve_layer(const LayerPlan& layer, const ArrayCircuit& circuit,
                          const SolveOptions& options = {});

/// The same for arrays that are built already. Power takes three times the solver's work: without `power` it is left out.
/// @throws InputError if their cells are not linear.
LayerResponse solve_layer(const LayerArrays& layer, const SolveOptions& options = {}, bool power = true);

/// The same, solved only if nobody who shares the layer's results has done so: layers are alike if all that decides their responses is.
std::shared_ptr<const LayerResponse> response_of(const LayerArrays& layer, const SolveOptions& options = {},
                                                 bool power = true);

} // namespace ohmloom
