#include "study/run.hpp"

#include "base/errors.hpp"
#include "inference/charging.hpp"
#include "inference/sampled_inference.hpp"
#include "inference/software.hpp"
#include "network/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

Index image_count(const Study& study, Index asked, const DataSet& data) {
    const Index wanted = asked > 0 ? asked : study.images;
    if (wanted > data.count()) {
        throw InputError(fmt::format("{} images are asked for, but data set '{}' has {}", wanted, data.name,
                                     data.count()));
    }
    return wanted > 0 ? wanted : data.count();
}

/// Classes with the same circuit and devices but wires and drivers without resistance.
std::vector<std::uint8_t> classify_with_ideal_wires(const Plan& plan, NetworkCircuit circuit,
                                                    const Matrix<double>& inputs,
                                                    const SolveOptions& options) {
    circuit.array.r_row = circuit.array.r_col = circuit.array.r_source = 0.0;
    return infer(build_network(plan, circuit), circuit.neuron, inputs, options, false).classes;
}

/// Classes with the same circuit but ohmic cells that have exactly what the plan asks for.
std::vector<std::uint8_t> classify_with_ideal_devices(const Plan& plan, NetworkCircuit circuit,
                                                      const Matrix<double>& inputs,
                                                      const SolveOptions& options) {
    circuit.devices = {};
    return infer(solve_network(plan, circuit, options), circuit.neuron, inputs).classes;
}

ConductanceError conductance_error_of(std::span<const LayerArrays> layers) {
    std::vector<ConductanceError> errors;
    for (const LayerArrays& layer : layers) errors.push_back(layer.error);
    return join_errors(errors);
}

DriftCompensation drift_compensation_of(std::span<const LayerArrays> layers) {
    std::vector<double> factors;
    for (const LayerArrays& layer : layers)
        factors.insert(factors.end(), layer.scale.begin(), layer.scale.end());
    const auto [least, greatest] = std::ranges::minmax(factors);
    return {std::accumulate(factors.begin(), factors.end(), 0.0) / static_cast<double>(factors.size()), least,
            greatest};
}

/// Reads every image at the end of its sampling time, settled or not, in the place of what the settled circuit gives.
void read_in_time(const Study& study, std::span<const LayerArrays> layers, const Neuron& neuron,
                  const Matrix<double>& inputs, std::span<const std::uint8_t> labels, RunPoint& point) {
    const StudyTiming& timing = study.timing;
    for (const LayerArrays& layer : layers) {
        if (!layer.is_linear())
            throw InputError(fmt::format(
                "timing.images needs linear cells, but device '{}' has others: give \"settled\", or a device "
                "of linear cells",
                point.device));
    }
    const double step = point.sample_time / static_cast<double>(timing.instants);
    std::vector<LayerSettling> settling;
    settling.reserve(layers.size());
    for (const LayerArrays& layer : layers) {
        settling.push_back(settle_layer(layer, timing.amplifier, step, timing.instants * timing.memory));
        point.settling.push_back(settling.back().settling_time());
        point.residual_max = std::max(point.residual_max, settling.back().residual);
        constexpr double map_tolerance = 1e-6; // of settle_layer()
        point.converged = point.converged && settling.back().residual <= map_tolerance;
    }
    SampledInference sampled = infer_sampled(settling, neuron, inputs, timing.instants, *timing.sequence);
    point.classes = std::move(sampled.classes);
    point.accuracy = measure_accuracy(point.classes, labels);
    const std::vector<Matrix<double>> v = row_voltages(layers, neuron, inputs, study.solver);
    for (std::size_t l = 0; l < layers.size(); ++l)
        point.charging += charging_energy(layers[l], v[l], *timing.sequence);
    point.energy += point.charging;
}

/// The points of a scheme, one per sampling time.
std::vector<RunPoint> run_scheme(const Study& study, const StudyDevice& device, const Scheme& scheme,
                                 const DataSet& data, Index images, CrossCheckOptions check) {
    auto started = std::chrono::steady_clock::now();
    const Network network = read_network(scheme.network);
    const Matrix<double> inputs = encode_inputs(data, network.input, 0, images);
    const auto labels = std::span(data.labels).first(static_cast<std::size_t>(images));

    RunPoint point;
    point.network = network.name;
    point.network_training = network.training;
    point.partitions = partitions_of(study, scheme, network);
    const Plan plan = make_plan(network, point.partitions, device.window, polarity_for(study.neuron));
    NetworkCircuit circuit = circuit_of(study, network);
    circuit.devices = device.use;
    point.device = device.name;
    point.ideal_devices = device.use.model == nullptr;
    point.read_time = device.use.programming.read.time;
    point.temperature = device.use.programming.read.temperature;
    point.gain = circuit.gain;
    point.tiles = plan.tile_count();

    const std::vector<LayerArrays> layers = build_network(plan, circuit);
    point.conductance = conductance_error_of(layers);
    point.drift = drift_compensation_of(layers);
    AnalogInference analog = infer(layers, circuit.neuron, inputs, study.solver);
    point.accuracy = measure_accuracy(analog.classes, labels);
    point.accuracy_ideal_wires =
        measure_accuracy(classify_with_ideal_wires(plan, circuit, inputs, study.solver), labels).value;
    point.accuracy_ideal_devices =
        point.ideal_devices
            ? point.accuracy.value
            : measure_accuracy(classify_with_ideal_devices(plan, circuit, inputs, study.solver), labels)
                  .value;
    point.accuracy_software = measure_accuracy(classify_in_software(network, inputs), labels).value;
    point.power = analog.power;
    point.residual_max = analog.residual;
    point.converged = analog.converged && analog.residual <= study.solver.tolerance;
    point.engine = analog.engine;
    point.classes = std::move(analog.classes);
    point.accuracy_settled = point.accuracy.value;
    check.seed = study.seed;
    point.check = cross_check(layers, circuit.neuron, inputs, study.solver, check);
    std::vector<RunPoint> points;
    for (const double sample : study.timing.samples) {
        points.push_back(point);
        points.back().sample_time = sample;
        points.back().energy = point.power.total() * sample;
        if (study.timing.sequence) read_in_time(study, layers, circuit.neuron, inputs, labels, points.back());
        const auto now = std::chrono::steady_clock::now();
        points.back().wall_time = std::chrono::duration<double>(now - std::exchange(started, now)).count();
    }
    return points;
}

} // namespace

RunResult run_study(const Study& study, Index images, const Progress& progress,
                    const CrossCheckOptions& check) {
    const std::filesystem::path folder = study.file.parent_path();
    const std::vector<std::filesystem::path> search{folder};
    const DataSet data = read_dataset(study.data_set, search);
    RunResult result{study, image_count(study, images, data), {}, {}};
    result.labels.assign(data.labels.begin(), data.labels.begin() + result.images);
    const long total = static_cast<long>(study.devices.size() * study.schemes.size());
    long done = 0;
    for (const StudyDevice& device : study.devices) {
        for (const Scheme& scheme : study.schemes) {
            if (progress) progress("partition schemes", done++, total);
            for (RunPoint& point : run_scheme(study, device, scheme, data, result.images, check))
                result.points.push_back(std::move(point));
        }
    }
    if (progress) progress("partition schemes", total, total);
    return result;
}

} // namespace ohmloom
