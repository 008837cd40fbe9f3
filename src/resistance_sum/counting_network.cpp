#include "resistance_sum/counting_network.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

Index ceil_divide(Index a, Index b) {
    return (a + b - 1) / b;
}

void require_binary(const Network& network) {
    const auto require = [&](bool holds, const std::string& what) {
        if (!holds) {
            throw InputError(fmt::format("network '{}' {}: series columns count where inputs of -1 and 1 "
                                         "agree with such weights",
                                         network.name, what));
        }
    };
    require(network.weight_kind == WeightKind::binary,
            "has no binary weights (ohmloom train --weights binary)");
    require(network.input.binarise, "has grey inputs (ohmloom train --inputs binary)");
    for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) {
        require(network.layers[l].activation == Activation::sign,
                fmt::format("hands on numbers of a {} from layer_{} (ohmloom train --activation sign)",
                            to_string(network.layers[l].activation), l));
    }
}

/// Inputs 0 and 1 as signs.
Matrix<double> first_signs(const Network& network, Matrix<double> inputs) {
    if (inputs.cols() != network.layers.front().inputs() || inputs.rows() < 1) {
        throw InputError(fmt::format("network '{}' has {} inputs, but gets {} images of {}", network.name,
                                     network.layers.front().inputs(), inputs.rows(), inputs.cols()));
    }
    for (double& sign : inputs.values()) sign = 2.0 * sign - 1.0;
    return inputs;
}

/// Cells of a part without an input of their own: weight +1, and every other one mismatched.
Index spare_mismatches(Index cells, Index used) {
    return (cells - used) / 2;
}

Signs part_weights(const DenseLayer& layer, Index first, Index used, Index cells) {
    Signs weights(layer.outputs(), cells, std::int8_t{1});
    for (Index o = 0; o < layer.outputs(); ++o) {
        for (Index r = 0; r < used; ++r) weights(o, r) = layer.weights(o, first + r) < 0.0 ? -1 : 1;
    }
    return weights;
}

Signs part_inputs(const Matrix<double>& signs, Index first, Index used, Index cells) {
    Signs inputs(signs.rows(), cells, std::int8_t{1});
    for (Index k = 0; k < signs.rows(); ++k) {
        for (Index r = 0; r < used; ++r) inputs(k, r) = signs(k, first + r) < 0.0 ? -1 : 1;
        for (Index r = used; r < used + spare_mismatches(cells, used); ++r) inputs(k, r) = -1;
    }
    return inputs;
}

/// Mismatches of every vector with every column.
Matrix<double> exact_mismatches(const Signs& weights, const Signs& inputs) {
    const auto numbers = [](const Signs& signs) {
        return Matrix<double>(signs.rows(), signs.cols(),
                              std::vector<double>(signs.values().begin(), signs.values().end()));
    };
    Matrix<double> counts = multiply_transposed(numbers(inputs), numbers(weights));
    for (double& count : counts.values()) count = 0.5 * (static_cast<double>(inputs.cols()) - count);
    return counts;
}

/// Sums over the readings of one layer.
struct Tally {
    double squares = 0.0, raw_squares = 0.0, distance = 0.0, beyond = 0.0, time = 0.0, count = 0.0;
};

/// What a layer makes of sums of signs: of inputs 0 and 1 half of it and of the weights' sum; bias and normalisation.
Matrix<double> layer_outputs(const Network& network, std::size_t l, const Matrix<double>& sums) {
    const DenseLayer& layer = network.layers[l];
    const bool hidden = l + 1 < network.layers.size();
    Matrix<double> outputs(sums.rows(), sums.cols());
    for (Index o = 0; o < sums.cols(); ++o) {
        const auto weights = layer.weights.row(o);
        const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
        const double bias = layer.bias[static_cast<std::size_t>(o)];
        for (Index k = 0; k < sums.rows(); ++k) {
            const double z = l == 0 ? 0.5 * (sums(k, o) + weight_sum) : sums(k, o);
            const double y = normalised(layer, o, z + bias);
            outputs(k, o) = hidden ? activate(layer, y) : y;
        }
    }
    return outputs;
}

