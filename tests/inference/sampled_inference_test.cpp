#include "inference/sampled_inference.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "inference/charging.hpp"
#include "inference/inference.hpp"
#include "mapping/plan.hpp"
#include "small_networks.hpp"
#include "solver/array_transient.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// A small network whose wires take some tens of picoseconds.
std::vector<LayerArrays> slow_network(const std::vector<Index>& sizes, StageKind kind) {
    const Network network = random_network(sizes, WeightKind::real, 31);
    std::vector<LayerPartition> partitions(sizes.size() - 1, {2, 2});
    partitions.back() = {1, 1};
    const Plan plan = make_plan(network, partitions, small_window, Polarity::inverted);
    NetworkCircuit circuit{small_circuit(), std::vector<double>(sizes.size() - 1, 10.0), {}};
    circuit.array.stage.kind = kind;
    circuit.array.capacitance = {.row_ground = 2e-14, .col_ground = 2e-14, .cell = 5e-15, .sense = 3e-14};
    return build_network(plan, circuit);
}

std::vector<LayerSettling> settle(const std::vector<LayerArrays>& layers, double step, Index count,
                                  const AmplifierDynamics& amplifier = {}) {
    std::vector<LayerSettling> settled;
    settled.reserve(layers.size());
    for (const LayerArrays& layer : layers)
        settled.push_back(settle_layer(layer, amplifier, step, count, 1e-8));
    return settled;
}

} // namespace

TEST_CASE("read late enough, images give what the settled network gives") {
    const Matrix<double> inputs = random_inputs(12, 6, 5);
    const std::vector<LayerArrays> layers = slow_network({6, 5, 4}, StageKind::difference);
    const AnalogInference settled = infer(layers, {}, inputs, {});
    for (const ImageSequence sequence : {ImageSequence::stream, ImageSequence::reset}) {
        const SampledInference late = infer_sampled(settle(layers, 2e-9, 32), {}, inputs, 16, sequence);
        CHECK(largest_difference(late.outputs, settled.outputs) < 1e-6);
        const SampledInference early = infer_sampled(settle(layers, 1e-12, 32), {}, inputs, 16, sequence);
        CHECK(largest_difference(early.outputs, settled.outputs) > 1e-2);
    }
}

TEST_CASE("a stream of images through one layer is the array's answer to their course of voltages") {
    // One layer of one tile with virtual grounds: its outputs are the currents of a run in time over all images.
    const Matrix<double> inputs = random_inputs(5, 6, 8);
    const std::vector<LayerArrays> layers = slow_network({6, 3}, StageKind::virtual_ground);
    const double t_image = 1.2e-11;
    const Index instants = 8;
    const SampledInference sampled = infer_sampled(settle(layers, t_image / instants, 8 * instants), {},
                                                   inputs, instants, ImageSequence::stream);

    const Crossbar& crossbar = layers.front().crossbars.front();
    const double v_supply = Neuron{}.v_supply;
    TransientDrive drive;
    drive.v_row = Matrix<double>(1, 7, v_supply);
    drive.curve = Matrix<Index>(1, 7, 0);
    TransientOptions options{.times = {}, .tolerance = 1e-7};
    for (Index r = 0; r < 7; ++r) {
        VoltageCurve curve{{0.0}, {r == 6 ? 1.0 : 0.0}};
        for (Index k = 0; k < 5 && r < 6; ++k) {
            const double t = t_image * static_cast<double>(k);
            curve.t.insert(curve.t.end(), {t, t});
            curve.v.insert(curve.v.end(), {curve.v.back(), inputs(k, r)});
        }
        drive.curve(0, r) = r;
        drive.curves.push_back(curve);
    }
    for (int k = 1; k <= 5; ++k) options.times.push_back(t_image * k);
    const TransientSolution run = solve_transient(crossbar, drive, options);
    const double r_feedback = layers.front().stage.r_feedback();
    double full = 0.0, worst = 0.0;
    for (Index k = 0; k < 5; ++k) {
        for (Index o = 0; o < 3; ++o) {
            const std::size_t at = static_cast<std::size_t>(k);
            const double u = r_feedback * (run.i_col[at](0, 2 * o) - run.i_col[at](0, 2 * o + 1));
            full = std::max(full, std::abs(u));
            worst = std::max(worst, std::abs(-sampled.outputs(k, o) - u));
        }
    }
    CHECK(worst < 1e-4 * full);
    // And what the images before leave behind is seen.
    const SampledInference reset = infer_sampled(settle(layers, t_image / instants, 8 * instants), {}, inputs,
                                                 instants, ImageSequence::reset);
    CHECK(largest_difference(reset.outputs, sampled.outputs) > 1e-2 * full);
    for (Index o = 0; o < 3; ++o)
        CHECK(reset.outputs(0, o) == testing::approx(sampled.outputs(0, o)).epsilon(1e-9));
}

TEST_CASE("a long stream gives the same however it is cut into parts") {
    // The first images of a long stream do not see the later ones.
    const Matrix<double> inputs = random_inputs(700, 6, 9);
    Matrix<double> some(300, 6);
    for (Index k = 0; k < 300; ++k)
        std::copy(inputs.row(k).begin(), inputs.row(k).end(), some.row(k).begin());
    const std::vector<LayerSettling> layers =
        settle(slow_network({6, 5, 4}, StageKind::difference), 2e-12, 64);
    const SampledInference all = infer_sampled(layers, {}, inputs, 8, ImageSequence::stream);
    const SampledInference first = infer_sampled(layers, {}, some, 8, ImageSequence::stream);
    for (Index k = 0; k < 300; ++k) {
        for (Index o = 0; o < 4; ++o)
            CHECK(all.outputs(k, o) == testing::approx(first.outputs(k, o)).epsilon(1e-9));
    }
}

