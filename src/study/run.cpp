#include "study/run.hpp"

#include "base/errors.hpp"
#include "inference/analog_neurons.hpp"
#include "inference/charging.hpp"
#include "inference/sampled_inference.hpp"
#include "inference/software.hpp"
#include "network/dataset.hpp"
#include "study/calibration_images.hpp"
#include "study/shared_inputs.hpp"

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
    circuit.tables = nullptr;
    return infer(build_network(plan, circuit), circuit.neuron, inputs, options, false).classes;
}

/// Classes with the same circuit but ohmic cells that have exactly what the plan asks for.
std::vector<std::uint8_t> classify_with_ideal_devices(const Plan& plan, NetworkCircuit circuit,
                                                      const Matrix<double>& inputs,
                                                      const SolveOptions& options) {
    circuit.devices = {};
    circuit.tables = nullptr;
    return infer(build_network(plan, circuit), circuit.neuron, inputs, options, false).classes;
}

ConductanceError conductance_error_of(std::span<const LayerArrays> layers) {
    std::vector<ConductanceError> errors;
    for (const LayerArrays& layer : layers) errors.push_back(layer.error);
    return join_errors(errors);
}

std::vector<double> drift_factors(std::span<const LayerArrays> layers) {
    std::vector<double> factors;
    for (const LayerArrays& layer : layers)
        factors.insert(factors.end(), layer.scale.begin(), layer.scale.end());
    return factors;
}

DriftCompensation drift_compensation_of(const std::vector<double>& factors) {
    const auto [least, greatest] = std::ranges::minmax(factors);
    return {std::accumulate(factors.begin(), factors.end(), 0.0) / static_cast<double>(factors.size()), least,
            greatest};
}

void require_linear(std::span<const LayerArrays> layers, const std::string& device) {
    if (std::ranges::all_of(layers, &LayerArrays::is_linear)) return;
    throw InputError(fmt::format(
        "timing.images needs linear cells, but device '{}' has others: give \"settled\", or a device "
        "of linear cells",
        device));
}

/// Reads every image at the end of its sampling time, settled or not, in the place of what the settled circuit gives.
void read_in_time(const Study& study, std::span<const LayerArrays> layers, const Neuron& neuron,
                  const Matrix<double>& inputs, std::span<const std::uint8_t> labels, RunPoint& point) {
    const StudyTiming& timing = study.timing;
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
    point.energy += point.charging;
}

/// Energy per image that charging takes, all layers together, whatever the sampling time. [J]
double charging_of(const Study& study, std::span<const LayerArrays> layers, const Neuron& neuron,
                   const Matrix<double>& inputs) {
    const std::vector<Matrix<double>> v = row_voltages(layers, neuron, inputs, study.solver);
    double energy = 0.0;
    for (std::size_t l = 0; l < layers.size(); ++l)
        energy += charging_energy(charging_form(layers[l], study.solver), v[l], *study.timing.sequence);
    return energy;
}

/// What the circuits of a scheme give, in time or not.
struct SchemeOutcome {
    RunPoint point;
    std::vector<LayerArrays> layers;    ///< of an analog network
    std::vector<MixedCost> costs;       ///< of a mixed-signal one, for each sampling time
    std::vector<double> charging_power; ///< likewise [W]
};

/// A network with converters around every tile.
void run_converters(const Study& study, const StudyDevice& device, const Network& network,
                    const Matrix<double>& calibration, const Matrix<double>& inputs,
                    std::span<const std::uint8_t> labels, CrossCheckOptions check,
                    std::span<const CheckedPair> maps, SchemeOutcome& outcome) {
    RunPoint& point = outcome.point;
    check.seed = study.seed;
    MixedRun run =
        run_mixed(study, device, network, point.partitions, inputs, calibration, labels, check, maps);
    point.check = run.check;
    point.maps = std::move(run.maps);
    const MixedInference& inference = run.inference;
    point.accuracy = measure_accuracy(inference.classes, labels);
    point.accuracy_ideal_wires = run.figures.accuracy_without_wires;
    point.accuracy_ideal_devices = run.figures.accuracy_without_devices;
    point.tables = run.tables;
    point.conductance = join_errors(run.conductance);
    point.drift = drift_compensation_of(run.drift_factors);
    point.power = inference.power;
    point.residual_max = inference.residual;
    point.converged = inference.converged && inference.residual <= study.solver.tolerance;
    point.engine = inference.engine;
    point.classes = std::move(run.inference.classes);
    point.mixed = std::move(run.figures);
    outcome.costs = std::move(run.costs);
    outcome.charging_power = std::move(run.charging_power);
}

