#include "inference/mixed_signal.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "devicemodels/device_library.hpp"
#include "inference/software.hpp"
#include "small_networks.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

constexpr std::uint32_t network_number = 77;

Network mixed_network() {
    return random_network({30, 14, 6}, WeightKind::real, network_number);
}

Plan direct_plan(const Network& network) {
    return make_plan(network, std::vector<LayerPartition>{{3, 2}, {2, 1}}, small_window, Polarity::direct);
}

NetworkCircuit ideal_circuit() {
    ArrayCircuit array;
    array.stage.kind = StageKind::virtual_ground;
    return {array, {10.0, 10.0}, {}};
}

NetworkCircuit real_circuit() {
    NetworkCircuit circuit = ideal_circuit();
    circuit.array.r_row = 9.0;
    circuit.array.r_col = 12.0;
    circuit.array.r_source = 20.0;
    return circuit;
}

MixedReadout converters(int bits) {
    MixedReadout readout;
    readout.adc = AdcDesign{};
    readout.adc->bits = bits;
    readout.unit.output = {bits + 1, 0, true};
    return readout;
}

DacDesign dac_of(int bits) {
    DacDesign dac;
    dac.bits = bits;
    dac.is_signed = false;
    return dac;
}

/// The network between these converters, set by the inputs.
MixedNetwork built(const NetworkCircuit& circuit, const MixedReadout& readout, const Matrix<double>& inputs) {
    const Network network = mixed_network();
    return build_mixed(network, direct_plan(network), circuit, readout, inputs);
}

Matrix<double> outputs_of(const NetworkCircuit& circuit, const MixedReadout& readout,
                          const Matrix<double>& inputs) {
    return infer_mixed(built(circuit, readout, inputs), inputs).outputs;
}

/// Weighted sums of the first layer; behind it a rounded sum may tip a converter over an edge.
Matrix<double> first_sums(const MixedNetwork& mixed, const Matrix<double>& inputs) {
    const MixedSignals signals = run_layer(mixed.layers[0], mixed.readout, inputs, {});
    CHECK(signals.overflows == 0);
    return signals.z;
}

} // namespace

TEST_CASE("without any flaw a mixed-signal network is its own arithmetic") {
    const Matrix<double> inputs = random_inputs(300, 30, 4);
    const Matrix<double> software = evaluate_in_software(mixed_network(), inputs);
    CHECK(largest_difference(outputs_of(ideal_circuit(), {}, inputs), software) < 1e-11);
    // A column's line by least squares finds what is there: nothing to correct.
    MixedReadout corrected;
    corrected.correction = Correction::column;
    CHECK(largest_difference(outputs_of(ideal_circuit(), corrected, inputs), software) < 1e-10);
}

TEST_CASE("a layer's product error is what its own sums miss, not what the layers before it did") {
    // Converters that give 0.9 of what they should make every sum 0.9 of W·x + b, whatever x is: 10 % in every layer, also behind one that
    // hands on wrong activations. 16 bits round to 1e-5 of the range.
    const Matrix<double> inputs = random_inputs(200, 30, 4);
    MixedReadout weak = converters(16);
    weak.adc->front.gain_error = -0.1;
    const MixedNetwork mixed = built(ideal_circuit(), weak, inputs);
    const MixedInference inference = infer_mixed(mixed, inputs);
    REQUIRE(inference.product_error.size() == 2);
    CHECK(inference.product_error[0] == doctest::Approx(0.1).epsilon(1e-3));
    CHECK(inference.product_error[1] == doctest::Approx(0.1).epsilon(1e-3));
    CHECK(infer_mixed(mixed, inputs, {}, false).product_error.empty());
    const MixedInference exact = infer_mixed(built(ideal_circuit(), {}, inputs), inputs);
    for (const double error : exact.product_error) CHECK(error < 1e-13);
}

TEST_CASE("the error of ideal converters halves with every bit") {
    const Matrix<double> inputs = random_inputs(200, 30, 4);
    const Matrix<double> software = evaluate_in_software(mixed_network(), inputs);
    const auto error = [&](int bits) {
        return largest_difference(outputs_of(ideal_circuit(), converters(bits), inputs), software);
    };
    const double at_6 = error(6), at_10 = error(10), at_14 = error(14);
    // Four bits are a factor of 16, of errors that are random: their largest within a factor of two.
    CHECK(at_6 / at_10 > 8.0);
    CHECK(at_6 / at_10 < 32.0);
    CHECK(at_10 / at_14 > 8.0);
    CHECK(at_10 / at_14 < 32.0);
}

