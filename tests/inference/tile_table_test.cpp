#include "inference/tile_table.hpp"

#include "base/errors.hpp"
#include "devicemodels/device_library.hpp"
#include "inference/inference.hpp"
#include "surrogate/surrogate_fit.hpp"
#include "tests/approx.hpp"
#include "tests/inference/small_networks.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// A network with its plan and circuit; `card` names cells that are not ohmic, or none.
struct Built {
    Network network;
    NetworkCircuit circuit;
    Plan plan;

    explicit Built(const std::string& card = {}, const std::vector<Index>& sizes = {12, 6, 4})
        : network(random_network(sizes, WeightKind::binary, 31)) {
        circuit.array = small_circuit();
        std::vector<LayerPartition> partitions{{2, 1}, {1, 2}};
        partitions.resize(network.layers.size());
        circuit.gain.assign(partitions.size(), 20.0);
        ConductanceWindow window = small_window;
        if (!card.empty()) {
            circuit.devices.model = make_device(find_card(card));
            circuit.devices.programming.read_noise = false;
            window = {circuit.devices.model->g_min(), circuit.devices.model->g_max()};
        }
        plan = make_plan(network, partitions, window, polarity_for(circuit.neuron));
    }
};

std::string fingerprint_of(const LayerArrays& layer, std::size_t t) {
    return tile_fingerprint(layer.crossbars[t], layer.stages_of(t));
}

/// Exact maps of all tiles of linear cells.
TileTables maps_of(const Built& built) {
    TileTables tables{"maps.h5", {}};
    for (const LayerArrays& layer : build_network(built.plan, built.circuit)) {
        for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
            LayerArrays alone = single_tile(layer, t);
            alone.scale.front() = 1.0;
            TileTable table;
            table.map = solve_layer(alone);
            tables.by_tile[fingerprint_of(layer, t)] = std::make_shared<const TileTable>(std::move(table));
        }
    }
    return tables;
}

} // namespace

TEST_CASE("tables of linear tiles give what their circuits give, power too") {
    Built built;
    built.circuit.array.stage.spread = {2e-3, 0.05, 3}; // offsets, and tiles that differ
    const Matrix<double> inputs = random_inputs(7, 12, 4);
    const AnalogInference solved =
        infer(build_network(built.plan, built.circuit), built.circuit.neuron, inputs, {});
    built.circuit.tables = std::make_shared<const TileTables>(maps_of(built));
    const std::vector<LayerArrays> layers = build_network(built.plan, built.circuit);
    const AnalogInference tabled = infer(layers, built.circuit.neuron, inputs, {});
    CHECK(tabled.outputs == solved.outputs);
    CHECK(tabled.power.total() == approx(solved.power.total()).epsilon(1e-13));
    CHECK(tables_used(*built.circuit.tables, layers).tables == 4);
    CHECK(tables_used(*built.circuit.tables, layers).error == 0.0);
}

TEST_CASE("a surrogate stands for a tile of nonlinear cells in inference, within its error") {
    Built built("mram/synapse_5k", {12, 6});
    const Matrix<double> inputs = random_inputs(9, 12, 5);
    const std::vector<LayerArrays> circuits = build_network(built.plan, built.circuit);
    const double v_full = built.circuit.neuron.v_supply;
    TileTables tables{"tiles.h5", {}};
    double largest = 0.0;
    for (const LayerArrays& layer : circuits) {
        for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
            const auto rows = static_cast<std::size_t>(layer.tiles[t].inputs.size());
            const RowRanges ranges{std::vector<double>(rows, 0.0), std::vector<double>(rows, v_full)};
            SurrogateFit fit =
                fit_surrogate({layer.crossbars[t], layer.stages_of(t), 0}, ranges, {}, {.max_error = 5e-3});
            TileTable table;
            table.surrogate = std::move(fit.surrogate);
            table.error = fit.drawn.largest;
            table.residual = fit.residual;
            largest = std::max(largest, table.error);
            tables.by_tile[fingerprint_of(layer, t)] = std::make_shared<const TileTable>(std::move(table));
        }
    }
    const AnalogInference solved = infer(circuits, built.circuit.neuron, inputs, {});
    built.circuit.tables = std::make_shared<const TileTables>(std::move(tables));
    const AnalogInference tabled =
        infer(build_network(built.plan, built.circuit), built.circuit.neuron, inputs, {});
    CHECK(tabled.converged);
    double deviation = 0.0;
    for (std::size_t i = 0; i < solved.outputs.values().size(); ++i) {
        deviation = std::max(deviation, std::abs(tabled.outputs.values()[i] - solved.outputs.values()[i]));
    }
    CHECK(deviation > 0.0);
    CHECK(deviation <= 1.5 * largest); // an output is the mean of two tiles
    CHECK(tabled.power.total() == approx(solved.power.total()).epsilon(0.08));
    CHECK(tables_used(*built.circuit.tables, build_network(built.plan, built.circuit)).error == largest);

    // Beyond what the table covers it is no table any more.
    Matrix<double> beyond = inputs;
    beyond(3, 2) = 1.1;
    CHECK_THROWS_WITH_AS(
        static_cast<void>(infer(build_network(built.plan, built.circuit), built.circuit.neuron, beyond, {})),
        doctest::Contains("row 2 is driven with 0.88 V, but the table of this tile covers 0 to 0.8 V"),
        InputError);
}

TEST_CASE(
    "a tile that has no table is refused, and every number of a tile counts for which table is its own") {
    Built built;
    built.circuit.tables = std::make_shared<const TileTables>(maps_of(built));
    Built other;
    other.circuit.tables = built.circuit.tables;
    other.circuit.array.r_row = std::nextafter(other.circuit.array.r_row, 100.0);
    CHECK_THROWS_WITH_AS(static_cast<void>(build_network(other.plan, other.circuit)),
                         doctest::Contains("tile 0 of layer 0 has no table in maps.h5"), InputError);
    CHECK_NOTHROW(static_cast<void>(circuits_of(other.plan, other.circuit)));

    const LayerArrays layer = circuits_of(built.plan, built.circuit).front();
    const std::string name = fingerprint_of(layer, 0);
    CHECK(name == fingerprint_of(layer, 0));
    const auto differs = [&](auto change) {
        LayerArrays changed = layer;
        change(changed.crossbars.front());
        return fingerprint_of(changed, 0) != name;
    };
    CHECK(differs([](Crossbar& c) { c.g(1, 1) = std::nextafter(c.g(1, 1), 1.0); }));
    CHECK(differs([](Crossbar& c) { c.cell = SinhCell{2.0}; }));
    CHECK(differs([](Crossbar& c) { c.r_source.front() += 1e-9; }));
    CHECK(differs([](Crossbar& c) { c.col_ends = TiedEnds::first; }));
    LayerArrays changed = layer;
    changed.stage.gain *= 1.0 + 1e-12;
    CHECK(fingerprint_of(changed, 0) != name);
}
