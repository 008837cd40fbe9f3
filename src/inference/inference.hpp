#pragma once

#include "inference/layer_signals.hpp"
#include "inference/tile_table.hpp"
#include "readout/neuron.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ohmloom {

/// How an analog network's arrays are built: what is the same for all layers, and one stage gain per layer.
struct NetworkCircuit {
    ArrayCircuit array;                         ///< its stage's gain is replaced by the layer's
    std::vector<double> gain;                   ///< one per layer
    Neuron neuron;                              ///< behind every layer but the last
    DeviceUse devices{};                        ///< what the cells are made of
    std::shared_ptr<const TileTables> tables{}; ///< that stand for all tiles; none: their circuits
    std::shared_ptr<ResultCache>
        shared{}; ///< where programmed tiles and solved layers are kept for others; none: nowhere
};

/// What came out of an analog network for a set of inputs.
struct AnalogInference {
    std::vector<std::uint8_t> classes; ///< [images]
    Matrix<double>
        outputs; ///< [images x classes] [V] last stages' outputs, with the sign that makes the largest win
    PowerBreakdown power;  ///< sum over layers of the mean over images
    double residual = 0.0; ///< largest KCL residual of any tile
    bool converged = true; ///< of arrays that were solved for every image: all of them
    Engine engine = Engine::automatic;
};

/// Which line of a pair has to have the larger conductance for a network to mean the same with this neuron.
Polarity polarity_for(const Neuron& neuron);

/// Builds and programs the arrays of every layer of a plan. @throws InputError unless there is one gain per layer, and as
/// build_layer() and use_tables().
std::vector<LayerArrays> build_network(const Plan& plan, const NetworkCircuit& circuit);

/// The same without its tables: what they stand for.
std::vector<LayerArrays> circuits_of(const Plan& plan, NetworkCircuit circuit);

/// Solves every layer of a plan, whose cells must be linear. @throws InputError unless there is one gain per layer.
std::vector<LayerResponse> solve_network(const Plan& plan, const NetworkCircuit& circuit,
                                         const SolveOptions& options = {});

/// Runs inputs [images x inputs], each in [0, 1], through solved layers in the analog domain: row voltages
/// are v_supply·input with the bias row at v_supply; a neuron's output voltage drives a row of the next layer
/// directly. The plan must have been made with the neuron's polarity, see polarity_for(); the class is
/// decided by the last stages' outputs, before any neuron could saturate.
AnalogInference infer(std::span<const LayerResponse> layers, const Neuron& neuron,
                      const Matrix<double>& inputs);

/// The same for arrays of any cells: linear layers are solved once, others for every input. Without `power` that is not told,
/// and not worked out.
AnalogInference infer(std::span<const LayerArrays> layers, const Neuron& neuron, const Matrix<double>& inputs,
                      const SolveOptions& options, bool power = true);

/// Row voltages [images x rows] [V] of every layer, bias rows included, as infer() finds them on its way.
std::vector<Matrix<double>> row_voltages(std::span<const LayerArrays> layers, const Neuron& neuron,
                                         const Matrix<double>& inputs, const SolveOptions& options);

} // namespace ohmloom
