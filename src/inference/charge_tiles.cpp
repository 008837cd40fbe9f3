#include "inference/charge_tiles.hpp"

#include "base/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ohmloom {

namespace {

/// The part [columns x rows] of a layer's codes that a tile has.
Matrix<std::int32_t> codes_of(const ChargeWeights& weights, const Tile& place, Index columns_each) {
    Matrix<std::int32_t> codes(columns_each * place.outputs.size(), place.inputs.size());
    for (Index c = 0; c < codes.rows(); ++c) {
        const auto from = weights.codes.row(columns_each * place.outputs.begin + c);
        std::copy_n(from.begin() + place.inputs.begin, codes.cols(), codes.row(c).begin());
    }
    return codes;
}

/// Weights and bias of a layer as one matrix [outputs x rows].
Matrix<double> all_weights(const DenseLayer& rows) {
    return tile_weights(rows, {{0, rows.inputs() + 1}, {0, rows.outputs()}});
}

/// What two columns that are subtracted make of a value that adds up as squares, or each column alone.
std::vector<double> joined_rms(const std::vector<double>& columns, ChargeDrive drive) {
    if (columns_per_output(drive) == 1) return columns;
    std::vector<double> joined;
    for (std::size_t c = 0; c < columns.size(); c += 2)
        joined.push_back(std::hypot(columns[c], columns[c + 1]));
    return joined;
}

/// Mean of the columns of every output.
std::vector<double> joined_mean(const std::vector<double>& columns, ChargeDrive drive) {
    if (columns_per_output(drive) == 1) return columns;
    std::vector<double> joined;
    for (std::size_t c = 0; c < columns.size(); c += 2) joined.push_back(0.5 * (columns[c] + columns[c + 1]));
    return joined;
}

} // namespace

std::vector<ChargeLayer> charge_layers(const Network& network, std::span<const LayerPartition> partitions,
                                       const ChargeTiles& tiles, RowSigns signs) {
    require_partitions(network, partitions);
    const Index each = columns_per_output(tiles.design.drive);
    std::vector<ChargeLayer> layers;
    std::uint32_t number = 0;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        ChargeLayer layer;
        layer.partition = partitions[l];
        layer.row_pairs = has_row_pairs(network, l, signs);
        const DenseLayer rows = layer_of_rows(network.layers[l], layer.row_pairs);
        layer.weights = quantise_weights(all_weights(rows), tiles.design);
        for (const Tile& place : cut_layer(rows.inputs() + 1, rows.outputs(), partitions[l]))
            layer.tiles.push_back({place, number++, {}});
        parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
            ChargeTile& tile = layer.tiles[static_cast<std::size_t>(t)];
            tile.array = make_charge_array(tiles.design, codes_of(layer.weights, tile.place, each),
                                           tiles.seed, tile.number);
        });
        layers.push_back(std::move(layer));
    }
    return layers;
}

LayerResponse output_map(const ChargeResponse& response, ChargeDrive drive) {
    LayerResponse map;
    map.charging = response.energy;
    if (columns_per_output(drive) == 1) {
        map.transfer = response.transfer;
        map.offset = response.offset;
        return map;
    }
    const Index outputs = response.transfer.rows() / 2;
    map.transfer = Matrix<double>(outputs, response.transfer.cols());
    for (Index o = 0; o < outputs; ++o) {
        std::ranges::transform(response.transfer.row(2 * o), response.transfer.row(2 * o + 1),
                               map.transfer.row(o).begin(), std::minus<>());
        const auto plus = static_cast<std::size_t>(2 * o);
        map.offset.push_back(response.offset[plus] - response.offset[plus + 1]);
    }
    return map;
}

std::vector<TiledLayer> charge_tiles(std::span<const ChargeLayer> layers, const ChargeTiles& tiles,
                                     bool power) {
    const ChargeDrive drive = tiles.design.drive;
    std::map<Index, double> gains; // by the number of rows, of which there are few
    for (const ChargeLayer& layer : layers) {
        for (const ChargeTile& tile : layer.tiles) gains.try_emplace(tile.place.inputs.size(), 0.0);
    }
    for (auto& [rows, gain] : gains) gain = designed_gain(tiles.design, rows);
    std::vector<TiledLayer> tiled;
    for (const ChargeLayer& layer : layers) {
        TiledLayer made;
        made.partition = layer.partition;
        made.row_pairs = layer.row_pairs;
        made.tiles.resize(layer.tiles.size());
        for (const ChargeTile& tile : layer.tiles) made.places.push_back(tile.place);
        parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
            const auto at = static_cast<std::size_t>(t);
            const ChargeTile& tile = layer.tiles[at];
            const ChargeResponse response = charge_response(tile.array, power);
            TileCircuit& circuit = made.tiles[at];
            circuit.rows = tile.place.inputs.size();
            circuit.outputs = tile.place.outputs.size();
            circuit.devices = tile.array.codes.size();
            circuit.map = output_map(response, drive);
            circuit.samples_levels = true;
            circuit.capacitance = joined_mean(response.capacitance, drive);
            if (tiles.design.temperature > 0.0)
                circuit.noise = {joined_rms(response.noise, drive), tiles.seed, tile.number};
            for (Index o = 0; o < circuit.outputs; ++o) {
                const double scale =
                    layer.weights.scale[static_cast<std::size_t>(tile.place.outputs.begin + o)];
                circuit.slope.push_back(scale / (gains.at(circuit.rows) * tiles.supply));
            }
        });
        tiled.push_back(std::move(made));
    }
    return tiled;
}

} // namespace ohmloom