TEST_CASE("finer instants bring layers behind neurons to their course") {
    const Matrix<double> inputs = random_inputs(6, 6, 10);
    const std::vector<LayerArrays> layers = slow_network({6, 5, 4}, StageKind::difference);
    const double t_image = 2e-11;
    const auto at = [&](Index instants) {
        return infer_sampled(settle(layers, t_image / static_cast<double>(instants), 8 * instants), {},
                             inputs, instants, ImageSequence::stream)
            .outputs;
    };
    const Matrix<double> coarse = at(6), middle = at(12), fine = at(24);
    CHECK(largest_difference(middle, fine) < 0.5 * largest_difference(coarse, middle));
    CHECK(largest_difference(middle, fine) < 0.02);
}

TEST_CASE("the settling time of a layer is when the worst input has settled") {
    const std::vector<LayerArrays> layers = slow_network({6, 3}, StageKind::virtual_ground);
    const LayerSettling fine = settle_layer(layers.front(), {}, 1e-12, 200, 1e-8);
    const double t = fine.settling_time(1e-2);
    REQUIRE(std::isfinite(t));
    const auto n = static_cast<std::size_t>(std::lround(t / 1e-12)) - 1;
    const auto worst = [&](std::size_t instant) {
        double largest = 0.0, full = 0.0;
        for (Index o = 0; o < 3; ++o) {
            double off = 0.0, sum = 0.0;
            for (Index r = 0; r < 7; ++r) {
                off += std::abs(fine.jump[instant](o, r) - fine.settled(o, r));
                sum += std::abs(fine.settled(o, r));
            }
            largest = std::max(largest, off);
            full = std::max(full, sum);
        }
        return largest / full;
    };
    CHECK(worst(n) <= 1e-2);
    CHECK(worst(n - 1) > 1e-2);
    CHECK(std::isinf(settle_layer(layers.front(), {}, 1e-14, 5, 1e-6).settling_time(1e-2)));
}

TEST_CASE("layers that do not fit are refused by name") {
    const std::vector<LayerSettling> layers =
        settle(slow_network({6, 5, 4}, StageKind::difference), 1e-11, 8);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(infer_sampled(layers, {}, random_inputs(2, 4, 1), 4, ImageSequence::stream)),
        doctest::Contains("7 rows for 4 signals"), InputError);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(infer_sampled(layers, {}, random_inputs(2, 6, 1), 16, ImageSequence::stream)),
        doctest::Contains("at least 16 steps"), InputError);
}

TEST_CASE("a layer's charging is what its drivers give in time beyond the currents that stay, lines that "
          "stages move included") {
    for (const StageKind kind : {StageKind::virtual_ground, StageKind::difference}) {
        CAPTURE(to_string(kind));
        const LayerArrays layer = slow_network({6, 3}, kind).front();
        const Crossbar& crossbar = layer.crossbars.front();
        const Matrix<double> form = charging_form(layer);
        REQUIRE(form.rows() == 7);
        const Matrix<double> v = with_bias_row(random_inputs(1, 6, 8), 0.8, 0.8);
        // All rows rise from 0 V at once, and the lines with them to where the stages bring them.
        const PortMatrix ports = port_matrix(crossbar);
        const Matrix<double> potentials = terminal_potentials(ports, close_stages(ports, layer.stages_of(0))),
                             at_ports = multiply_transposed(v, potentials);
        TransientDrive drive = step_drive(v);
        drive.v_col.assign(at_ports.row(0).begin() + 7, at_ports.row(0).end());
        drive.col_curve.assign(drive.v_col.size(), 0);
        const double t = 4e-9;
        const TransientSolution run = solve_transient(crossbar, drive, {.times = {t}, .tolerance = 1e-6});
        double energy = 0.0;
        for (Index r = 0; r < 7; ++r) {
            const double beyond = run.charge_row.front()(0, r) - t * run.i_row.front()(0, r);
            const double expected =
                std::inner_product(form.row(r).begin(), form.row(r).end(), v.row(0).begin(), 0.0);
            CHECK(expected == testing::approx(beyond).epsilon(3e-3));
            energy += v(0, r) * beyond;
        }
        // Here the bias has risen as well: as a signal beside another bias that nothing hangs on.
        const Matrix<double> all = with_bias_row(v, 1.0, 0.0);
        Matrix<double> wider(8, 8);
        for (Index r = 0; r < 7; ++r) std::copy(form.row(r).begin(), form.row(r).end(), wider.row(r).begin());
        CHECK(charging_energy(wider, all, ImageSequence::stream) == testing::approx(energy).epsilon(3e-3));
    }
}

TEST_CASE("images that repeat take no charge, unless the array is reset; a bias takes none") {
    // Two rows and the bias: y·F·(y − x) by hand.
    Matrix<double> form(3, 3, {2.0, 0.5, 7.0, 0.5, 1.0, 7.0, 7.0, 7.0, 7.0});
    const Matrix<double> v(2, 3, {1.0, 2.0, 3.0, 1.0, 2.0, 3.0});
    // (1, 2, 3)·F·(1, 2, 0) = 1·3 + 2·2.5 + 3·21
    CHECK(charging_energy(form, v, ImageSequence::stream) == testing::approx(71.0 / 2.0).epsilon(1e-14));
    CHECK(charging_energy(form, v, ImageSequence::reset) == testing::approx(71.0).epsilon(1e-14));
}
