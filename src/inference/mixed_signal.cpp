#include "inference/mixed_signal.hpp"

#include "base/errors.hpp"
#include "inference/classes.hpp"
#include "inference/mixed_setup.hpp"
#include "inference/resistive_tiles.hpp"
#include "inference/software.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

void require_codes(const MixedReadout& readout) {
    if (readout.adc || readout.arithmetic == UnitArithmetic::exact) return;
    throw InputError("digital arithmetic needs codes to work on, but there are no converters: give [adc], or "
                     "exact arithmetic");
}

/// Pulses drive tiles for a time, which some do not have.
void require_input(const TiledLayer& layer, RowInput input) {
    if (input != RowInput::pulse_width ||
        std::ranges::none_of(layer.tiles, [](const TileCircuit& tile) { return tile.samples_levels; }))
        return;
    throw InputError("rows are driven by pulse widths, but what charge leaves on a column knows levels only: "
                     "expected levels, or bit by bit");
}

/// What the next layer's rows get: the digital side's activations.
Matrix<double> activations(const DenseLayer& layer, Matrix<double> y) {
    for (double& value : y.values()) value = activate(layer, value);
    return y;
}

/// RMS of a difference over that of the exact numbers.
double relative_error(const Matrix<double>& numbers, const Matrix<double>& exact) {
    double missed = 0.0, all = 0.0;
    const std::vector<double>&is = numbers.values(), &should_be = exact.values();
    for (std::size_t i = 0; i < is.size(); ++i) {
        missed += (is[i] - should_be[i]) * (is[i] - should_be[i]);
        all += should_be[i] * should_be[i];
    }
    return std::sqrt(missed / all);
}

/// Stage outputs of all layers for the calibration images while they are known exactly.
std::vector<std::vector<TileSamples>> sample_network(MixedNetwork& mixed, const Matrix<double>& inputs,
                                                     const SolveOptions& options) {
    MixedReadout exact = mixed.readout;
    exact.arithmetic = UnitArithmetic::exact;
    std::vector<std::vector<TileSamples>> samples;
    Matrix<double> numbers = inputs;
    for (std::size_t l = 0; l < mixed.layers.size(); ++l) {
        MixedLayer& layer = mixed.layers[l];
        if (l > 0 && mixed.network.layers[l - 1].activation == Activation::relu)
            set_full_number(layer, mixed.readout, numbers);
        samples.push_back(sample_layer(layer, numbers, options));
        set_lines(layer, mixed.readout, samples.back());
        if (l + 1 < mixed.layers.size())
            numbers =
                activations(mixed.network.layers[l], run_layer(layer, exact, numbers, options, 0, false).z);
    }
    return samples;
}

} // namespace

MixedNetwork build_mixed(const Network& network, std::vector<TiledLayer> tiles, double v_full,
                         const MixedReadout& readout, const Matrix<double>& calibration_inputs,
                         const SolveOptions& options) {
    require_codes(readout);
    MixedNetwork mixed{network, readout, {}};
    const std::vector<std::uint32_t> first = first_tiles(tiles);
    for (std::size_t l = 0; l < tiles.size(); ++l) {
        require_input(tiles[l], readout.input);
        const bool row_pairs = tiles[l].row_pairs;
        if (row_pairs != has_row_pairs(network, l, readout.signs))
            throw InputError(
                fmt::format("layer {} of the plan has {} rows for each input, but its read-out {}: "
                            "make the plan with the read-out's signs",
                            l, row_pairs ? 2 : 1, row_pairs ? 1 : 2));
        mixed.layers.push_back(begin_layer(layer_of_rows(network.layers[l], row_pairs), std::move(tiles[l]),
                                           readout, v_full, first[l]));
        MixedLayer& layer = mixed.layers.back();
        if (!row_pairs && has_signed_inputs(network, l)) layer.coding.signs = readout.signs;
        layer.relu = l + 1 < tiles.size() && network.layers[l].activation == Activation::relu;
    }
    const std::vector<std::vector<TileSamples>> samples = sample_network(mixed, calibration_inputs, options);
    if (!readout.adc) return mixed;
    const auto ranges = set_ranges(readout, samples);
    Matrix<double> numbers = calibration_inputs;
    for (std::size_t l = 0; l < mixed.layers.size(); ++l) {
        MixedLayer& layer = mixed.layers[l];
        attach_converters(layer, readout, ranges[l], sample_layer(layer, numbers, options), first[l]);
        if (l + 1 < mixed.layers.size())
            numbers = activations(network.layers[l], run_layer(layer, readout, numbers, options, 0, false).z);
    }
    return mixed;
}

MixedNetwork build_mixed(const Network& network, const Plan& plan, const NetworkCircuit& circuit,
                         const MixedReadout& readout, const Matrix<double>& calibration_inputs,
                         const SolveOptions& options, bool power) {
    return build_mixed(network, resistive_tiles(network, plan, circuit, options, power),
                       circuit.neuron.v_supply, readout, calibration_inputs, options);
}

std::vector<Matrix<double>> row_voltages(const MixedNetwork& mixed, const Matrix<double>& inputs,
                                         const SolveOptions& options) {
    std::vector<Matrix<double>> voltages;
    Matrix<double> numbers = inputs;
    for (std::size_t l = 0; l < mixed.layers.size(); ++l) {
        voltages.push_back(row_numbers(mixed.layers[l], numbers));
        for (double& v : voltages.back().values()) v = mixed.layers[l].coding.v_full * std::max(v, 0.0);
        if (l + 1 < mixed.layers.size()) {
            numbers = activations(mixed.network.layers[l],
                                  run_layer(mixed.layers[l], mixed.readout, numbers, options, 0, false).z);
        }
    }
    return voltages;
}

MixedInference infer_mixed(const MixedNetwork& mixed, const Matrix<double>& inputs,
                           const SolveOptions& options, bool power) {
    MixedInference result;
    Matrix<double> numbers = inputs;
    for (std::size_t l = 0; l < mixed.layers.size(); ++l) {
        MixedSignals signals = run_layer(mixed.layers[l], mixed.readout, numbers, options, 0, power);
        result.power += signals.power;
        result.charging += signals.charging;
        result.residual = std::max(result.residual, signals.residual);
        result.converged = result.converged && signals.converged;
        result.engine = signals.engine;
        Matrix<double> z = std::exchange(signals.z, {});
        if (power)
            result.product_error.push_back(
                relative_error(z, weighted_sums(mixed.network.layers[l], numbers)));
        result.layers.push_back(std::move(signals));
        if (l + 1 < mixed.layers.size()) {
            numbers = activations(mixed.network.layers[l], std::move(z));
        } else {
            result.outputs = std::move(z);
        }
    }
    result.classes = largest_output(result.outputs);
    return result;
}

} // namespace ohmloom
