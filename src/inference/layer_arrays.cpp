#include "inference/layer_arrays.hpp"

#include "base/parallel.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ohmloom {

bool LayerArrays::is_linear() const {
    return std::ranges::all_of(crossbars, [](const Crossbar& c) { return ohmloom::is_linear(c.cell); });
}

std::vector<StagePort> LayerArrays::stages_of(std::size_t tile) const {
    const Crossbar& crossbar = crossbars[tile];
    return stage_ports(stage, crossbar.sites(), crossbar.lines_per_site,
                       first_tile + static_cast<std::uint32_t>(tile));
}

LayerArrays single_tile(const LayerArrays& layer, std::size_t tile) {
    const Tile& place = layer.tiles[tile];
    LayerArrays alone;
    alone.partition = {1, 1};
    alone.rows = place.inputs.size();
    alone.outputs = place.outputs.size();
    alone.stage = layer.stage;
    alone.first_tile = layer.first_tile + static_cast<std::uint32_t>(tile);
    alone.tiles = {{{0, alone.rows}, {0, alone.outputs}}};
    alone.crossbars = {layer.crossbars[tile]};
    alone.scale = {layer.scale[tile]};
    if (!layer.tables.empty()) alone.tables = {layer.tables[tile]};
    alone.shared = layer.shared;
    return alone;
}

LayerArrays build_layer(const LayerPlan& layer, const ArrayCircuit& circuit, const DeviceUse& devices,
                        std::uint32_t first_tile, const std::shared_ptr<ResultCache>& shared) {
    LayerArrays arrays;
    arrays.partition = layer.partition;
    arrays.rows = layer.rows();
    arrays.outputs = layer.outputs();
    arrays.stage = circuit.stage;
    arrays.first_tile = first_tile;
    arrays.tiles = layer.tiles;
    arrays.crossbars.resize(layer.tiles.size());
    arrays.scale.assign(layer.tiles.size(), 1.0);
    arrays.shared = shared;
    const std::string programming = devices.model && shared ? programming_name(devices) : "";
    std::vector<ConductanceError> errors(layer.tiles.size());
    parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        const std::uint32_t number = first_tile + static_cast<std::uint32_t>(t);
        Crossbar crossbar = build_tile(layer, layer.tiles[at], circuit, number);
        if (devices.model != nullptr) {
            const auto programmed = program_tile(crossbar.g, devices, programming, number, shared);
            errors[at] = programmed->error;
            if (devices.compensate_drift) arrays.scale[at] = programmed->drift_compensation;
            crossbar.cell = programmed->cell;
            crossbar.g = programmed->g;
            crossbar.shape = programmed->shape;
        }
        arrays.crossbars[at] = std::move(crossbar);
    });
    arrays.error = join_errors(errors);
    return arrays;
}

} // namespace ohmloom
