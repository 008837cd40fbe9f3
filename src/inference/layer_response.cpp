#include "inference/layer_response.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"
#include "base/result_cache.hpp"
#include "inference/tile_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <tuple>

namespace ohmloom {

namespace {

struct TileResult {
    StageResponse response;
    PowerForms power;
    double residual = 0.0;
    Engine engine = Engine::automatic;
};

/// A matrix [sites x rows] and, where stages have offsets, what they make as one more column.
Matrix<double> with_rest(const Matrix<double>& by_rows, const std::vector<double>& rest) {
    if (rest.empty()) return by_rows;
    Matrix<double> joined(by_rows.rows(), by_rows.cols() + 1);
    for (Index s = 0; s < by_rows.rows(); ++s) {
        std::ranges::copy(by_rows.row(s), joined.row(s).begin());
        joined(s, by_rows.cols()) = rest[static_cast<std::size_t>(s)];
    }
    return joined;
}

/// tᵀ·y·t
Matrix<double> quadratic_form(const Matrix<double>& y, const Matrix<double>& t) {
    return transposed_multiply(t, multiply(y, t));
}

/// Adds what resistances dissipate that carry the currents i [resistances x inputs]: Σ_s r_s·i(s)ᵀ·i(s).
void add_resistors(const std::vector<double>& r, const Matrix<double>& i, Matrix<double>& form) {
    if (std::ranges::all_of(r, [](double value) { return value == 0.0; })) return;
    Matrix<double> drops = i;
    for (Index s = 0; s < i.rows(); ++s) {
        for (double& drop : drops.row(s)) drop *= r[static_cast<std::size_t>(s)];
    }
    const Matrix<double> sum = transposed_multiply(drops, i);
    for (std::size_t k = 0; k < sum.values().size(); ++k) form.values()[k] += sum.values()[k];
}

/// Minus the resistance in series with each line of one side of the pairs.
std::vector<double> less_sense(const Crossbar& crossbar, Index line) {
    std::vector<double> r(static_cast<std::size_t>(crossbar.sites()));
    for (Index s = 0; s < crossbar.sites(); ++s)
        r[static_cast<std::size_t>(s)] = -crossbar.sense_resistance(s * crossbar.lines_per_site + line);
    return r;
}

/// What the stages turn into heat.
Matrix<double> stage_power(std::span<const StagePort> stages, const Matrix<double>& i_plus,
                           const Matrix<double>& i_minus) {
    Matrix<double> form(i_plus.cols(), i_plus.cols());
    for (std::size_t k = 0; k < std::tuple_size_v<decltype(StagePort::losses)>; ++k) {
        Matrix<double> current(i_plus.rows(), i_plus.cols());
        std::vector<double> r;
        for (std::size_t s = 0; s < stages.size(); ++s) {
            const StageLoss& loss = stages[s].losses[k];
            const auto row = static_cast<Index>(s);
            r.push_back(loss.r);
            for (Index c = 0; c < current.cols(); ++c)
                current(row, c) = loss.plus * i_plus(row, c) + loss.minus * i_minus(row, c);
            if (loss.rest != 0.0) current(row, current.cols() - 1) += loss.rest;
        }
        add_resistors(r, current, form);
    }
    return form;
}

/// Power in the cells from the derivative of the port matrix.
///
/// A terminal power vᵀ·Y·v changes by (voltage across the cell)²·dg when one conductance changes, whatever
/// the network (Tellegen), so scaling all cells by s gives  P_cells = vᵀ·(dY/d ln s)·v  without any node
/// voltage. The central difference at 1e-4 is exact to 1e-8.
Matrix<double> cell_power_matrix(const Crossbar& crossbar, const SolveOptions& options) {
    constexpr double step = 1e-4;
    const auto scaled = [&](double factor) {
        Crossbar changed = crossbar;
        for (double& g : changed.g.values()) g *= factor;
        return port_matrix(changed, options).y;
    };
    Matrix<double> derivative = scaled(1.0 + step);
    const Matrix<double> below = scaled(1.0 - step);
    for (std::size_t k = 0; k < below.values().size(); ++k) {
        derivative.values()[k] = (derivative.values()[k] - below.values()[k]) / (2.0 * step);
    }
    return derivative;
}

PowerForms tile_power(const Crossbar& crossbar, const PortMatrix& ports, const StageResponse& response,
                      std::span<const StagePort> stages, const SolveOptions& options) {
    const Matrix<double> t = terminal_potentials(ports, response);
    const Matrix<double> i_plus = with_rest(response.i_plus, response.rest.i_plus),
                         i_minus = with_rest(response.i_minus, response.rest.i_minus);
    PowerForms power;
    power.cells = quadratic_form(cell_power_matrix(crossbar, options), t);

    // Everything the terminals deliver is lost in cells, wires and the series resistances that the stages show.
    power.wires = quadratic_form(ports.y, t);
    add_resistors(less_sense(crossbar, 0), i_plus, power.wires);
    if (crossbar.lines_per_site == 2) add_resistors(less_sense(crossbar, 1), i_minus, power.wires);
    for (std::size_t k = 0; k < power.wires.values().size(); ++k)
        power.wires.values()[k] -= power.cells.values()[k];
    power.stages = stage_power(stages, i_plus, i_minus);
    return power;
}

TileResult solve_staged_tile(const Crossbar& crossbar, std::span<const StagePort> stages,
                             const SolveOptions& options, bool power) {
    const PortMatrix ports = port_matrix(crossbar, options);
    TileResult result;
    result.response = close_stages(ports, stages);
    if (power) result.power = tile_power(crossbar, ports, result.response, stages, options);
    result.residual = ports.residual;
    result.engine = ports.engine;
    return result;
}

/// A tile of linear cells as its table has it.
TileResult from_table(const TileTable& table) {
    TileResult result;
    result.response.u = table.map->transfer;
    result.response.rest.u = table.map->offset;
    result.power = table.map->power;
    result.residual = table.map->residual;
    result.engine = table.map->engine;
    return result;
}

/// A tile's form in the layer's: its rows from `first` on, and behind them the 1 that stands for offsets.
void add_block(const Matrix<double>& block, const IndexRange& rows, Matrix<double>& form) {
    const auto place = [&](Index i) { return i < rows.size() ? rows.begin + i : form.rows() - 1; };
    for (Index i = 0; i < block.rows(); ++i) {
        for (Index j = 0; j < block.cols(); ++j) form(place(i), place(j)) += block(i, j);
    }
}

/// Names a layer's response by all that decides it.
std::string response_name(const LayerArrays& layer, const SolveOptions& options, bool power) {
    std::string name =
        fmt::format("response {} {} {} {} {} {}", static_cast<int>(options.engine), options.tolerance, power,
                    layer.partition.horizontal, layer.rows, layer.outputs);
    for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
        const Tile& tile = layer.tiles[t];
        name += fmt::format(" {}-{}x{}-{} {} {}", tile.inputs.begin, tile.inputs.end, tile.outputs.begin,
                            tile.outputs.end, layer.scale[t],
                            tile_fingerprint(layer.crossbars[t], layer.stages_of(t)));
        if (!layer.tables.empty())
            name += fmt::format(" {}", static_cast<const void*>(layer.tables[t].get()));
    }
    return name;
}

std::size_t response_bytes(const LayerResponse& response) {
    std::size_t numbers = response.offset.size();
    for (const Matrix<double>* matrix : {&response.transfer, &response.power.cells, &response.power.wires,
                                         &response.power.stages, &response.charging})
        numbers += matrix->values().size();
    return numbers * sizeof(double) + sizeof(LayerResponse);
}

} // namespace

