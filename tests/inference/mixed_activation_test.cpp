#include "inference/mixed_signal.hpp"

#include "base/errors.hpp"
#include "inference/analog_neurons.hpp"
#include "inference/mixed_cost.hpp"
#include "inference/software.hpp"
#include "small_networks.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

NetworkCircuit ideal_circuit() {
    ArrayCircuit array;
    array.stage.kind = StageKind::virtual_ground;
    return {array, {10.0, 10.0, 10.0}, {}};
}

/// A generated network whose hidden layers have an activation.
Network network_with(Activation activation, std::uint32_t number, bool normalised = false) {
    Network network = random_network({20, 13, 9, 5}, WeightKind::real, number);
    const RandomStream stream(number, RandomPurpose::test_generation);
    for (std::size_t l = 0; l < 2; ++l) {
        DenseLayer& layer = network.layers[l];
        layer.activation = activation;
        layer.slope = 0.7;
        if (!normalised) continue;
        layer.norm.emplace();
        for (Index o = 0; o < layer.outputs(); ++o) {
            const auto u = [&](std::uint32_t which) {
                return stream.uniform(40 + which, static_cast<std::uint32_t>(l),
                                      static_cast<std::uint32_t>(o));
            };
            layer.norm->gamma.push_back((u(0) < 0.5 ? -1.0 : 1.0) * (0.5 + u(1)));
            layer.norm->beta.push_back(2.0 * u(2) - 1.0);
            layer.norm->mean.push_back(2.0 * u(3) - 1.0);
            layer.norm->variance.push_back(0.5 + u(4));
        }
    }
    return network;
}

struct Coding {
    RowInput input;
    RowSigns signs;
};

constexpr Coding all_codings[]{
    {RowInput::level, RowSigns::two_phases},          {RowInput::level, RowSigns::row_pairs},
    {RowInput::pulse_width, RowSigns::two_phases},    {RowInput::pulse_width, RowSigns::row_pairs},
    {RowInput::bit_serial, RowSigns::two_phases},     {RowInput::bit_serial, RowSigns::row_pairs},
    {RowInput::bit_serial, RowSigns::twos_complement}};

MixedNetwork build(const Network& network, const MixedReadout& readout, const Matrix<double>& inputs,
                   const NetworkCircuit& circuit = ideal_circuit()) {
    const Network positive = with_positive_scales(network);
    const std::vector<LayerPartition> partitions{{3, 2}, {2, 2}, {2, 1}};
    const Plan plan = make_plan(positive, partitions, small_window, Polarity::direct, readout.signs);
    return build_mixed(positive, plan, circuit, readout, inputs);
}

MixedReadout ideal_rows(const Coding& coding, int dac_bits) {
    MixedReadout readout;
    readout.input = coding.input;
    readout.signs = coding.signs;
    if (dac_bits > 0) {
        readout.dac = DacDesign{};
        readout.dac->bits = dac_bits;
        readout.dac->is_signed = false;
    }
    return readout;
}

void add_converters(MixedReadout& readout, int bits) {
    readout.adc = AdcDesign{};
    readout.adc->bits = bits;
    readout.unit.output = {bits + 1, 0, true};
}

} // namespace

TEST_CASE("between exact rows and stages every activation, normalised or not, is its own arithmetic") {
    const Matrix<double> inputs = random_inputs(50, 20, 4);
    for (std::uint32_t number = 1; number <= 5; ++number) {
        for (const Activation activation : {Activation::sigmoid, Activation::relu, Activation::tanh}) {
            for (const bool normalised : {false, true}) {
                const Network network = network_with(activation, number, normalised);
                const Matrix<double> software = evaluate_in_software(network, inputs);
                for (const RowSigns signs : {RowSigns::two_phases, RowSigns::row_pairs}) {
                    for (const Correction correction : {Correction::design, Correction::column}) {
                        MixedReadout readout = ideal_rows({RowInput::level, signs}, 0);
                        readout.correction = correction;
                        const MixedNetwork mixed = build(network, readout, inputs);
                        CHECK(largest_difference(infer_mixed(mixed, inputs).outputs, software) < 1e-10);
                    }
                }
            }
        }
    }
}