/// Accuracies of the same network without what its wires, or its devices, add.
void compare_with_ideals(const Study& study, const NetworkCircuit& circuit, const Plan& plan,
                         const Matrix<double>& inputs, std::span<const std::uint8_t> labels,
                         RunPoint& point) {
    point.accuracy_ideal_wires =
        measure_accuracy(classify_with_ideal_wires(plan, circuit, inputs, study.solver), labels).value;
    point.accuracy_ideal_devices =
        point.ideal_devices
            ? point.accuracy.value
            : measure_accuracy(classify_with_ideal_devices(plan, circuit, inputs, study.solver), labels)
                  .value;
}

/// A network whose partitions are joined as voltages.
void run_analog(const Study& study, const NetworkCircuit& circuit, const Plan& plan,
                const Matrix<double>& inputs, std::span<const std::uint8_t> labels, CrossCheckOptions check,
                std::span<const CheckedPair> maps, SchemeOutcome& outcome) {
    RunPoint& point = outcome.point;
    outcome.layers = build_network(plan, circuit);
    point.conductance = conductance_error_of(outcome.layers);
    point.drift = drift_compensation_of(drift_factors(outcome.layers));
    AnalogInference analog = infer(outcome.layers, circuit.neuron, inputs, study.solver);
    point.accuracy = measure_accuracy(analog.classes, labels);
    if (!circuit.tables && study.comparisons)
        compare_with_ideals(study, circuit, plan, inputs, labels, point);
    point.power = analog.power;
    point.residual_max = analog.residual;
    point.converged = analog.converged && analog.residual <= study.solver.tolerance;
    point.engine = analog.engine;
    point.classes = std::move(analog.classes);
    if (circuit.tables) point.tables = tables_used(*circuit.tables, outcome.layers);
    check.seed = study.seed;
    const auto voltages_of = [&](const Matrix<double>& drawn) {
        return row_voltages(outcome.layers, circuit.neuron, drawn, study.solver);
    };
    point.check = cross_check(circuits_of(plan, circuit), voltages_of, inputs, study.solver, check);
    point.maps = map_tiles(plan, circuit, maps, voltages_of, inputs, study.solver);
}