TEST_CASE("rows driven by levels, pulse widths and bits give linear arrays the same sums") {
    const Matrix<double> inputs = random_inputs(60, 30, 4);
    MixedReadout readout;
    readout.dac = dac_of(5);
    const Matrix<double> level = outputs_of(real_circuit(), readout, inputs);
    readout.input = RowInput::pulse_width;
    CHECK(largest_difference(outputs_of(real_circuit(), readout, inputs), level) < 1e-10);
    readout.input = RowInput::bit_serial;
    CHECK(largest_difference(outputs_of(real_circuit(), readout, inputs), level) < 1e-10);
    // Five bits: numbers are k/31.
    readout.input = RowInput::level;
    Matrix<double> rounded = inputs;
    for (double& x : rounded.values()) x = std::nearbyint(31.0 * x) / 31.0;
    readout.dac.reset();
    const MixedNetwork mixed = built(real_circuit(), readout, inputs);
    MixedReadout with_dac = readout;
    with_dac.dac = dac_of(5);
    const MixedNetwork converted = built(real_circuit(), with_dac, inputs);
    const Matrix<double> a = first_sums(mixed, rounded);
    const Matrix<double> b = first_sums(converted, inputs);
    CHECK(largest_difference(a, b) < 1e-12);
}

TEST_CASE("pulse widths keep bent cells linear in the code, levels do not") {
    // One row, one pair of sinh cells, virtual grounds, no wires: u = r·(g+ − g−)/α·sinh(α·v). At full voltage for c/15 of the time u is
    // proportional to c; at v·c/15 it bends.
    Network network = random_network({1, 1}, WeightKind::real, 3);
    network.layers[0].weights(0, 0) = 1.0;
    network.layers[0].bias[0] = 0.0;
    const Plan plan = make_plan(network, std::vector<LayerPartition>{{1, 1}}, {1e-6, 1e-5}, Polarity::direct);
    NetworkCircuit circuit = ideal_circuit();
    circuit.gain = {10.0};
    circuit.devices.model = make_device(find_card("sinh", {{"alpha", "4.0"}}));
    circuit.devices.programming.read_noise = false;
    MixedReadout readout;
    readout.dac = dac_of(4);
    const Matrix<double> inputs(3, 1, {5.0 / 15.0, 10.0 / 15.0, 1.0});
    const auto ratio = [&](Index k) {
        const MixedNetwork mixed = build_mixed(network, plan, circuit, readout, inputs);
        CHECK(!mixed.layers[0].tiles[0].circuit.map.has_value());
        const Matrix<double> z = infer_mixed(mixed, inputs).outputs;
        return z(k, 0) / z(2, 0);
    };
    CHECK(ratio(0) == approx(std::sinh(4.0 * 0.8 / 3.0) / std::sinh(4.0 * 0.8)).epsilon(1e-6));
    readout.input = RowInput::pulse_width;
    CHECK(ratio(0) == approx(1.0 / 3.0).epsilon(1e-9));
    CHECK(ratio(1) == approx(2.0 / 3.0).epsilon(1e-9));
}

TEST_CASE("power under pulses is the mean over the time slots") {
    // Each of the 15 slots of a four-bit code is an operating point of its own.
    const Matrix<double> inputs = random_inputs(7, 30, 8);
    MixedReadout readout;
    readout.dac = dac_of(4);
    readout.input = RowInput::pulse_width;
    const MixedNetwork mixed = built(real_circuit(), readout, inputs);
    const MixedTile& tile = mixed.layers[0].tiles[0];
    const Matrix<double> numbers =
        columns_between(row_numbers(mixed.layers[0], inputs), mixed.layers[0].places[0].inputs, {0, 7});
    const PowerBreakdown found = sample_tile(tile, mixed.layers[0].coding, numbers, {}, true).totals.power;
    PowerBreakdown expected;
    for (int slot = 0; slot < 15; ++slot) {
        Matrix<double> v = numbers;
        for (double& x : v.values()) x = std::nearbyint(15.0 * x) > slot ? 0.8 : 0.0;
        const PowerBreakdown power = apply_response(*tile.circuit.map, v).power;
        expected.cells += power.cells / 15.0;
        expected.wires += power.wires / 15.0;
        expected.stages += power.stages / 15.0;
    }
    CHECK(found.cells == approx(expected.cells).epsilon(1e-10));
    CHECK(found.wires == approx(expected.wires).epsilon(1e-10));
    CHECK(found.stages == approx(expected.stages).epsilon(1e-10));
}