TEST_CASE("with ideal converters of rows all ways to carry signs give the same sums") {
    // Seven bits: magnitudes are k/127 whichever way they come.
    const Matrix<double> inputs = random_inputs(30, 20, 4);
    for (std::uint32_t number = 1; number <= 3; ++number) {
        const Network network = network_with(Activation::tanh, number, number == 2);
        const MixedReadout first = ideal_rows(all_codings[0], 7);
        const Matrix<double> expected = infer_mixed(build(network, first, inputs), inputs).outputs;
        for (const Coding& coding : all_codings) {
            const MixedNetwork mixed = build(network, ideal_rows(coding, 7), inputs);
            CHECK(largest_difference(infer_mixed(mixed, inputs).outputs, expected) < 1e-10);
        }
        const Matrix<double> software = evaluate_in_software(network, inputs);
        CHECK(largest_difference(expected, software) > 1e-4); // it was rounded
        CHECK(largest_difference(expected, software) < 0.1);
    }
}

TEST_CASE(
    "signed layers equal software to the resolution of their converters, in phases and in pairs of rows") {
    const Matrix<double> inputs = random_inputs(40, 20, 4);
    const Network network = network_with(Activation::tanh, 3, true);
    const Matrix<double> software = evaluate_in_software(network, inputs);
    for (const Coding& coding : all_codings) {
        const auto error = [&](int bits) {
            MixedReadout readout = ideal_rows(coding, coding.input == RowInput::bit_serial ? 12 : 0);
            add_converters(readout, bits);
            return largest_difference(infer_mixed(build(network, readout, inputs), inputs).outputs, software);
        };
        // Four bits are a factor of 16, of errors that are random: their largest within a factor of two.
        const double at_6 = error(6), at_10 = error(10);
        CHECK(at_6 / at_10 > 8.0);
        CHECK(at_6 / at_10 < 32.0);
    }
}

TEST_CASE("the fixed-point unit has normalisation and ReLU, and is as good as its formats") {
    const Matrix<double> inputs = random_inputs(100, 20, 4);
    for (const Activation activation : {Activation::relu, Activation::tanh}) {
        const Network network = network_with(activation, 2, true);
        const auto outputs = [&](UnitArithmetic arithmetic, int more_bits) {
            MixedReadout readout = ideal_rows({RowInput::level, RowSigns::two_phases}, 0);
            add_converters(readout, 10);
            readout.arithmetic = arithmetic;
            readout.unit.scale.fraction_bits += more_bits;
            readout.unit.scale.integer_bits += more_bits;
            readout.unit.offset = {14 + more_bits, 1 + more_bits, true};
            readout.unit.output = {11 + more_bits, 0, true};
            const MixedNetwork mixed = build(network, readout, inputs);
            CHECK(mixed.layers[0].limited_registers == 0);
            const MixedInference inference = infer_mixed(mixed, inputs);
            for (const MixedSignals& layer : inference.layers) CHECK(layer.overflows == 0);
            return inference.outputs;
        };
        const Matrix<double> exact = outputs(UnitArithmetic::exact, 0);
        const double narrow = largest_difference(outputs(UnitArithmetic::fixed, 0), exact);
        const double wide = largest_difference(outputs(UnitArithmetic::fixed, 8), exact);
        CHECK(narrow > 0.0);
        CHECK(wide < 0.25 * narrow);
        CHECK(wide < 0.02);
    }
}

