#include "inference/layer_response.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"

#include <algorithm>

namespace ohmloom {

namespace {

struct TileResult {
    StageResponse response;
    PowerForms power;
    double residual = 0.0;
    Engine engine = Engine::automatic;
};

/// Terminal potentials of a tile per row voltage, [ports x rows]: the rows themselves, 0 behind the I+ lines,
/// v_minus behind the I− lines.
Matrix<double> terminal_potentials(const PortMatrix& ports, const StageResponse& response) {
    Matrix<double> potentials(ports.rows + ports.lines, ports.rows);
    for (Index r = 0; r < ports.rows; ++r) potentials(r, r) = 1.0;
    for (Index s = 0; s < ports.lines / 2; ++s) {
        for (Index r = 0; r < ports.rows; ++r) potentials(ports.rows + 2 * s + 1, r) = response.v_minus(s, r);
    }
    return potentials;
}

/// tᵀ·y·t
Matrix<double> quadratic_form(const Matrix<double>& y, const Matrix<double>& t) {
    return transposed_multiply(t, multiply(y, t));
}

/// Sum over outputs s of weight·i(s)ᵀ·i(s): what a resistor `weight` dissipates that carries the current
/// i(s)·x.
void add_resistor(double weight, const Matrix<double>& i, Matrix<double>& form) {
    const Matrix<double> square = transposed_multiply(i, i);
    for (std::size_t k = 0; k < square.values().size(); ++k) form.values()[k] += weight * square.values()[k];
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
                      const ReadoutStage& stage, const SolveOptions& options) {
    const Matrix<double> t = terminal_potentials(ports, response);
    PowerForms power;
    power.cells = quadratic_form(cell_power_matrix(crossbar, options), t);

    // Everything the terminals deliver is lost in cells, wires and the series resistances of the stages.
    const double r_plus = crossbar.sense_resistance(0), r_minus = crossbar.sense_resistance(1);
    power.wires = quadratic_form(ports.y, t);
    add_resistor(-r_plus, response.i_plus, power.wires);
    add_resistor(-r_minus, response.i_minus, power.wires);
    for (std::size_t k = 0; k < power.wires.values().size(); ++k)
        power.wires.values()[k] -= power.cells.values()[k];

    // The feedback resistor carries the I− current; with virtual grounds each line's feedback resistor
    // carries its own.
    power.stages = Matrix<double>(ports.rows, ports.rows);
    const bool virtual_ground = stage.kind == StageKind::virtual_ground;
    add_resistor(r_plus + (virtual_ground ? stage.r_feedback() : 0.0), response.i_plus, power.stages);
    add_resistor(r_minus + stage.r_feedback(), response.i_minus, power.stages);
    return power;
}

TileResult solve_tile_with_power(const Crossbar& crossbar, const ReadoutStage& stage,
                                 const SolveOptions& options) {
    const PortMatrix ports = port_matrix(crossbar, options);
    TileResult result;
    result.response = close_stages(ports, stage);
    result.power = tile_power(crossbar, ports, result.response, stage, options);
    result.residual = ports.residual;
    result.engine = ports.engine;
    return result;
}

void add_block(const Matrix<double>& block, Index first, Matrix<double>& form) {
    for (Index i = 0; i < block.rows(); ++i) {
        for (Index j = 0; j < block.cols(); ++j) form(first + i, first + j) += block(i, j);
    }
}

} // namespace

LayerResponse solve_layer(const LayerPlan& layer, const ArrayCircuit& circuit, const SolveOptions& options) {
    return solve_layer(build_layer(layer, circuit), options);
}

LayerResponse solve_layer(const LayerArrays& layer, const SolveOptions& options) {
    std::vector<TileResult> results(layer.tiles.size());
    parallel_for(static_cast<Index>(results.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        results[at] = solve_tile_with_power(layer.crossbars[at], layer.stage, options);
    });

    const Index rows = layer.rows;
    LayerResponse joined;
    joined.transfer = Matrix<double>(layer.outputs, rows);
    joined.power = {Matrix<double>(rows, rows), Matrix<double>(rows, rows), Matrix<double>(rows, rows)};
    const double share = 1.0 / static_cast<double>(layer.partition.horizontal);
    for (std::size_t t = 0; t < results.size(); ++t) {
        const Tile& tile = layer.tiles[t];
        const TileResult& result = results[t];
        for (Index s = 0; s < tile.outputs.size(); ++s) {
            for (Index r = 0; r < tile.inputs.size(); ++r) {
                joined.transfer(tile.outputs.begin + s, tile.inputs.begin + r) =
                    share * layer.scale[t] * result.response.u(s, r);
            }
        }
        add_block(result.power.cells, tile.inputs.begin, joined.power.cells);
        add_block(result.power.wires, tile.inputs.begin, joined.power.wires);
        add_block(result.power.stages, tile.inputs.begin, joined.power.stages);
        joined.residual = std::max(joined.residual, result.residual);
        joined.engine = result.engine;
    }
    return joined;
}

} // namespace ohmloom