/// The points of a scheme, one per sampling time.
std::vector<RunPoint> run_scheme(const Study& study, const StudyDevice& device, const Scheme& scheme,
                                 const DataSet& data, Index images, const CrossCheckOptions& check,
                                 std::span<const CheckedPair> maps) {
    auto started = std::chrono::steady_clock::now();
    const auto shared_network = shared_network_of(study, scheme);
    const Network& network = *shared_network;
    if (!study.mixed) require_neurons_for(network, study.neuron);
    const auto shared_inputs = shared_inputs_of(study, scheme, network, data, images);
    const Matrix<double>& inputs = *shared_inputs;
    const auto labels = std::span(data.labels).first(static_cast<std::size_t>(images));

    SchemeOutcome outcome;
    RunPoint& point = outcome.point;
    point.network = network.name;
    point.network_training = network.training;
    point.partitions = partitions_of(study, scheme, network);
    NetworkCircuit circuit = circuit_of(study, network);
    circuit.devices = device.use;
    point.device = device.name;
    point.ideal_devices = device.use.model == nullptr;
    point.read_time = device.use.programming.read.time;
    point.temperature = device.use.programming.read.temperature;
    point.gain = circuit.gain;
    for (const LayerPartition& partition : point.partitions)
        point.tiles += partition.horizontal * partition.vertical;
    point.accuracy_software = shared_software_accuracy(study, scheme, network, inputs, labels);
    if (study.mixed) {
        run_converters(study, device, network,
                       calibration_inputs(study, data, network, study.calibration_images), inputs, labels,
                       check, maps, outcome);
    } else {
        const Plan plan = make_plan(network, point.partitions, device.window, polarity_for(study.neuron));
        run_analog(study, circuit, plan, inputs, labels, check, maps, outcome);
    }
    point.accuracy_settled = point.accuracy.value;
    if (study.timing.sequence) {
        require_linear(outcome.layers, point.device);
        point.charging = charging_of(study, outcome.layers, circuit.neuron, inputs);
    }

    std::vector<RunPoint> points;
    for (std::size_t s = 0; s < study.timing.samples.size(); ++s) {
        points.push_back(point);
        point.maps.clear(); // what has settled is the same for all sampling times
        RunPoint& sampled = points.back();
        sampled.sample_time = study.timing.samples[s];
        sampled.energy = point.power.total() * sampled.sample_time;
        if (sampled.mixed) {
            sampled.mixed->cost = outcome.costs[s];
            sampled.power.capacitors = outcome.charging_power[s];
            sampled.energy = outcome.costs[s].total().energy;
        }
        if (study.timing.sequence)
            read_in_time(study, outcome.layers, circuit.neuron, inputs, labels, sampled);
        const auto now = std::chrono::steady_clock::now();
        sampled.wall_time = std::chrono::duration<double>(now - std::exchange(started, now)).count();
    }
    return points;
}

/// Refuses, before the work is done, tiles that no scheme has, and images that are not run.
void require_maps(const Study& study, std::span<const CheckedPair> maps, Index images) {
    if (maps.empty()) return;
    if (study.charge)
        throw InputError(
            "maps are of node voltages and cell currents, which arrays that compute in charge do not "
            "have: leave them out");
    std::vector<std::vector<Index>> tiles; // of every scheme, in every layer
    for (const Scheme& scheme : study.schemes) {
        tiles.emplace_back();
        for (const LayerPartition& p : partitions_of(study, scheme, read_network(scheme.network)))
            tiles.back().push_back(p.horizontal * p.vertical);
    }
    for (const CheckedPair& map : maps) {
        const auto has = [&](const std::vector<Index>& of_layer) {
            return map.layer < static_cast<Index>(of_layer.size()) &&
                   map.tile < of_layer[static_cast<std::size_t>(map.layer)];
        };
        if (std::ranges::none_of(tiles, has))
            throw InputError(
                fmt::format("a map of layer {}, tile {} is asked for, but no scheme has that tile: "
                            "layers and tiles within a layer count from 0",
                            map.layer, map.tile));
        if (map.image >= images)
            throw InputError(fmt::format(
                "a map for image {} is asked for, but {} images are run, counted from 0", map.image, images));
    }
}

} // namespace

RunResult run_study(const Study& study, Index images, const Progress& progress,
                    const CrossCheckOptions& check, std::span<const CheckedPair> maps) {
    if (study.tables && study.charge)
        throw InputError(
            "tables stand for resistive tiles, but the study's arrays compute in charge: leave tables out");
    const auto shared_data = shared_data_set(study, study.data_set);
    const DataSet& data = *shared_data;
    RunResult result{study, image_count(study, images, data), {}, {}};
    result.labels.assign(data.labels.begin(), data.labels.begin() + result.images);
    require_maps(study, maps, result.images);
    const long total = static_cast<long>(study.devices.size() * study.schemes.size());
    long done = 0;
    for (const StudyDevice& device : study.devices) {
        for (const Scheme& scheme : study.schemes) {
            if (progress) progress("partition schemes", done++, total);
            for (RunPoint& point : run_scheme(study, device, scheme, data, result.images, check, maps))
                result.points.push_back(std::move(point));
        }
    }
    if (progress) progress("partition schemes", total, total);
    return result;
}

} // namespace ohmloom
