#include "inference/charge_tiles.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "inference/charge_check.hpp"
#include "inference/mixed_cost.hpp"
#include "inference/software.hpp"
#include "inference/tile_design.hpp"
#include "small_networks.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

const std::vector<LayerPartition> cuts{{3, 2}, {2, 1}};

Network small_network() {
    return random_network({30, 14, 6}, WeightKind::real, 77);
}

/// Ladders without flaws.
ChargeTiles ideal_tiles(int bits, ChargeDrive drive) {
    ChargeTiles tiles;
    tiles.design.cell.bits = bits;
    tiles.design.drive = drive;
    tiles.design.temperature = 0.0;
    return tiles;
}

/// With mismatch, parasitics, charge and noise of the switches.
ChargeTiles real_tiles(ChargeDrive drive) {
    ChargeTiles tiles = ideal_tiles(4, drive);
    tiles.design.cell.node_parasitic = 0.1;
    tiles.design.cell.bottom_parasitic = 0.1;
    tiles.design.cell.unit_sigma = 0.05;
    tiles.design.column_capacitance = 5e-15;
    tiles.design.injection = 1e-16;
    tiles.design.injection_sigma = 1e-16;
    tiles.design.temperature = 300.0;
    tiles.seed = 5;
    return tiles;
}

/// The network with the weights that its codes stand for.
Network quantised(Network network, const ChargeTiles& tiles) {
    const std::vector<ChargeLayer> layers = charge_layers(network, cuts, tiles, RowSigns::two_phases);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        DenseLayer& layer = network.layers[l];
        const Matrix<double> weights = quantised_weights(layers[l].weights, tiles.design);
        for (Index o = 0; o < layer.outputs(); ++o) {
            for (Index i = 0; i < layer.inputs(); ++i) layer.weights(o, i) = weights(o, i);
            layer.bias[static_cast<std::size_t>(o)] = weights(o, layer.inputs());
        }
    }
    return network;
}

MixedNetwork built(const ChargeTiles& tiles, const MixedReadout& readout, const Matrix<double>& inputs) {
    return build_mixed(small_network(), cuts, tiles, readout, inputs);
}

} // namespace

TEST_CASE("a tile of two rows and two columns gives the voltages, sums, energy and noise found by hand") {
    // Binary cells of 1 and 2 fF between ± the row's voltage and a column of 2·3 + 2 = 8 fF. Weights ±1/4 and ±3/4 are the codes 0 to 3.
    Network network = random_network({1, 2}, WeightKind::real, 1);
    network.layers[0].weights = Matrix<double>(2, 1, {0.75, -0.75});
    network.layers[0].bias = {-0.25, 0.75};
    ChargeTiles tiles = ideal_tiles(2, ChargeDrive::differential);
    tiles.design.cell.kind = ChargeCellKind::binary_weighted;
    tiles.design.cell.unit = 1e-15;
    tiles.design.column_capacitance = 2e-15;
    tiles.design.temperature = 300.0;
    const std::vector<LayerPartition> whole{{1, 1}};
    const Matrix<double> inputs(1, 1, {0.5});
    const std::vector<TiledLayer> layers = make_tiles(tiles, network, whole, RowSigns::two_phases, {}, true);
    const TileCircuit& tile = layers[0].tiles[0];
    // Rows at 0.4 V and, the bias, 0.8 V: (3·0.4 - 1·0.8)/8 V and (-3·0.4 + 3·0.8)/8 V.
    const LayerSignals found = answer(tile, Matrix<double>(1, 2, {0.4, 0.8}), {}, true);
    CHECK(found.u(0, 0) == approx(0.05).epsilon(1e-13));
    CHECK(found.u(0, 1) == approx(0.15).epsilon(1e-13));
    // Every capacitor takes C·a·(a - v) from a source at a: 0.42 + 0.6 + 1.36 fJ and 0.66 + 1.56 fJ.
    CHECK(found.charging == approx(4.6e-15).epsilon(1e-12));
    CHECK(tile.capacitance[0] == approx(8e-15).epsilon(1e-13));
    CHECK(tile.noise.rms[1] == approx(std::sqrt(1.380649e-23 * 300.0 / 8e-15)).epsilon(1e-12));
    tiles.design.temperature = 0.0;
    const MixedInference run = infer_mixed(build_mixed(network, whole, tiles, {}, inputs), inputs);
    CHECK(run.outputs(0, 0) == approx(0.125).epsilon(1e-12));
    CHECK(run.outputs(0, 1) == approx(0.375).epsilon(1e-12));
    CHECK(run.charging == approx(4.6e-15).epsilon(1e-12));
    CHECK(run.power.total() == 0.0);
}