TEST_CASE("scale and offset of every column make up for what wires take away") {
    const Matrix<double> inputs = random_inputs(300, 30, 4);
    const Matrix<double> software = evaluate_in_software(mixed_network(), inputs);
    MixedReadout readout = converters(10);
    const double designed = largest_difference(outputs_of(real_circuit(), readout, inputs), software);
    readout.correction = Correction::column;
    const double corrected = largest_difference(outputs_of(real_circuit(), readout, inputs), software);
    CHECK(corrected < 0.3 * designed);
}

TEST_CASE("ranges are set for the chip, each layer or each column, and take in what is asked") {
    const Matrix<double> inputs = random_inputs(400, 30, 4);
    const auto build = [&](RangeScope scope, double percentile) {
        MixedReadout readout = converters(8);
        readout.range = {scope, percentile};
        return built(real_circuit(), readout, inputs);
    };
    const auto reach = [](const MixedNetwork& mixed, std::size_t layer, std::size_t tile, Index column) {
        return mixed.layers[layer].tiles[tile].adc->grid(column).range().high;
    };
    const MixedNetwork chip = build(RangeScope::chip, 100.0), layer = build(RangeScope::layer, 100.0),
                       column = build(RangeScope::column, 100.0);
    CHECK(reach(chip, 0, 0, 0) == reach(chip, 1, 1, 3));
    CHECK(reach(chip, 0, 0, 0) == std::max(reach(layer, 0, 0, 0), reach(layer, 1, 0, 0)));
    CHECK(reach(layer, 0, 0, 0) == reach(layer, 0, 5, 2));
    double widest = 0.0;
    for (std::size_t t = 0; t < 6; ++t) {
        for (Index c = 0; c < 7; ++c) {
            CHECK(reach(column, 0, t, c) <= reach(layer, 0, t, c));
            widest = std::max(widest, reach(column, 0, t, c));
        }
    }
    CHECK(widest == reach(layer, 0, 0, 0));
    // A tenth of the first layer's magnitudes lie outside the range that takes in 90 % of them.
    const MixedInference cut = infer_mixed(build(RangeScope::layer, 90.0), inputs);
    const double clipped =
        static_cast<double>(cut.layers[0].clipped) / static_cast<double>(cut.layers[0].conversions);
    CHECK(clipped == approx(0.1).epsilon(0.1));
    CHECK(cut.layers[0].conversions == 400 * 3 * 14);
}

TEST_CASE("the fixed-point unit is as good as its formats, and wide formats lose nothing to speak of") {
    const Matrix<double> inputs = random_inputs(200, 30, 4);
    MixedReadout readout = converters(8);
    readout.correction = Correction::column;
    const auto sums = [&] { return first_sums(built(real_circuit(), readout, inputs), inputs); };
    const Matrix<double> exact = sums();
    readout.arithmetic = UnitArithmetic::fixed;
    const double published = largest_difference(sums(), exact);
    // Seven more integer bits of the scale are seven more bits of resolution of the sums.
    readout.unit.scale = {8, 20, false};
    readout.unit.offset = {18, 8, true};
    readout.unit.output = {20, 0, true};
    const double wide = largest_difference(sums(), exact);
    CHECK(published > 0.0);
    CHECK(wide > 0.0);
    CHECK(wide < published / 32.0);
}

