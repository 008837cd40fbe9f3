#include "inference/tile_map.hpp"

#include "tests/approx.hpp"
#include "tests/inference/small_networks.hpp"
#include "tests/readout/flawed_stages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// 12-6-4 units on tiles of 2 x 2 and 3 x 1 partitions.
struct SmallNetwork {
    Network network = random_network({12, 6, 4}, WeightKind::real, 77);
    Plan plan =
        make_plan(network, std::vector<LayerPartition>{{2, 2}, {3, 1}}, small_window, Polarity::inverted);
    NetworkCircuit circuit{small_circuit(), {4.0, 3.0}, Neuron{}, {}};
    Matrix<double> inputs = random_inputs(5, 12, 78);

    [[nodiscard]] std::vector<Matrix<double>> voltages(const Matrix<double>& of) const {
        return row_voltages(build_network(plan, circuit), circuit.neuron, of, {});
    }
    [[nodiscard]] std::vector<TileMap> map(const std::vector<CheckedPair>& places) const {
        return map_tiles(
            plan, circuit, places, [&](const Matrix<double>& of) { return voltages(of); }, inputs);
    }
};

/// Largest violation of Kirchhoff's law at the row nodes, and at the column nodes above the last row, over the largest cell current.
double kcl_error(const TileMap& map, const Crossbar& crossbar) {
    const Index rows = crossbar.rows(), sites = crossbar.sites(), lines = crossbar.lines();
    double error = 0.0, largest = 0.0;
    for (const double i : map.i_cell.values()) largest = std::max(largest, std::abs(i));
    for (Index r = 0; r < rows; ++r) {
        for (Index s = 0; s < sites; ++s) {
            const double before = s == 0 ? (map.v_row[static_cast<std::size_t>(r)] - map.v_w(r, 0)) /
                                               (crossbar.source_resistance(r) + crossbar.r_row)
                                         : (map.v_w(r, s - 1) - map.v_w(r, s)) / crossbar.r_row;
            const double after = s + 1 < sites ? (map.v_w(r, s) - map.v_w(r, s + 1)) / crossbar.r_row : 0.0;
            double cells = 0.0;
            for (Index k = 0; k < crossbar.lines_per_site; ++k)
                cells += map.i_cell(r, s * crossbar.lines_per_site + k);
            error = std::max(error, std::abs(before - after - cells));
        }
        for (Index l = 0; l < lines && r + 1 < rows; ++l) {
            const double above = r > 0 ? (map.v_b(r - 1, l) - map.v_b(r, l)) / crossbar.r_col : 0.0;
            const double below = (map.v_b(r, l) - map.v_b(r + 1, l)) / crossbar.r_col;
            error = std::max(error, std::abs(above + map.i_cell(r, l) - below));
        }
    }
    return error / largest;
}

double column_sum(const Matrix<double>& matrix, Index column) {
    double sum = 0.0;
    for (Index r = 0; r < matrix.rows(); ++r) sum += matrix(r, column);
    return sum;
}

} // namespace

TEST_CASE("a map obeys Kirchhoff's law, and its lines' currents are what the stages turn into outputs, for "
          "stages of all kinds") {
    for (const ReadoutStage& stage : sample_stages()) {
        CAPTURE(to_string(stage.kind));
        SmallNetwork small;
        small.circuit.array.stage = stage;
        const std::vector<LayerArrays> layers = build_network(small.plan, small.circuit);
        for (const TileMap& map : small.map({{0, 3, 2}, {1, 1, 4}})) {
            const LayerArrays& layer = layers[static_cast<std::size_t>(map.where.layer)];
            const auto tile = static_cast<std::size_t>(map.where.tile);
            const Crossbar& crossbar = layer.crossbars[tile];
            CHECK(map.converged);
            CHECK(map.residual < 1e-9);
            CHECK(kcl_error(map, crossbar) < 1e-8);
            // What the cells of a line bring into it leaves at its foot.
            const std::vector<StagePort> stages = layer.stages_of(tile);
            double largest = 0.0;
            for (const double u : map.outputs.values()) largest = std::max(largest, std::abs(u));
            for (Index s = 0; s < crossbar.sites(); ++s) {
                const StagePort& port = stages[static_cast<std::size_t>(s)];
                const double u = port.t_plus * column_sum(map.i_cell, 2 * s) +
                                 port.t_minus * column_sum(map.i_cell, 2 * s + 1) + port.u_0;
                CHECK(std::abs(layer.scale[tile] * u - map.outputs(map.where.image, s)) < 1e-6 * largest);
            }
        }
    }
}

TEST_CASE("ideal outputs of a map are conductances times row voltages") {
    SmallNetwork small;
    small.circuit.array.stage = {.kind = StageKind::virtual_ground, .gain = 3.0};
    const std::vector<LayerArrays> layers = build_network(small.plan, small.circuit);
    const TileMap map = small.map({{0, 1, 3}}).front();
    const Crossbar& crossbar = layers[0].crossbars[1];
    REQUIRE(map.outputs.rows() == 5);
    const StagePort port = layers[0].stages_of(1).front();
    for (Index s = 0; s < crossbar.sites(); ++s) {
        double u = 0.0;
        for (Index r = 0; r < crossbar.rows(); ++r)
            u += map.v_row[static_cast<std::size_t>(r)] *
                 (port.t_plus * crossbar.g(r, 2 * s) + port.t_minus * crossbar.g(r, 2 * s + 1));
        CHECK(map.outputs_ideal(3, s) == approx(u).epsilon(1e-9));
        CHECK(std::abs(map.outputs(3, s) - u) > 1e-6); // wires and drivers do something
    }
}

TEST_CASE("row voltages of a map are those of its image, and tiles that a plan does not have are left out") {
    const SmallNetwork small;
    const std::vector<TileMap> maps = small.map({{0, 4, 0}, {2, 0, 0}, {1, 2, 1}});
    REQUIRE(maps.size() == 1); // tiles 0 to 3 of layer 0, layers 0 and 1
    CHECK(maps[0].where == CheckedPair{1, 2, 1});
    const Matrix<double> v = small.voltages(small.inputs)[1];
    // Six inputs and the bias row in three partitions: 3, 2 and 2 rows.
    REQUIRE(maps[0].v_row.size() == 2);
    for (Index r = 0; r < 2; ++r) CHECK(maps[0].v_row[static_cast<std::size_t>(r)] == v(1, 5 + r));
    CHECK(small.map({}).empty());
}