Index largest(std::span<const double> row) {
    return std::max_element(row.begin(), row.end()) - row.begin();
}

/// Part of the outputs that differ: signs, or of the last layer the class.
double changed_part(const Matrix<double>& found, const Matrix<double>& exact, bool is_last) {
    Index changed = 0;
    if (is_last) {
        for (Index k = 0; k < found.rows(); ++k)
            changed += largest(found.row(k)) != largest(exact.row(k)) ? 1 : 0;
        return static_cast<double>(changed) / static_cast<double>(found.rows());
    }
    for (std::size_t k = 0; k < found.values().size(); ++k)
        changed += found.values()[k] != exact.values()[k] ? 1 : 0;
    return static_cast<double>(changed) / static_cast<double>(found.size());
}

CountingLayer build_layer(const ColumnDischarge& discharge, const CountingCircuit& circuit,
                          const DenseLayer& layer, std::uint32_t first_tile, const Matrix<double>& known) {
    const Index parts = ceil_divide(layer.inputs(), circuit.cells);
    CountingLayer built;
    for (Index p = 0; p <= parts; ++p) built.first_input.push_back(p * layer.inputs() / parts);
    for (Index p = 0; p < parts; ++p) {
        const Index first = built.first_input[static_cast<std::size_t>(p)];
        const Index used = built.first_input[static_cast<std::size_t>(p + 1)] - first;
        built.parts.push_back(make_counting_array(
            discharge, circuit.readout, part_weights(layer, first, used, circuit.cells), circuit.seed,
            first_tile + static_cast<std::uint32_t>(p), part_inputs(known, first, used, circuit.cells)));
    }
    return built;
}

/// A layer's sums of signs [images x outputs], as read and as they are.
struct LayerRun {
    Matrix<double> read, exact;
    Tally tally;
};

/// Reads one part of a layer and adds it to the sums.
void read_part(const CountingNetwork& counting, std::size_t l, std::size_t p, const Matrix<double>& signs,
               LayerRun& run) {
    const CountingLayer& layer = counting.layers[l];
    const CountingArray& part = layer.parts[p];
    const Index cells = counting.circuit.cells, first = layer.first_input[p];
    const Index used = layer.first_input[p + 1] - first;
    const Signs inputs = part_inputs(signs, first, used, cells);
    const Matrix<double> times = counting.discharge.crossing_times(part.array, inputs);
    const Matrix<std::int32_t> codes = part.counters.convert(times);
    const Matrix<double> counts = part.mismatches.apply(codes);
    const Matrix<double> true_counts = exact_mismatches(part.array.weights, inputs);
    const auto spare = static_cast<double>(spare_mismatches(cells, used));
    const std::int32_t last = part.counters.highest_code();
    for (std::size_t k = 0; k < counts.values().size(); ++k) {
        const double count = counts.values()[k], truth = true_counts.values()[k];
        const std::int32_t code = codes.values()[k];
        const auto column = static_cast<Index>(k) % counts.cols();
        const double raw_error = part.nominal.value(column, code) - truth;
        run.read.values()[k] += static_cast<double>(used) - 2.0 * (count - spare);
        run.exact.values()[k] += static_cast<double>(used) - 2.0 * (truth - spare);
        run.tally.squares += (count - truth) * (count - truth);
        run.tally.raw_squares += raw_error * raw_error;
        run.tally.distance += count - truth;
        run.tally.beyond += code == 0 || code == last ? 1.0 : 0.0;
        run.tally.time += times.values()[k];
    }
    run.tally.count += static_cast<double>(counts.size());
}

