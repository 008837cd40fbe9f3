#include "netlist/netlist_writer.hpp"

#include "circuit/spice_reader.hpp"
#include "inference/mixed_signal.hpp"
#include "inference/native_answer.hpp"
#include "solver/deck_solver.hpp"
#include "tests/approx.hpp"
#include "tests/inference/small_networks.hpp"
#include "tests/readout/flawed_stages.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// One layer of 12 inputs and 6 outputs, in one row of two tiles.
std::vector<LayerArrays> one_layer(const ReadoutStage& stage) {
    const Network network = random_network({12, 6}, WeightKind::real, 41);
    const std::vector<LayerPartition> partitions{{1, 2}};
    NetworkCircuit circuit{small_circuit(), {stage.gain}, Neuron{}, {}};
    circuit.array.stage = stage;
    return build_network(make_plan(network, partitions, small_window, Polarity::direct), circuit);
}

double signal_of(const Waveforms& waveforms, const std::string& signal) {
    const auto found = std::ranges::find(waveforms.signals, signal);
    REQUIRE(found != waveforms.signals.end());
    return waveforms.values(0, found - waveforms.signals.begin());
}

} // namespace

TEST_CASE("a tile behind converters of its rows is driven with their levels, errors included") {
    const Network network = random_network({12, 6}, WeightKind::real, 41);
    const Plan plan = make_plan(network, std::vector<LayerPartition>{{2, 1}}, small_window, Polarity::direct);
    NetworkCircuit circuit{small_circuit(), {3.0}, Neuron{}, {}};
    circuit.array.stage = {.kind = StageKind::virtual_ground, .gain = 3.0};
    MixedReadout readout;
    readout.dac.emplace();
    readout.dac->bits = 3;
    readout.dac->is_signed = false;
    readout.dac->gain_sigma = readout.dac->offset_sigma = 0.1;
    readout.seed = 6;
    const Matrix<double> inputs = random_inputs(1, 12, 42);
    const MixedNetwork mixed = build_mixed(network, plan, circuit, readout, inputs);
    const MixedLayer& layer = mixed.layers.front();
    const Matrix<double> numbers =
        columns_between(with_bias_row(inputs, 1.0, 1.0), layer.places[1].inputs, {0, 1});
    const Matrix<double> u = sample_tile(layer.tiles[1], layer.coding, numbers, {}, false).u;

    const std::vector<LayerArrays> layers = build_network(plan, circuit);
    const NetlistSource source{.layers = layers,
                               .neuron = {},
                               .inputs = inputs,
                               .title = "a tile of a test",
                               .dac = readout.dac,
                               .seed = readout.seed};
    const TemporaryFolder folder;
    NetlistFolder deck(folder / "tile", SpiceDialect::ngspice, {});
    write_tile_netlist(source, {0, 1, 0}, false, deck);
    const DeckSolution found = solve_deck_mna(read_spice(folder / "tile" / "tile.cir"));
    REQUIRE(found.all_converged());
    for (Index s = 0; s < 6; ++s) {
        const double v = signal_of(found.analyses.front(), "v(o_" + std::to_string(s) + ")");
        CHECK(v == testing::approx(u(0, s)).epsilon(1e-9));
    }
}

TEST_CASE("the deck of a tile gives the native outputs and power in ngspice, of pairs and of single lines") {
    for (const ReadoutStage& stage : sample_stages()) {
        for (const bool single : {false, true}) {
            if (single && stage.kind == StageKind::difference) continue; // which has two lines
            CAPTURE(to_string(stage.kind));
            CAPTURE(single);
            std::vector<LayerArrays> layers = one_layer(stage);
            if (single) layers.front() = with_single_lines(layers.front());
            const NetlistSource source{layers, Neuron{},           random_inputs(1, 12, 42),
                                       "cell", "a tile of a test", 1e-9};
            const TemporaryFolder folder;
            NetlistFolder deck(folder / "tile", SpiceDialect::ngspice, {});
            write_tile_netlist(source, {0, 0, 1}, false, deck);

            const DeckSolution found = solve_deck_ngspice(read_spice(folder / "tile" / "tile.cir"));
            REQUIRE(found.all_converged());
            const Matrix<double> v = with_bias_row(source.inputs, 0.8, 0.8);
            const NativeAnswer native = answer_tile(layers.front(), 1, v);
            double largest = 0.0, worst = 0.0;
            for (Index s = 0; s < native.outputs.cols(); ++s) {
                const double u = signal_of(found.analyses.front(), "v(o_" + std::to_string(s) + ")");
                largest = std::max(largest, std::abs(u));
                worst = std::max(worst, std::abs(u - native.outputs(0, s)));
            }
            CHECK(largest > 1e-3);
            CHECK(worst < 1e-9 * largest);
            const double power = signal_of(found.analyses.front(), "v(power)");
            CHECK(std::abs(power / native.power.front() - 1.0) < 1e-6);
        }
    }
}
