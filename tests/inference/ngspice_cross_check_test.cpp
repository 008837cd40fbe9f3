// The same tiles of the shipped example, solved by ngspice: an engine that knows nothing of crossbars.
#include "circuit/array_netlist.hpp"
#include "circuit/spice_text.hpp"
#include "inference/inference.hpp"
#include "network/dataset.hpp"
#include "solver/ngspice_jobs.hpp"
#include "study/study_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>

using namespace ohmloom;

namespace {

/// What the issue of trust is about: currents of every single column.
constexpr double agreement = 1e-6;

/// The shipped study at its 13/4/3 x 4/3/1 scheme, whose tiles have up to 31 rows and 30 outputs.
struct ExampleTiles {
    Study study =
        read_study(std::filesystem::path(OHMLOOM_SOURCE_DIR) / "examples" / "mnist-partitions.toml");
    Network network = read_network(study.schemes[4].network);
    Plan plan = make_plan(network, study.schemes[4].partitions, study.window, Polarity::inverted);
    NetworkCircuit circuit = circuit_of(study, network);
};

/// Voltages of a tile's rows: pixels of two test images in the first layer, neuron outputs between the rails behind it.
Matrix<double> row_voltages(const ExampleTiles& example, std::size_t layer, const Tile& tile) {
    const std::filesystem::path beside[] = {example.study.file.parent_path()};
    const DataSet data = read_dataset(example.study.data_set, beside);
    const Matrix<double> images = encode_inputs(data, example.network.input, 0, 2);
    Matrix<double> v(2, tile.inputs.size());
    for (Index k = 0; k < 2; ++k) {
        for (Index r = 0; r < v.cols(); ++r) {
            const Index input = tile.inputs.begin + r;
            const double pixel = input < images.cols() ? images(k, input) : 1.0;
            const double neuron = 0.5 + 0.5 * std::cos(static_cast<double>(7 * input + 3 * k));
            v(k, r) = example.circuit.neuron.v_supply * (layer == 0 ? pixel : neuron);
        }
    }
    return v;
}

} // namespace

TEST_CASE("every column current of real tiles agrees with ngspice in every native engine") {
    const ExampleTiles example;
    for (std::size_t l = 0; l < example.plan.layers.size(); ++l) {
        const LayerPlan& layer = example.plan.layers[l];
        // A tile from the middle, where the images are not dark.
        const Tile& tile = layer.tiles[layer.tiles.size() / 2];
        ArrayCircuit circuit = example.circuit.array;
        circuit.stage.gain = example.circuit.gain[l];
        const Crossbar crossbar = build_tile(layer, tile, circuit);
        const Drive drive{row_voltages(example, l, tile), {}};
        const ArraySolution spice = solve_array(crossbar, drive, {.engine = Engine::ngspice});
        REQUIRE(spice.engine == Engine::ngspice);
        for (const Engine engine : {Engine::lines, Engine::condense, Engine::mna}) {
            const ArraySolution native = solve_array(crossbar, drive, {.engine = engine});
            REQUIRE(native.engine == engine);
            double worst = 0.0;
            for (Index k = 0; k < 2; ++k) {
                for (Index c = 0; c < crossbar.lines(); ++c) {
                    REQUIRE(spice.i_col(k, c) != 0.0);
                    worst = std::max(worst, std::abs(native.i_col(k, c) / spice.i_col(k, c) - 1.0));
                }
            }
            CAPTURE(l);
            CAPTURE(to_string(engine));
            CHECK(worst < agreement);
        }
    }
}

TEST_CASE("stage outputs of real tiles agree with ngspice, amplifiers included") {
    const ExampleTiles example;
    for (std::size_t l = 0; l < example.plan.layers.size(); ++l) {
        const LayerPlan& layer = example.plan.layers[l];
        const Tile& tile = layer.tiles[layer.tiles.size() / 2];
        ArrayCircuit circuit = example.circuit.array;
        circuit.stage.gain = example.circuit.gain[l];
        const StageResponse response = solve_tile(layer, tile, circuit);

        Crossbar crossbar = build_tile(layer, tile, circuit);
        crossbar.r_sense.clear(); // the netlist holds the stages themselves
        const Matrix<double> v = row_voltages(example, l, tile);
        const ArrayNetlist netlist = expand_array(
            crossbar, {.v_row = {v.row(0).begin(), v.row(0).end()},
                       .v_col = {},
                       .stage = DifferenceStageCircuit{.r_input = circuit.stage.r_input,
                                                       .r_feedback = circuit.stage.r_feedback()}});
        std::ostringstream deck;
        write_spice(deck, netlist.circuit);
        NgspiceJob job{deck.str(), {}, Matrix<double>(1, 0), {}};
        for (const NodeId node : netlist.outputs) job.outputs.push_back(netlist.circuit.node_name(node));
        const NgspiceAnswer answer = solve_operating_points(job);
        REQUIRE(answer.converged[0]);

        double worst = 0.0, scale = 0.0;
        for (Index s = 0; s < tile.outputs.size(); ++s) {
            double u = 0.0;
            for (Index r = 0; r < v.cols(); ++r) u += response.u(s, r) * v(0, r);
            worst = std::max(worst, std::abs(u - answer.values(0, s)));
            scale = std::max(scale, std::abs(u));
        }
        CAPTURE(l);
        CHECK(worst < agreement * scale);
    }
}