TEST_CASE("without any flaw arrays in charge give exactly the sums of the rounded weights") {
    const Matrix<double> inputs = random_inputs(200, 30, 4);
    for (const ChargeDrive drive : {ChargeDrive::differential, ChargeDrive::single_ended}) {
        const ChargeTiles tiles = ideal_tiles(5, drive);
        const Matrix<double> expected = evaluate_in_software(quantised(small_network(), tiles), inputs);
        CHECK(largest_difference(infer_mixed(built(tiles, {}, inputs), inputs).outputs, expected) < 1e-11);
        // Bits are few enough to tell.
        CHECK(largest_difference(expected, evaluate_in_software(small_network(), inputs)) > 1e-3);
        // Parasitics that all cells have alike take nothing but gain, which the design knows.
        ChargeTiles loaded = tiles;
        loaded.design.column_capacitance = 30e-15;
        CHECK(largest_difference(infer_mixed(built(loaded, {}, inputs), inputs).outputs, expected) < 1e-11);
        // Bit by bit, the same codes.
        MixedReadout serial;
        serial.dac = DacDesign{.bits = 6, .is_signed = false};
        const Matrix<double> level = infer_mixed(built(tiles, serial, inputs), inputs).outputs;
        serial.input = RowInput::bit_serial;
        CHECK(largest_difference(infer_mixed(built(tiles, serial, inputs), inputs).outputs, level) < 1e-11);
    }
}

TEST_CASE("a run's samples are the columns of `charge_response`, with its noise, tile by tile") {
    const Matrix<double> inputs = random_inputs(20, 30, 4);
    for (const ChargeDrive drive : {ChargeDrive::differential, ChargeDrive::single_ended}) {
        const ChargeTiles tiles = real_tiles(drive);
        const MixedNetwork mixed = built(tiles, {}, inputs);
        const std::vector<ChargeLayer> layers =
            charge_layers(small_network(), cuts, tiles, RowSigns::two_phases);
        for (const std::size_t t : {std::size_t{1}, std::size_t{4}}) {
            const ChargeTile& tile = layers[0].tiles[t];
            CHECK(tile.number == t);
            const Matrix<double> numbers =
                columns_between(row_numbers(mixed.layers[0], inputs), tile.place.inputs, {0, inputs.rows()});
            Matrix<double> v = numbers;
            for (double& one : v.values()) one *= tiles.supply;
            // Made afresh from codes and keys.
            const ChargeArray array =
                make_charge_array(tiles.design, tile.array.codes, tiles.seed, static_cast<std::uint32_t>(t));
            const Matrix<double> columns = column_voltages(charge_response(array), v, {5, tile.number, 40});
            const Matrix<double> u =
                sample_tile(mixed.layers[0].tiles[t], mixed.layers[0].coding, numbers, {}, false, 40).u;
            if (drive == ChargeDrive::differential) {
                CHECK(largest_difference(u, columns) < 1e-15);
                continue;
            }
            // Pairs of columns have one number with both columns' noise.
            const Matrix<double> still = column_voltages(charge_response(array), v);
            for (Index k = 0; k < u.rows(); ++k) {
                for (Index o = 0; o < u.cols(); ++o)
                    CHECK(std::abs(u(k, o) - still(k, 2 * o) + still(k, 2 * o + 1)) <
                          6.0 * std::sqrt(2.0) * 4e-4);
            }
        }
    }
}

TEST_CASE(
    "noise of the samples has the variance kT/C, of both columns where there are two, and new numbers for "
    "every sample and tile") {
    constexpr Index count = 20000;
    for (const ChargeDrive drive : {ChargeDrive::differential, ChargeDrive::single_ended}) {
        const ChargeTiles tiles = real_tiles(drive);
        const Matrix<double> inputs = random_inputs(1, 30, 4);
        const std::vector<TiledLayer> layers =
            make_tiles(tiles, small_network(), cuts, RowSigns::two_phases, {}, false);
        const TileCircuit& tile = layers[0].tiles[0];
        const double each = drive == ChargeDrive::differential ? 1.0 : 2.0;
        Matrix<double> noise(count, tile.outputs), other(count, tile.outputs);
        add_noise(tile.noise, 0, noise);
        add_noise(layers[0].tiles[1].noise, 0, other);
        double sum = 0.0, square = 0.0, product = 0.0;
        for (Index k = 0; k < count; ++k) {
            sum += noise(k, 0);
            square += noise(k, 0) * noise(k, 0);
            product += noise(k, 0) * other(k, 0);
        }
        const double variance = each * 1.380649e-23 * 300.0 / tile.capacitance[0];
        // The variance of 20,000 numbers is known to 1 %; columns of a pair differ by mismatch, a few tenths of a percent.
        CHECK(square / count == approx(variance).epsilon(0.04));
        CHECK(std::abs(sum / count) < 4.0 * std::sqrt(variance / count));
        CHECK(std::abs(product / count) < 4.0 * variance / std::sqrt(count));
    }
}

