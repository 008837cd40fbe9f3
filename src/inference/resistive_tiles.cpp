#include "inference/resistive_tiles.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include <memory>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

/// Arrays as they are meant: cells as asked, no resistance but theirs.
NetworkCircuit without_flaws(NetworkCircuit circuit) {
    circuit.array.r_row = circuit.array.r_col = circuit.array.r_source = 0.0;
    circuit.devices = {};
    circuit.tables = nullptr;
    return circuit;
}

/// Weighted sum per volt of stage output: z = Σ w·x against u = Σ t·x by least squares over all weights, exact where every output is the
/// weighted sum times one factor.
double design_slope(const DenseLayer& rows, const LayerArrays& ideal, double v_full,
                    const SolveOptions& options) {
    double products = 0.0, squares = 0.0;
    for (std::size_t t = 0; t < ideal.tiles.size(); ++t) {
        const auto response = response_of(single_tile(ideal, t), options, false);
        const Matrix<double> weights = tile_weights(rows, ideal.tiles[t]);
        const std::vector<double>&u = response->transfer.values(), &w = weights.values();
        products += v_full * std::inner_product(u.begin(), u.end(), w.begin(), 0.0);
        squares += v_full * v_full * std::inner_product(u.begin(), u.end(), u.begin(), 0.0);
    }
    if (!(products > 0.0)) {
        throw InputError("the stages' outputs fall as the weighted sums rise, even with ideal arrays: "
                         "expected a read-out that does "
                         "not invert");
    }
    return products / squares;
}

TileCircuit circuit_of_tile(LayerArrays array, double slope, const SolveOptions& options, bool power) {
    TileCircuit tile;
    tile.rows = array.rows;
    tile.outputs = array.outputs;
    tile.devices = array.crossbars.front().g.size();
    tile.slope.assign(static_cast<std::size_t>(array.outputs), slope);
    // Drift is made up for digitally: converters see what has drifted.
    tile.drift_factor = std::exchange(array.scale.front(), 1.0);
    if (array.is_linear()) {
        tile.map = *response_of(array, options, power);
    } else {
        tile.solve = [cells = std::make_shared<const LayerArrays>(std::move(array))](
                         const Matrix<double>& v, const SolveOptions& now, bool with_power) {
            return solve_signals(*cells, v, now, with_power);
        };
    }
    return tile;
}

} // namespace

std::vector<TiledLayer> resistive_tiles(const Network& network, const Plan& plan,
                                        const NetworkCircuit& circuit, const SolveOptions& options,
                                        bool power) {
    const std::vector<LayerArrays> arrays = build_network(plan, circuit),
                                   ideal = build_network(plan, without_flaws(circuit));
    std::vector<TiledLayer> layers;
    for (std::size_t l = 0; l < arrays.size(); ++l) {
        TiledLayer layer;
        layer.partition = arrays[l].partition;
        layer.places = arrays[l].tiles;
        layer.row_pairs = plan.layers[l].row_pairs;
        layer.conductance = arrays[l].error;
        const double slope = design_slope(layer_of_rows(network.layers[l], layer.row_pairs), ideal[l],
                                          circuit.neuron.v_supply, options);
        layer.tiles.resize(layer.places.size());
        parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
            const auto at = static_cast<std::size_t>(t);
            layer.tiles[at] = circuit_of_tile(single_tile(arrays[l], at), slope, options, power);
        });
        layers.push_back(std::move(layer));
    }
    return layers;
}

} // namespace ohmloom
