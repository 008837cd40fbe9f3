#include "resistance_sum/counting_network.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "inference/classes.hpp"
#include "inference/software.hpp"
#include "network/dataset.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// A binary network of 100 inputs, 20 hidden units with thresholds, and 4 outputs, and inputs of 0 and 1 for it.
struct Example {
    Network network;
    Matrix<double> inputs;
};

Example example() {
    const RandomStream stream(2, RandomPurpose::test_generation);
    const auto sign = [&](std::uint32_t kind, Index row, Index column) {
        return stream.uniform(kind, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column)) < 0.5
                   ? -1.0
                   : 1.0;
    };
    Example of;
    of.network.name = "example";
    of.network.weight_kind = WeightKind::binary;
    of.network.input.crop = 10;
    std::uint32_t kind = 0;
    for (const auto& [inputs, outputs] : {std::pair<Index, Index>{100, 20}, {20, 4}}) {
        DenseLayer layer{Matrix<double>(outputs, inputs),
                         std::vector<double>(static_cast<std::size_t>(outputs), 1.0)};
        for (Index o = 0; o < outputs; ++o) {
            for (Index r = 0; r < inputs; ++r) layer.weights(o, r) = sign(kind, r, o);
        }
        layer.activation = Activation::sign;
        if (kind == 0) {
            layer.norm = Normalisation{};
            for (Index o = 0; o < outputs; ++o) {
                layer.norm->gamma.push_back(o % 2 == 0 ? 1.0 : -0.5);
                layer.norm->beta.push_back(0.1);
                layer.norm->mean.push_back(2.25 + static_cast<double>(o % 3));
                layer.norm->variance.push_back(9.0);
            }
        }
        of.network.layers.push_back(layer);
        ++kind;
    }
    of.inputs = Matrix<double>(150, 100);
    for (Index k = 0; k < 150; ++k) {
        for (Index r = 0; r < 100; ++r) of.inputs(k, r) = sign(9, k, r) > 0.0 ? 1.0 : 0.0;
    }
    return of;
}

CountingCircuit without_spread() {
    CountingCircuit circuit;
    circuit.column.low.sigma = circuit.column.high.sigma = 0.0;
    circuit.readout.counter = counter_for(ColumnDischarge(circuit.column, circuit.cells), 10, 0.0, 64.0);
    circuit.readout.calibration = CountCalibration::none;
    return circuit;
}

} // namespace

TEST_CASE("columns without spread and with fine counters give the sums of plain arithmetic") {
    const Example of = example();
    const CountingNetwork counting = build_counting_network(of.network, without_spread());
    // 100 inputs are two parts of 50 cells each, with 14 cells to spare; 20 one part with 44.
    CHECK(counting.layers[0].first_input == std::vector<Index>{0, 50, 100});
    CHECK(counting.layers[1].first_input == std::vector<Index>{0, 20});
    const CountingInference found = infer_counting(counting, of.inputs);
    const Matrix<double> software = evaluate_in_software(of.network, of.inputs);
    for (std::size_t k = 0; k < software.values().size(); ++k) {
        // Ten bits over 64 counts: off by a thirty-second at most, and a sum by twice that.
        CHECK(std::abs(found.scores.values()[k] - software.values()[k]) <= 0.0626);
    }
    CHECK(found.layers[0].changed == 0.0);
    CHECK(found.layers[0].count_rms < 0.032);
    CHECK(found.layers[0].readings == 150 * 2 * 20);
    CHECK(counting_cycles(counting).parallel == 2);
    CHECK(counting_cycles(counting).serial == 3);
}

TEST_CASE("a network's counts err as the spreads of its columns predict, less what calibration knows") {
    const Example of = example();
    CountingCircuit circuit;
    circuit.readout.counter = counter_for(ColumnDischarge(circuit.column, circuit.cells), 8, 0.0, 64.0);
    circuit.readout.calibration = CountCalibration::none;
    // Half of the cells mismatched, about: sqrt(32·1.6² + 32·2²) kOhm of 13 kOhm each.
    const double sigma = std::sqrt(32.0 * 1.6 * 1.6 + 32.0 * 2.0 * 2.0) / 13.0;
    const CountingInference plain = infer_counting(build_counting_network(of.network, circuit), of.inputs);
    CHECK(plain.layers[0].count_rms == approx(sigma).epsilon(0.15)); // 40 columns
    CHECK(plain.layers[0].count_rms == plain.layers[0].raw_rms);
    circuit.readout.calibration = CountCalibration::offset;
    const CountingNetwork calibrated = build_counting_network(of.network, circuit, of.inputs);
    const CountingInference better = infer_counting(calibrated, of.inputs);
    // An offset is half of a random vector's variance.
    CHECK(better.layers[0].count_rms == approx(sigma / std::sqrt(2.0)).epsilon(0.15));
    CHECK(better.layers[0].raw_rms == plain.layers[0].count_rms);
    CHECK(std::abs(better.layers[0].count_mean) < 0.02);
    CHECK(better.layers[0].changed < plain.layers[0].changed);
    CHECK(calibration_cost(calibrated).conversions == 150 * (2 * 20 + 4));
    CHECK(calibration_cost(calibrated).time == approx(150.0 / 11.1e6));
    // Energy: 40 and 4 columns of 134.4 fF, from 1 V to the threshold.
    CHECK(better.layers[0].read_energy == approx(40.0 * 134.4e-15 * (1.0 - 0.8823)).epsilon(1e-9));
    CHECK(better.layers[1].full_energy == approx(4.0 * 134.4e-15).epsilon(1e-9));
}