TEST_CASE("a ReLU sits in the unit where nothing is added behind it, and changes nothing there") {
    const Network network = network_with(Activation::relu, 5, true);
    const Network positive = with_positive_scales(network);
    const Matrix<double> inputs = random_inputs(60, 20, 4);
    MixedReadout readout = ideal_rows({RowInput::level, RowSigns::two_phases}, 0);
    add_converters(readout, 8);
    readout.arithmetic = UnitArithmetic::fixed;
    const std::vector<LayerPartition> whole{{1, 1}, {2, 1}, {1, 1}};
    const Plan plan = make_plan(positive, whole, small_window, Polarity::direct);
    const MixedNetwork mixed = build_mixed(positive, plan, ideal_circuit(), readout, inputs);
    const auto least = [&](std::size_t l, const Matrix<double>& numbers) {
        return std::ranges::min(run_layer(mixed.layers[l], readout, numbers, {}).z.values());
    };
    CHECK(least(0, inputs) == 0.0);
    Matrix<double> hidden = random_inputs(60, 13, 6);
    CHECK(least(1, hidden) < 0.0); // two partitions: only their sum may be cut
    CHECK(least(2, random_inputs(60, 9, 7)) < 0.0);
}

TEST_CASE("rows reach what a ReLU gave for the calibration images, or the part of it that is asked for") {
    const Network network = network_with(Activation::relu, 4);
    const Matrix<double> inputs = random_inputs(200, 20, 4);
    Network first = network;
    first.layers.resize(1);
    Matrix<double> hidden = evaluate_in_software(first, inputs);
    for (double& y : hidden.values()) y = activate(network.layers[0], y);
    MixedReadout readout = ideal_rows({RowInput::level, RowSigns::two_phases}, 0);
    const double full = build(network, readout, inputs).layers[1].full_number;
    CHECK(full == approx(std::ranges::max(hidden.values())).epsilon(1e-9));
    CHECK(full > 1.0);
    CHECK(build(network, readout, inputs).layers[0].full_number == 1.0);
    readout.input_percentile = 90.0;
    const double most = build(network, readout, inputs).layers[1].full_number;
    const auto beyond =
        static_cast<double>(std::ranges::count_if(hidden.values(), [&](double x) { return x > most; }));
    CHECK(beyond / static_cast<double>(hidden.size()) == approx(0.1).epsilon(0.02));
}

TEST_CASE("two phases double conversions and time of signed layers, pairs double rows and cells") {
    const Matrix<double> inputs = random_inputs(20, 20, 4);
    const Network network = network_with(Activation::tanh, 1);
    const auto run = [&](RowSigns signs, RowInput input) {
        MixedReadout readout = ideal_rows({input, signs}, 4);
        readout.dac_cost = {1e-12, 1e-10};
        add_converters(readout, 8);
        const MixedNetwork mixed = build(network, readout, inputs);
        const MixedInference inference = infer_mixed(mixed, inputs);
        std::int64_t conversions = 0;
        for (const MixedSignals& layer : inference.layers) conversions += layer.conversions;
        return std::pair{conversions, mixed_cost(mixed, inference, {1e-9, 1e-14}, {})};
    };
    // Per image, partitions times outputs: 3·13 for the first layer, 2·9 and 2·5 for those behind a tanh.
    const auto [in_phases, phases] = run(RowSigns::two_phases, RowInput::level);
    CHECK(in_phases == 20 * (39 + 2 * (18 + 10)));
    const auto [in_pairs, pairs] = run(RowSigns::row_pairs, RowInput::level);
    CHECK(in_pairs == 20 * (39 + 18 + 10));
    // Cells: 2·21·13 for the first layer; 14 or 27 rows of 2·9, and 10 or 19 rows of 2·5.
    CHECK(phases.arrays.area == approx(1e-14 * (546 + 14 * 18 + 10 * 10)));
    CHECK(pairs.arrays.area == approx(1e-14 * (546 + 27 * 18 + 19 * 10)));
    // Every row of every tile has a DAC: 21·2, 14·2 or 27·2, 10 or 19.
    CHECK(phases.dac.area == approx(1e-10 * (42 + 28 + 10)));
    CHECK(pairs.dac.area == approx(1e-10 * (42 + 54 + 19)));
    CHECK(phases.dac.energy == approx(1e-12 * (42 + 2 * (28 + 10))));
    CHECK(pairs.dac.energy == approx(1e-12 * (42 + 54 + 19)));
    const double conversion = (pairs.latency - 3e-9) / 3.0; // three layers, each read and converted once
    CHECK(phases.latency == approx(5e-9 + 5.0 * conversion));
    // Bit by bit four conversions; of either sign eight, or five in two's complement.
    CHECK(run(RowSigns::two_phases, RowInput::bit_serial).first == 20 * (4 * 39 + 8 * 28));
    CHECK(run(RowSigns::row_pairs, RowInput::bit_serial).first == 20 * (4 * 39 + 4 * 28));
    CHECK(run(RowSigns::twos_complement, RowInput::bit_serial).first == 20 * (4 * 39 + 5 * 28));
}