Matrix<double> terminal_potentials(const PortMatrix& ports, const StageResponse& response) {
    const bool with_offsets = !response.rest.u.empty();
    const Matrix<double> v_minus = with_rest(response.v_minus, response.rest.v_minus);
    const Index sites = v_minus.rows(), each = ports.lines / sites;
    Matrix<double> potentials(ports.rows + ports.lines, v_minus.cols());
    for (Index r = 0; r < ports.rows; ++r) potentials(r, r) = 1.0;
    for (Index s = 0; s < sites; ++s) {
        const Index first = ports.rows + each * s;
        if (with_offsets) potentials(first, ports.rows) = response.rest.v_plus[static_cast<std::size_t>(s)];
        if (each == 2) std::ranges::copy(v_minus.row(s), potentials.row(first + 1).begin());
    }
    return potentials;
}

LayerResponse solve_layer(const LayerPlan& layer, const ArrayCircuit& circuit, const SolveOptions& options) {
    return solve_layer(build_layer(layer, circuit), options);
}

LayerResponse solve_layer(const LayerArrays& layer, const SolveOptions& options, bool power) {
    std::vector<TileResult> results(layer.tiles.size());
    parallel_for(static_cast<Index>(results.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        results[at] = layer.tables.empty()
                          ? solve_staged_tile(layer.crossbars[at], layer.stages_of(at), options, power)
                          : from_table(*layer.tables[at]);
    });
    const bool with_offsets =
        std::ranges::any_of(results, [](const TileResult& r) { return !r.response.rest.u.empty(); });

    const Index rows = layer.rows;
    LayerResponse joined;
    joined.transfer = Matrix<double>(layer.outputs, rows);
    if (power) {
        const Matrix<double> no_power(rows + (with_offsets ? 1 : 0), rows + (with_offsets ? 1 : 0));
        joined.power = {no_power, no_power, no_power};
    }
    if (with_offsets) joined.offset.assign(static_cast<std::size_t>(layer.outputs), 0.0);
    const double share = 1.0 / static_cast<double>(layer.partition.horizontal);
    for (std::size_t t = 0; t < results.size(); ++t) {
        const Tile& tile = layer.tiles[t];
        const TileResult& result = results[t];
        for (Index s = 0; s < tile.outputs.size(); ++s) {
            for (Index r = 0; r < tile.inputs.size(); ++r) {
                joined.transfer(tile.outputs.begin + s, tile.inputs.begin + r) =
                    share * layer.scale[t] * result.response.u(s, r);
            }
            if (with_offsets && !result.response.rest.u.empty()) {
                joined.offset[static_cast<std::size_t>(tile.outputs.begin + s)] +=
                    share * layer.scale[t] * result.response.rest.u[static_cast<std::size_t>(s)];
            }
        }
        if (power) {
            add_block(result.power.cells, tile.inputs, joined.power.cells);
            add_block(result.power.wires, tile.inputs, joined.power.wires);
            add_block(result.power.stages, tile.inputs, joined.power.stages);
        }
        joined.residual = std::max(joined.residual, result.residual);
        joined.engine = result.engine;
    }
    return joined;
}

std::shared_ptr<const LayerResponse> response_of(const LayerArrays& layer, const SolveOptions& options,
                                                 bool power) {
    const auto solve = [&] { return solve_layer(layer, options, power); };
    if (!layer.shared) return std::make_shared<const LayerResponse>(solve());
    return layer.shared->get<LayerResponse>(response_name(layer, options, power), solve, response_bytes);
}

} // namespace ohmloom
