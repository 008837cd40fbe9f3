#include "inference/tile_response.hpp"

namespace ohmloom {

Crossbar build_tile(const LayerPlan& layer, const Tile& tile, const ArrayCircuit& circuit,
                    std::uint32_t number) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(tile.inputs.size(), 2 * tile.outputs.size());
    for (Index r = 0; r < tile.inputs.size(); ++r) {
        for (Index s = 0; s < tile.outputs.size(); ++s) {
            crossbar.g(r, 2 * s) = layer.conductances.plus(tile.outputs.begin + s, tile.inputs.begin + r);
            crossbar.g(r, 2 * s + 1) =
                layer.conductances.minus(tile.outputs.begin + s, tile.inputs.begin + r);
        }
    }
    crossbar.lines_per_site = 2;
    crossbar.r_row = circuit.r_row;
    crossbar.r_col = circuit.r_col;
    crossbar.row_ends = circuit.row_ends;
    crossbar.col_ends = circuit.col_ends;
    crossbar.r_source.assign(static_cast<std::size_t>(crossbar.rows()), circuit.r_source);
    crossbar.capacitance = circuit.capacitance;
    attach_stages(crossbar, circuit.stage, number);
    return crossbar;
}

StageResponse solve_tile(const LayerPlan& layer, const Tile& tile, const ArrayCircuit& circuit,
                         const SolveOptions& options) {
    return close_stages(port_matrix(build_tile(layer, tile, circuit), options), circuit.stage);
}

} // namespace ohmloom