TEST_CASE("power in two phases is the mean of both, and the digital side subtracts them") {
    // One row at −x: all of its power is spent in the second phase, when the bias row is off.
    Network network = random_network({1, 1, 1}, WeightKind::real, 3);
    network.layers[0].activation = Activation::tanh;
    network.layers[0].weights(0, 0) = -1.0;
    network.layers[0].bias[0] = 0.0;
    MixedReadout readout;
    const Plan plan =
        make_plan(network, std::vector<LayerPartition>{{1, 1}, {1, 1}}, small_window, Polarity::direct);
    NetworkCircuit circuit = ideal_circuit();
    circuit.gain.pop_back();
    const Matrix<double> inputs(1, 1, 0.5);
    const MixedNetwork mixed = build_mixed(network, plan, circuit, readout, inputs);
    const MixedInference inference = infer_mixed(mixed, inputs);
    const double a = std::tanh(0.5), full = 0.8;
    // Conductances of a pair add up to those of both ends of the window.
    const double pair = small_window.g_max + small_window.g_min;
    CHECK(inference.layers[1].power.cells == approx(0.5 * pair * full * full * (1.0 + a * a)).epsilon(1e-6));
    const DenseLayer& last = network.layers[1];
    CHECK(inference.outputs(0, 0) == approx(last.bias[0] - a * last.weights(0, 0)).epsilon(1e-9));
}

TEST_CASE("two's complement of levels, and a plan made for other signs, are refused") {
    const Matrix<double> inputs = random_inputs(5, 20, 4);
    const Network network = network_with(Activation::tanh, 1);
    CHECK_THROWS_AS(build(network, ideal_rows({RowInput::level, RowSigns::twos_complement}, 6), inputs),
                    InputError);
    MixedReadout readout;
    readout.signs = RowSigns::row_pairs;
    const std::vector<LayerPartition> partitions{{1, 1}, {1, 1}, {1, 1}};
    const Plan plan = make_plan(network, partitions, small_window, Polarity::direct);
    CHECK_THROWS_AS(build_mixed(network, plan, ideal_circuit(), readout, inputs), InputError);
}

TEST_CASE("an analog network takes neurons of its own activation, and no normalisation") {
    using enum Neuron::Kind;
    const auto refused = [](const Network& network, Neuron::Kind kind) {
        Neuron neuron;
        neuron.kind = kind;
        try {
            require_neurons_for(network, neuron);
        } catch (const InputError&) {
            return true;
        }
        return false;
    };
    const auto refusals = [&](Activation activation) {
        std::string kinds;
        for (const Neuron::Kind kind : {sigmoid, inverter, relu, Neuron::Kind::tanh, comparator, table})
            kinds += refused(network_with(activation, 1), kind) ? '-' : '+';
        return kinds;
    };
    CHECK(refusals(Activation::sigmoid) == "++--++");
    CHECK(refusals(Activation::relu) == "--+--+");
    CHECK(refusals(Activation::tanh) == "---+++");
    CHECK(refused(network_with(Activation::relu, 1, true), relu));
}
