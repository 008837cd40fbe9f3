#include "mapping/plan.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

void validate(const ConductanceWindow& window) {
    if (!(std::isfinite(window.g_max) && window.g_min >= 0.0 && window.g_max > window.g_min)) {
        throw InputError(
            fmt::format("the conductance window runs from {} S to {} S: expected 0 <= g_min < g_max",
                        window.g_min, window.g_max));
    }
}

double largest_weight(const DenseLayer& layer) {
    double largest = 0.0;
    for (const double w : layer.weights.values()) largest = std::max(largest, std::abs(w));
    for (const double b : layer.bias) largest = std::max(largest, std::abs(b));
    return largest > 0.0 ? largest : 1.0;
}

struct CellPair {
    double plus, minus;
};

CellPair map_weight(double w, double scale, WeightKind kind, const ConductanceWindow& window) {
    if (kind == WeightKind::ternary && w == 0.0) return {window.g_max, window.g_max};
    const double middle = 0.5 * (window.g_max + window.g_min);
    const double half = 0.5 * (window.g_max - window.g_min) * (w / scale);
    // Rounding must not carry a cell out of its window.
    return {std::clamp(middle + half, window.g_min, window.g_max),
            std::clamp(middle - half, window.g_min, window.g_max)};
}

} // namespace

bool has_row_pairs(const Network& network, std::size_t layer, RowSigns signs) {
    return signs == RowSigns::row_pairs && has_signed_inputs(network, layer);
}

Index row_count(Index inputs, bool row_pairs) {
    return (row_pairs ? 2 * inputs : inputs) + 1;
}

DenseLayer with_row_pairs(DenseLayer layer) {
    Matrix<double> weights(layer.outputs(), 2 * layer.inputs());
    for (Index o = 0; o < layer.outputs(); ++o) {
        for (Index i = 0; i < layer.inputs(); ++i) {
            weights(o, 2 * i) = layer.weights(o, i);
            weights(o, 2 * i + 1) = -layer.weights(o, i);
        }
    }
    layer.weights = std::move(weights);
    return layer;
}

DifferentialConductances map_weights(const DenseLayer& layer, WeightKind kind,
                                     const ConductanceWindow& window, Polarity polarity) {
    validate(window);
    const Index outputs = layer.outputs(), inputs = layer.inputs();
    DifferentialConductances mapped{Matrix<double>(outputs, inputs + 1), Matrix<double>(outputs, inputs + 1),
                                    kind == WeightKind::real ? largest_weight(layer) : 1.0};
    for (Index o = 0; o < outputs; ++o) {
        for (Index i = 0; i <= inputs; ++i) {
            const double w = i < inputs ? layer.weights(o, i) : layer.bias[static_cast<std::size_t>(o)];
            CellPair pair = map_weight(w, mapped.weight_scale, kind, window);
            if (polarity == Polarity::inverted) std::swap(pair.plus, pair.minus);
            mapped.plus(o, i) = pair.plus;
            mapped.minus(o, i) = pair.minus;
        }
    }
    return mapped;
}

Index Plan::tile_count() const {
    Index count = 0;
    for (const LayerPlan& layer : layers) count += static_cast<Index>(layer.tiles.size());
    return count;
}

std::vector<Tile> cut_layer(Index rows, Index outputs, const LayerPartition& partition) {
    std::vector<Tile> tiles;
    for (const IndexRange& of_rows : split_evenly(rows, partition.horizontal)) {
        for (const IndexRange& of_outputs : split_evenly(outputs, partition.vertical))
            tiles.push_back({of_rows, of_outputs});
    }
    return tiles;
}

void require_partitions(const Network& network, std::span<const LayerPartition> partitions) {
    if (partitions.size() != network.layers.size()) {
        throw InputError(
            fmt::format("{} partitions are given for the {} layers of network '{}': expected one per layer",
                        partitions.size(), network.layers.size(), network.name));
    }
}

Plan make_plan(const Network& network, std::span<const LayerPartition> partitions,
               const ConductanceWindow& window, Polarity polarity, RowSigns signs) {
    require_partitions(network, partitions);
    Plan plan;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const bool paired = has_row_pairs(network, l, signs);
        const DenseLayer layer = paired ? with_row_pairs(network.layers[l]) : network.layers[l];
        plan.layers.push_back({partitions[l], map_weights(layer, network.weight_kind, window, polarity),
                               cut_layer(layer.inputs() + 1, layer.outputs(), partitions[l]), paired});
    }
    return plan;
}

} // namespace ohmloom