TEST_CASE("few codes over all counts are coarse, over each column's own window fine, and over too little of "
          "it cut off") {
    const Example of = example();
    CountingCircuit circuit;
    circuit.column.low.sigma = circuit.column.high.sigma = 0.0;
    const auto run = [&](double window) {
        circuit.readout.own_window = window;
        return infer_counting(build_counting_network(of.network, circuit, of.inputs), of.inputs).layers[0];
    };
    const CountingLayerReport whole = run(0.0), wide = run(24.0), narrow = run(2.0);
    // 16 ns of 219 ps each in 16 codes: √(1/12) of 4.57 counts.
    CHECK(whole.count_rms == approx(4.57 / std::sqrt(12.0)).epsilon(0.15));
    CHECK(whole.beyond == 0.0);
    CHECK(wide.count_rms < 0.6);
    CHECK(wide.beyond < 0.02);
    CHECK(narrow.beyond > 0.6);
    CHECK(narrow.count_rms > 1.0);
}

TEST_CASE("readings do not depend on the number of threads, but on the seed, jitter included") {
    const Example of = example();
    CountingCircuit circuit;
    circuit.readout.counter.jitter = 100e-12;
    const auto scores = [&] {
        return infer_counting(build_counting_network(of.network, circuit, of.inputs), of.inputs).scores;
    };
    const Matrix<double> all = scores();
    {
        const ThreadLimit one(1);
        CHECK(scores() == all);
    }
    circuit.seed = 2;
    CHECK(scores() != all);
}

TEST_CASE(
    "the shipped binary network loses a few points on calibrated columns, and more without calibration") {
    const std::filesystem::path examples = std::filesystem::path(OHMLOOM_SOURCE_DIR) / "examples";
    const Network network = read_network(examples / "networks/mnist-xnor.h5");
    const DataSet digits = read_dataset((examples / "data").string());
    const Matrix<double> inputs = encode_inputs(digits, network.input, 0, 1000);
    const auto labels = std::span(digits.labels).first(1000);
    const double software = measure_accuracy(classify_in_software(network, inputs), labels).value;
    CHECK(software > 0.94);
    CountingCircuit circuit;
    const auto accuracy = [&](CountCalibration kind, double window) {
        circuit.readout.calibration = kind;
        circuit.readout.own_window = window;
        const CountingNetwork counting =
            build_counting_network(network, circuit, encode_inputs(digits, network.input, 5000, 256));
        return measure_accuracy(largest_output(infer_counting(counting, inputs).scores), labels).value;
    };
    const double table = accuracy(CountCalibration::table, 24.0);
    CHECK(table < software);
    CHECK(table > software - 0.03);
    CHECK(accuracy(CountCalibration::none, 24.0) < table);
}

TEST_CASE("networks that series columns cannot count for are refused, and what would mend it is said") {
    const auto refused = [](auto change, const char* message) {
        Example of = example();
        change(of.network);
        CHECK_THROWS_WITH_AS(build_counting_network(of.network, {}), message, InputError);
    };
    const std::string end = ": series columns count where inputs of -1 and 1 agree with such weights";
    refused([](Network& n) { n.weight_kind = WeightKind::real; },
            ("network 'example' has no binary weights (ohmloom train --weights binary)" + end).c_str());
    refused([](Network& n) { n.input.binarise = false; },
            ("network 'example' has grey inputs (ohmloom train --inputs binary)" + end).c_str());
    refused(
        [](Network& n) { n.layers[0].activation = Activation::tanh; },
        ("network 'example' hands on numbers of a tanh from layer_0 (ohmloom train --activation sign)" + end)
            .c_str());
    CountingCircuit circuit;
    circuit.columns = 0;
    CHECK_THROWS_AS(build_counting_network(example().network, circuit), InputError);
    CHECK_THROWS_AS(infer_counting(build_counting_network(example().network, {}), Matrix<double>(3, 99)),
                    InputError);
}