TEST_CASE("neither threads nor the cut into batches change what noisy arrays in charge give") {
    const Matrix<double> inputs = random_inputs(600, 30, 4);
    MixedReadout readout;
    readout.dac = DacDesign{.bits = 3, .is_signed = false};
    readout.adc = AdcDesign{};
    for (const RowInput input : {RowInput::level, RowInput::bit_serial}) {
        readout.input = input;
        const MixedNetwork mixed = built(real_tiles(ChargeDrive::differential), readout, inputs);
        const MixedInference all = infer_mixed(mixed, inputs);
        {
            const ThreadLimit one(1);
            const MixedNetwork again = built(real_tiles(ChargeDrive::differential), readout, inputs);
            CHECK(infer_mixed(again, inputs).outputs == all.outputs);
        }
        Matrix<double> rest(250, 30);
        for (Index k = 0; k < 250; ++k) std::ranges::copy(inputs.row(350 + k), rest.row(k).begin());
        const Matrix<double> first = run_layer(mixed.layers[0], mixed.readout, inputs, {}).z;
        const Matrix<double> part = run_layer(mixed.layers[0], mixed.readout, rest, {}, 350).z;
        for (Index k = 0; k < 250; ++k) CHECK(std::ranges::equal(part.row(k), first.row(350 + k)));
    }
}

TEST_CASE(
    "energy is CV^2 of every cycle: it goes with the square of the supply, and counts every bit's cycle") {
    const Matrix<double> inputs = random_inputs(50, 30, 4);
    MixedReadout readout;
    readout.dac = DacDesign{.bits = 1, .is_signed = false};
    ChargeTiles tiles = real_tiles(ChargeDrive::differential);
    tiles.design.temperature = 0.0;
    const MixedNetwork mixed = built(tiles, readout, inputs);
    const MixedInference run = infer_mixed(mixed, inputs);
    const MixedCost cost = mixed_cost(mixed, run, {1e-8, 0.0}, digital_cost(UnitArithmetic::exact));
    CHECK(cost.capacitors.energy == run.charging);
    CHECK(run.charging > 0.0);
    CHECK(cost.arrays.energy == 0.0);
    CHECK(charging_power(mixed, run, 1e-8) == approx(run.charging / 1e-8).epsilon(1e-12));
    ChargeTiles twice = tiles;
    twice.supply = 2.0 * tiles.supply;
    twice.design.injection = 2.0 * tiles.design.injection;
    twice.design.injection_sigma = 2.0 * tiles.design.injection_sigma;
    CHECK(infer_mixed(built(twice, readout, inputs), inputs).charging ==
          approx(4.0 * run.charging).epsilon(1e-9));
    // Rows of two bits that are both on or both off are driven twice.
    Matrix<double> on_off = inputs;
    for (double& x : on_off.values()) x = x > 0.5 ? 1.0 : 0.0;
    const MixedNetwork once = built(tiles, readout, on_off);
    readout.dac->bits = 2;
    readout.input = RowInput::bit_serial;
    const MixedNetwork serial = built(tiles, readout, on_off);
    CHECK(run_layer(serial.layers[0], readout, on_off, {}).charging ==
          approx(2.0 * run_layer(once.layers[0], {}, on_off, {}).charging).epsilon(1e-9));
}

TEST_CASE("drawn columns are found again by circuits of capacitors and switches, in mna and in ngspice") {
    const Matrix<double> inputs = random_inputs(9, 30, 4);
    for (const ChargeDrive drive : {ChargeDrive::differential, ChargeDrive::single_ended}) {
        const ChargeTiles tiles = real_tiles(drive);
        const MixedNetwork mixed = built(tiles, {}, inputs);
        const auto voltages_of = [&](const Matrix<double>& drawn) { return row_voltages(mixed, drawn); };
        const std::vector<ChargeLayer> layers =
            charge_layers(small_network(), cuts, tiles, RowSigns::two_phases);
        for (const Engine engine : {Engine::mna, Engine::ngspice}) {
            const CrossCheck check = cross_check(layers, tiles.supply, voltages_of, inputs,
                                                 {.pairs = 3, .engine = engine, .time_limit = 200.0});
            CAPTURE(check.problem);
            CHECK(check.unsolved == 0);
            CHECK(check.passed());
            CHECK(check.deviation > 0.0);
        }
        // As parts of a nanovolt they are not.
        CHECK(!cross_check(layers, 1e-9, voltages_of, inputs, {.pairs = 1, .engine = Engine::mna}).passed());
        CHECK_THROWS_AS(
            cross_check(layers, tiles.supply, voltages_of, inputs, {.pairs = 1, .engine = Engine::lines}),
            InputError);
    }
}

TEST_CASE("pulse widths, and partitions that do not fit, are refused") {
    const Matrix<double> inputs = random_inputs(5, 30, 4);
    const ChargeTiles tiles = ideal_tiles(4, ChargeDrive::differential);
    MixedReadout readout;
    readout.dac = DacDesign{.bits = 4, .is_signed = false};
    readout.input = RowInput::pulse_width;
    CHECK_THROWS_WITH_AS(built(tiles, readout, inputs), doctest::Contains("knows levels only"), InputError);
    const std::vector<LayerPartition> one{{1, 1}};
    CHECK_THROWS_AS(build_mixed(small_network(), one, tiles, {}, inputs), InputError);
    ChargeTiles wild = tiles;
    wild.design.cell.unit_sigma = 2.0;
    CHECK_THROWS_WITH_AS(built(wild, {}, inputs), doctest::Contains("is too much"), InputError);
}
