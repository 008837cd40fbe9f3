#include "inference/tile_map.hpp"

#include "devicemodels/cell_model.hpp"
#include "readout/staged_array.hpp"

#include <algorithm>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// The rows of a tile among those of its layer.
Matrix<double> tile_rows(const Matrix<double>& v, const IndexRange& rows) {
    Matrix<double> part(v.rows(), rows.size());
    for (Index k = 0; k < v.rows(); ++k)
        std::ranges::copy(v.row(k).subspan(at(rows.begin), at(rows.size())), part.row(k).begin());
    return part;
}

Matrix<double> outputs_of(const LayerArrays& layer, std::size_t tile, const Matrix<double>& v,
                          const SolveOptions& options) {
    const LayerArrays alone = single_tile(layer, tile);
    LayerSignals signals = alone.is_linear() ? apply_response(solve_layer(alone, options, false), v, false)
                                             : solve_signals(alone, v, options, false);
    return std::move(signals.u);
}

/// [A] from row node to column node.
Matrix<double> cell_currents(const Crossbar& crossbar, const Matrix<double>& v_w, const Matrix<double>& v_b) {
    Matrix<double> currents(crossbar.rows(), crossbar.lines());
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l)
            currents(r, l) = evaluate_cell(crossbar.cell, crossbar.g(r, l), crossbar.shape_at(r, l),
                                           v_w(r, l / crossbar.lines_per_site) - v_b(r, l))
                                 .current;
    }
    return currents;
}

} // namespace

TileMap map_tile(const LayerArrays& layer, const LayerArrays& ideal, const CheckedPair& where,
                 const Matrix<double>& v, const SolveOptions& options) {
    const std::size_t tile = at(where.tile);
    const Crossbar& crossbar = layer.crossbars[tile];
    const Matrix<double> v_tile = tile_rows(v, layer.tiles[tile].inputs);
    const auto image = v_tile.row(where.image);
    // Node voltages are what an iteration along the lines, or the nodal matrix, ends with.
    SolveOptions with_nodes = options;
    if (options.engine != Engine::mna) with_nodes.engine = Engine::lines;
    const double v_typical = 0.5 * (std::ranges::max(image) - std::ranges::min(image));
    const StagedArray array(crossbar, layer.stages_of(tile), with_nodes, v_typical);
    ArraySolution solution =
        array.solve_nodes(Matrix<double>(1, v_tile.cols(), {image.begin(), image.end()}));

    TileMap map;
    map.where = where;
    map.lines_per_site = crossbar.lines_per_site;
    map.v_row.assign(image.begin(), image.end());
    map.v_w = Matrix<double>(crossbar.rows(), crossbar.sites(), std::move(solution.v_w.values()));
    map.v_b = Matrix<double>(crossbar.rows(), crossbar.lines(), std::move(solution.v_b.values()));
    map.i_cell = cell_currents(crossbar, map.v_w, map.v_b);
    map.residual = solution.residual.front();
    map.converged = solution.status.front() == SolveStatus::converged;
    map.outputs = outputs_of(layer, tile, v_tile, options);
    map.outputs_ideal = outputs_of(ideal, tile, v_tile, options);
    return map;
}

std::vector<TileMap> map_tiles(const Plan& plan, const NetworkCircuit& circuit,
                               std::span<const CheckedPair> places, const RowVoltagesOf& voltages_of,
                               const Matrix<double>& inputs, const SolveOptions& options) {
    std::vector<TileMap> maps;
    if (places.empty()) return maps;
    NetworkCircuit ideal = circuit;
    ideal.array.r_row = ideal.array.r_col = ideal.array.r_source = 0.0;
    ideal.devices = {};
    const std::vector<LayerArrays> layers = circuits_of(plan, circuit), ideals = circuits_of(plan, ideal);
    const std::vector<Matrix<double>> v = voltages_of(inputs);
    for (const CheckedPair& place : places) {
        if (place.layer >= static_cast<Index>(layers.size())) continue;
        const LayerArrays& layer = layers[at(place.layer)];
        if (place.tile >= static_cast<Index>(layer.tiles.size())) continue;
        maps.push_back(map_tile(layer, ideals[at(place.layer)], place, v[at(place.layer)], options));
    }
    return maps;
}

} // namespace ohmloom