TEST_CASE("neither threads nor the cut into batches change a noisy network's answer") {
    const Matrix<double> inputs = random_inputs(600, 30, 4);
    MixedReadout readout = converters(6);
    readout.adc->noise.input = 0.02;
    readout.adc->front.offset_sigma = 0.01;
    readout.dac = dac_of(3);
    for (const RowInput input : {RowInput::level, RowInput::bit_serial}) {
        readout.input = input;
        const MixedNetwork mixed = built(real_circuit(), readout, inputs);
        const Matrix<double> all = infer_mixed(mixed, inputs).outputs;
        {
            const ThreadLimit one(1);
            CHECK(infer_mixed(mixed, inputs).outputs == all);
        }
        // Images 350 to 599 alone, as images 350 to 599.
        Matrix<double> rest(250, 30);
        for (Index k = 0; k < 250; ++k) std::ranges::copy(inputs.row(350 + k), rest.row(k).begin());
        const Matrix<double> first = first_sums(mixed, inputs);
        const Matrix<double> part = run_layer(mixed.layers[0], mixed.readout, rest, {}, 350).z;
        for (Index k = 0; k < 250; ++k) CHECK(std::ranges::equal(part.row(k), first.row(350 + k)));
    }
}

TEST_CASE("digital arithmetic without converters, and bits of rows without a converter, are refused") {
    const Matrix<double> inputs = random_inputs(5, 30, 4);
    MixedReadout readout;
    readout.arithmetic = UnitArithmetic::fixed;
    CHECK_THROWS_AS(outputs_of(ideal_circuit(), readout, inputs), InputError);
    readout = {};
    readout.input = RowInput::bit_serial;
    CHECK_THROWS_AS(outputs_of(ideal_circuit(), readout, inputs), InputError);
}

TEST_CASE("unsigned codes serve signed stages as well as signed ones, in the published formats, too") {
    const Matrix<double> inputs = random_inputs(200, 30, 4);
    MixedReadout readout = converters(8);
    readout.arithmetic = UnitArithmetic::fixed;
    const auto first_error = [&] {
        const MixedNetwork mixed = built(ideal_circuit(), readout, inputs);
        CHECK(mixed.layers[0].limited_registers == 0);
        return largest_difference(first_sums(mixed, inputs),
                                  first_sums(built(ideal_circuit(), {}, inputs), inputs));
    };
    const double with_signed = first_error();
    readout.adc->is_signed = false;
    CHECK(first_error() < 1.5 * with_signed);
    // An offset of a third of full scale, which nobody calibrates, is 85 steps: more than (7,1) holds.
    readout.adc->front.offset = 1.0 / 3.0;
    readout.correction = Correction::column;
    const MixedNetwork beyond = built(ideal_circuit(), readout, inputs);
    CHECK(beyond.layers[0].limited_registers > 0);
}

TEST_CASE("bit-serial rows through the fixed-point unit lose no more than its rounding") {
    // Each of the five bits is converted and rounded once: their weighted sum is off by up to 31 half steps of 31, as a level's is by half a step.
    const Matrix<double> inputs = random_inputs(200, 30, 4);
    MixedReadout readout = converters(12);
    readout.dac = dac_of(5);
    readout.input = RowInput::bit_serial;
    const Matrix<double> exact = first_sums(built(real_circuit(), readout, inputs), inputs);
    readout.arithmetic = UnitArithmetic::fixed;
    const MixedNetwork mixed = built(real_circuit(), readout, inputs);
    const Matrix<double> fixed = first_sums(mixed, inputs);
    // Three partitions: registers are off by 2^-8 of a code of up to 2^11, offsets by a quarter step, rounding by a half.
    const double steps = 3.0 * (2048.0 / 256.0 + 0.25 + 0.5);
    CHECK(largest_difference(fixed, exact) < steps * mixed.layers[0].step);
    CHECK(largest_difference(fixed, exact) > 0.0);
}

TEST_CASE("errors of levels are refused where rows have none, and pulses last no less than no time") {
    const Matrix<double> inputs = random_inputs(40, 30, 4);
    MixedReadout readout;
    readout.dac = dac_of(4);
    readout.dac->offset_sigma = 0.5;
    readout.input = RowInput::bit_serial;
    CHECK_THROWS_AS(outputs_of(ideal_circuit(), readout, inputs), InputError);
    readout.input = RowInput::pulse_width;
    const MixedNetwork mixed = built(real_circuit(), readout, inputs);
    const MixedInference inference = infer_mixed(mixed, inputs);
    CHECK(inference.power.cells > 0.0);
    CHECK(inference.power.wires > 0.0);
    CHECK(inference.power.stages > 0.0);
}