CountingLayerReport report_of(const CountingNetwork& counting, std::size_t l, const Tally& tally) {
    const CountingCircuit& circuit = counting.circuit;
    const auto parts = static_cast<Index>(counting.layers[l].parts.size());
    const Index outputs = counting.network.layers[l].outputs();
    const std::vector<double> middle(static_cast<std::size_t>(circuit.cells),
                                     0.5 * (circuit.column.low.mean + circuit.column.high.mean));
    const DischargeModes modes = discharge_modes(circuit.column, middle);
    const double v_squared = circuit.column.precharge * circuit.column.precharge;
    const double capacitance = std::accumulate(modes.charge.begin(), modes.charge.end(), 0.0);
    const auto per_image = static_cast<double>(parts * outputs);
    CountingLayerReport report;
    report.parts = parts;
    report.arrays = parts * ceil_divide(outputs, circuit.columns);
    report.readings = static_cast<Index>(tally.count);
    report.count_rms = std::sqrt(tally.squares / tally.count);
    report.raw_rms = std::sqrt(tally.raw_squares / tally.count);
    report.count_mean = tally.distance / tally.count;
    report.beyond = tally.beyond / tally.count;
    report.mean_time = tally.time / tally.count;
    report.read_energy = per_image * v_squared * charge_taken(modes, crossing_time(circuit.column, modes));
    report.full_energy = per_image * v_squared * capacitance;
    return report;
}

} // namespace

CountingNetwork build_counting_network(const Network& network, const CountingCircuit& circuit,
                                       const Matrix<double>& known) {
    require_binary(network);
    if (circuit.columns < 1)
        throw InputError(fmt::format("an array has {} columns: expected at least 1", circuit.columns));
    CountingNetwork counting{circuit, network, ColumnDischarge(circuit.column, circuit.cells), {}};
    std::uint32_t tile = 0;
    Matrix<double> signs = known.empty() ? known : first_signs(network, known);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const DenseLayer& layer = network.layers[l];
        counting.layers.push_back(build_layer(counting.discharge, circuit, layer, tile, signs));
        tile += static_cast<std::uint32_t>(counting.layers.back().parts.size());
        if (!known.empty()) signs = layer_outputs(network, l, multiply_transposed(signs, layer.weights));
    }
    return counting;
}

CountingInference infer_counting(const CountingNetwork& counting, const Matrix<double>& inputs,
                                 const Progress& progress) {
    const Network& network = counting.network;
    Matrix<double> signs = first_signs(network, inputs);
    CountingInference inference;
    const long steps = std::accumulate(
        counting.layers.begin(), counting.layers.end(), 0L,
        [](long sum, const CountingLayer& layer) { return sum + static_cast<long>(layer.parts.size()); });
    long done = 0;
    for (std::size_t l = 0; l < counting.layers.size(); ++l) {
        const Matrix<double> zero(signs.rows(), network.layers[l].outputs());
        LayerRun run{zero, zero, {}};
        for (std::size_t p = 0; p < counting.layers[l].parts.size(); ++p) {
            read_part(counting, l, p, signs, run);
            if (progress) progress("reading columns", ++done, steps);
        }
        inference.layers.push_back(report_of(counting, l, run.tally));
        Matrix<double> outputs = layer_outputs(network, l, run.read);
        inference.layers.back().changed =
            changed_part(outputs, layer_outputs(network, l, run.exact), l + 1 == counting.layers.size());
        signs = std::move(outputs);
    }
    inference.scores = std::move(signs);
    return inference;
}

CountingCycles counting_cycles(const CountingNetwork& counting) {
    CountingCycles cycles;
    for (std::size_t l = 0; l < counting.layers.size(); ++l) {
        const auto parts = static_cast<Index>(counting.layers[l].parts.size());
        cycles.parallel += 1;
        cycles.serial += parts * ceil_divide(counting.network.layers[l].outputs(), counting.circuit.columns);
    }
    return cycles;
}

CalibrationCost calibration_cost(const CountingNetwork& counting) {
    CalibrationCost sum;
    for (const CountingLayer& layer : counting.layers) {
        for (const CountingArray& part : layer.parts) {
            sum.conversions += part.cost.conversions;
            sum.stored_bits += part.cost.stored_bits;
            sum.area += part.cost.area;
            sum.time = std::max(sum.time, part.cost.time); // arrays at the same time
            sum.energy_per_conversion = part.cost.energy_per_conversion;
        }
    }
    return sum;
}

} // namespace ohmloom
