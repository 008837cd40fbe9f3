#include "study/run_stages.hpp"

#include "base/errors.hpp"
#include "inference/inference.hpp"
#include "inference/tile_table.hpp"
#include "study/shared_inputs.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace ohmloom {

namespace {

/// A tile of one pair of cells: stands for all that surrounds the cells of a layer.
LayerPlan single_pair() {
    LayerPlan layer;
    layer.partition = {1, 1};
    layer.conductances = {Matrix<double>(1, 1, 1e-5), Matrix<double>(1, 1, 1e-5)};
    layer.tiles = {{{0, 1}, {0, 1}}};
    return layer;
}

/// Names wires, drivers, stages and the law of a layer's cells.
std::string surroundings_name(const ArrayCircuit& circuit, const DeviceUse& devices,
                              std::uint32_t first_tile) {
    LayerArrays probe = build_layer(single_pair(), circuit, {}, first_tile);
    Crossbar& crossbar = probe.crossbars.front();
    if (devices.model) crossbar.cell = devices.model->law(devices.programming.read.temperature);
    return tile_fingerprint(crossbar, probe.stages_of(0));
}

/// Names the conductances that a layer is asked for.
std::string targets_name(const Study& study, const StudyDevice& device, const std::string& network,
                         std::size_t layer, const LayerPartition& partition) {
    const Polarity polarity = study.mixed ? Polarity::direct : polarity_for(study.neuron);
    const int signs = study.mixed ? static_cast<int>(study.mixed->signs) : -1;
    return fmt::format("{} layer {} {}x{} {} {} {} {}", network, layer, partition.horizontal,
                       partition.vertical, device.window.g_min, device.window.g_max,
                       static_cast<int>(polarity), signs);
}

bool is_solved_once(const Study& study, const DeviceUse& devices) {
    if (study.charge) return false;
    return !devices.model || is_linear(devices.model->law(devices.programming.read.temperature));
}

void add_layers(const Study& study, const StudyDevice& device, const std::string& network,
                const std::vector<LayerPartition>& partitions, const std::vector<double>& gain,
                RunStages& stages) {
    const DeviceUse& devices = device.use;
    const bool once = is_solved_once(study, devices);
    const std::string programming = devices.model ? programming_name(devices) : "";
    std::uint32_t first_tile = 0;
    for (std::size_t l = 0; l < partitions.size(); ++l) {
        std::string cells = targets_name(study, device, network, l, partitions[l]);
        if (devices.model && !study.charge) {
            cells += fmt::format(" tile {} {}", first_tile, programming);
            stages.programmed.push_back(cells);
            const bool scaled = devices.compensate_drift && !study.mixed; // else made up for in codes
            cells += fmt::format(" {} {}", reading_name(devices), scaled);
        }
        if (once) {
            ArrayCircuit circuit = study.array;
            circuit.stage.gain = gain[l];
            stages.solved.push_back(
                fmt::format("{} {} {} {}", cells, surroundings_name(circuit, devices, first_tile),
                            static_cast<int>(study.solver.engine), study.solver.tolerance));
        } else {
            ++stages.solved_by_image;
        }
        first_tile += static_cast<std::uint32_t>(partitions[l].horizontal * partitions[l].vertical);
    }
}

} // namespace

RunStages run_stages(const Study& study) {
    RunStages stages;
    stages.data_sets.push_back(study.data_set);
    if (study.mixed && study.calibration_set != study.data_set)
        stages.data_sets.push_back(study.calibration_set);
    for (const StudyDevice& device : study.devices) {
        for (const Scheme& scheme : study.schemes) {
            const auto network = shared_network_of(study, scheme);
            const std::vector<LayerPartition> partitions = partitions_of(study, scheme, *network);
            const std::vector<double> gain = circuit_of(study, *network).gain;
            if (partitions.size() != network->layers.size() || gain.size() != partitions.size())
                throw InputError(fmt::format("{}: {} partitions and {} gains for {} layers",
                                             scheme.network.string(), partitions.size(), gain.size(),
                                             network->layers.size()));
            stages.networks.push_back(scheme.network.string());
            std::string laid_out = scheme.network.string();
            for (const LayerPartition& p : partitions)
                laid_out += fmt::format(" {}x{}", p.horizontal, p.vertical);
            stages.partitions.push_back(std::move(laid_out));
            add_layers(study, device, scheme.network.string(), partitions, gain, stages);
        }
    }
    return stages;
}

} // namespace ohmloom
