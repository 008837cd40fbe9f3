#include "readout/stage_closure.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace ohmloom;

namespace {

/// Three rows, two outputs, uneven conductances.
Crossbar small_pair_array() {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(3, 4,
                                std::vector<double>{2e-4, 7e-5, 7e-5, 2e-4, //
                                                    1e-4, 2e-4, 3e-5, 6e-5, //
                                                    7e-5, 2e-4, 2e-4, 1e-4});
    crossbar.lines_per_site = 2;
    return crossbar;
}

} // namespace

TEST_CASE("with ideal wires the difference stage follows its closed form") {
    // g± and S± = sum g± v of each line; R1 into the op-amp, R3 = R4 = gain * R1:
    //   I+ = S+ / (1 + (R1 + R4) g+),  V+ = R4 I+,  I- = (S- - V+ g-) / (1 + R1 g-),  u = V+ - R3 I-.
    const ReadoutStage stage{StageKind::difference, 30.0, 1e3};
    Crossbar crossbar = small_pair_array();
    attach_stages(crossbar, stage);
    const StageResponse response = close_stages(port_matrix(crossbar), stage);
    const double v[3] = {0.8, 0.0, 0.3};
    for (Index s = 0; s < 2; ++s) {
        double g_plus = 0, g_minus = 0, s_plus = 0, s_minus = 0, u = 0, i_plus = 0, i_minus = 0;
        for (Index r = 0; r < 3; ++r) {
            g_plus += crossbar.g(r, 2 * s);
            g_minus += crossbar.g(r, 2 * s + 1);
            s_plus += crossbar.g(r, 2 * s) * v[r];
            s_minus += crossbar.g(r, 2 * s + 1) * v[r];
            u += response.u(s, r) * v[r];
            i_plus += response.i_plus(s, r) * v[r];
            i_minus += response.i_minus(s, r) * v[r];
        }
        const double r1 = 1e3, r3 = 30e3, r4 = 30e3;
        const double expected_plus = s_plus / (1.0 + (r1 + r4) * g_plus);
        const double v_plus = r4 * expected_plus;
        const double expected_minus = (s_minus - v_plus * g_minus) / (1.0 + r1 * g_minus);
        CHECK(i_plus == testing::approx(expected_plus).epsilon(1e-12));
        CHECK(i_minus == testing::approx(expected_minus).epsilon(1e-12));
        CHECK(u == testing::approx(v_plus - r3 * expected_minus).epsilon(1e-12));
    }
}

TEST_CASE("virtual grounds give the plain difference of the line currents") {
    const ReadoutStage stage{StageKind::virtual_ground, 5.0, 2e3};
    Crossbar crossbar = small_pair_array();
    attach_stages(crossbar, stage);
    const StageResponse response = close_stages(port_matrix(crossbar), stage);
    for (Index s = 0; s < 2; ++s) {
        for (Index r = 0; r < 3; ++r) {
            CHECK(response.u(s, r) ==
                  testing::approx(1e4 * (crossbar.g(r, 2 * s) - crossbar.g(r, 2 * s + 1))));
        }
    }
}

TEST_CASE("with wires the stage agrees with an operating point at the potentials it sets") {
    const ReadoutStage stage{StageKind::difference, 12.0, 1e3};
    Crossbar crossbar = small_pair_array();
    crossbar.r_row = 40.0;
    crossbar.r_col = 90.0;
    attach_stages(crossbar, stage);
    const StageResponse response = close_stages(port_matrix(crossbar), stage);
    Drive drive{Matrix<double>(1, 3, std::vector<double>{0.8, 0.1, 0.5}), {0, 0, 0, 0}};
    for (Index s = 0; s < 2; ++s) {
        for (Index r = 0; r < 3; ++r)
            drive.v_col[static_cast<std::size_t>(2 * s + 1)] += response.v_minus(s, r) * drive.v_row(0, r);
    }
    const ArraySolution solution = solve_array(crossbar, drive, {.engine = Engine::mna});
    for (Index s = 0; s < 2; ++s) {
        // The op-amp holds both of its inputs at r_feedback * I+, and its output lies r_feedback * I- below.
        const double v_plus = 12e3 * solution.i_col(0, 2 * s);
        CHECK(v_plus == testing::approx(drive.v_col[static_cast<std::size_t>(2 * s + 1)]).epsilon(1e-10));
        double u = 0.0;
        for (Index r = 0; r < 3; ++r) u += response.u(s, r) * drive.v_row(0, r);
        CHECK(u == testing::approx(v_plus - 12e3 * solution.i_col(0, 2 * s + 1)).epsilon(1e-10));
    }
}

namespace {

/// One cell of 10 kOhm at 0.5 V behind each line of a single output.
Crossbar single_cells(Index lines) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, lines, std::vector<double>(static_cast<std::size_t>(lines), 1e-4));
    crossbar.lines_per_site = lines;
    return crossbar;
}

/// Output at 0.5 V of the row.
double output_of_single_cells(Index lines, const ReadoutStage& stage, const StageSample& sample = {}) {
    const std::vector<StagePort> ports{stage_port(stage, sample)};
    Crossbar crossbar = single_cells(lines);
    attach_stages(crossbar, ports);
    const StageResponse response = close_stages(port_matrix(crossbar), ports);
    return 0.5 * response.u(0, 0) + (response.rest.u.empty() ? 0.0 : response.rest.u[0]);
}

} // namespace

TEST_CASE("a single cell on a single line gives every kind's closed form") {
    // g = 1e-4 S at v = 0.5 V; r_feedback = 20 kOhm, r_input = 2 kOhm.
    const double g = 1e-4, v = 0.5, r_f = 20e3, r_i = 2e3, a = 100.0;
    const ReadoutStage nominal{.gain = 10.0, .r_input = r_i, .open_loop_gain = a};
    const auto with = [&](StageKind kind) {
        ReadoutStage stage = nominal;
        stage.kind = kind;
        return stage;
    };
    CHECK(output_of_single_cells(1, with(StageKind::virtual_ground)) == testing::approx(r_f * g * v));
    // Op-amp: g·(v − m) = m·(1 + A)/r_f and out = −A·m, of which u is the negative.
    const double m = g * v / ((1.0 + a) / r_f + g);
    CHECK(output_of_single_cells(1, with(StageKind::op_amp)) == testing::approx(a * m));
    // With a resistance between its inputs, as much again goes past it.
    ReadoutStage loaded = with(StageKind::op_amp);
    loaded.r_amplifier = 1e3;
    CHECK(output_of_single_cells(1, loaded) == testing::approx(a * g * v / ((1.0 + a) / r_f + g + 1e-3)));
    // Conveyor and divider: a resistance in series.
    ReadoutStage conveyor = with(StageKind::current_conveyor);
    conveyor.r_conveyor = 500.0;
    conveyor.current_gain = 0.9;
    CHECK(output_of_single_cells(1, conveyor) == testing::approx(0.9 * r_f * v / (1.0 / g + 500.0)));
    CHECK(output_of_single_cells(1, with(StageKind::divider)) ==
          testing::approx(10.0 * v * r_i / (r_i + 1.0 / g)));
    // Integrator of C = T/r_f behind an ideal op-amp: Q/C = T·g·v/C; with a leak R, R·g·v·(1 − exp(−T/RC)).
    ReadoutStage integrator = with(StageKind::integrator);
    integrator.open_loop_gain = ReadoutStage::infinite;
    CHECK(output_of_single_cells(1, integrator) == testing::approx(r_f * g * v));
    integrator.r_leak = 50e3;
    CHECK(output_of_single_cells(1, integrator) ==
          testing::approx(50e3 * g * v * (1.0 - std::exp(-r_f / 50e3))));
    // Without leak and with finite gain: v_C' = (g/C)·(v − v_C/(1 + A)), exactly (1 + A)·v·(1 − exp(−T·g/((1 + A)·C))).
    integrator.r_leak = ReadoutStage::infinite;
    integrator.open_loop_gain = a;
    const double charged = (1.0 + a) * v * (1.0 - std::exp(-r_f * g / (1.0 + a)));
    CHECK(output_of_single_cells(1, integrator) == testing::approx(charged * a / (1.0 + a)).epsilon(1e-4));
}

TEST_CASE("with more and more gain, op-amps and integrators come to virtual grounds as one over it") {
    const double ideal = output_of_single_cells(1, {.kind = StageKind::virtual_ground, .gain = 10.0});
    for (const StageKind kind : {StageKind::op_amp, StageKind::integrator}) {
        double last = 0.0;
        for (const double gain : {1e3, 1e4, 1e5, 1e6}) {
            const double error =
                ideal - output_of_single_cells(1, {.kind = kind, .gain = 10.0, .open_loop_gain = gain});
            CHECK(error > 0.0);
            if (last > 0.0) CHECK(last / error == testing::approx(10.0).epsilon(0.02));
            last = error;
        }
    }
}

TEST_CASE("an op-amp's offset comes out times 1 + r_feedback over the array's resistance") {
    // u is minus the output: −offset·(1 + r_feedback·g), with the row at 0 V; an integrator's the same with T/C.
    for (const StageKind kind : {StageKind::op_amp, StageKind::integrator}) {
        const ReadoutStage stage{.kind = kind, .gain = 30.0};
        const double with = output_of_single_cells(1, stage, {.offset_plus = 2e-3}),
                     without = output_of_single_cells(1, stage);
        CHECK(with - without == testing::approx(-2e-3 * (1.0 + 30e3 * 1e-4)));
    }
    // A pair's difference stage: +offset·(1 + r_feedback·g/(1 + r_input·g)).
    const ReadoutStage pair{.kind = StageKind::difference, .gain = 30.0};
    const double change =
        output_of_single_cells(2, pair, {.offset_plus = 2e-3}) - output_of_single_cells(2, pair);
    CHECK(change == testing::approx(2e-3 * (1.0 + 30e3 * 1e-4 / (1.0 + 1e3 * 1e-4))));
}

TEST_CASE(
    "stages differ from output to output as their seed, tile and place say, and by what was asked for") {
    const ReadoutStage stage{.kind = StageKind::op_amp, .spread = {1e-3, 0.02, 5}};
    double offsets = 0.0, gains = 0.0;
    constexpr int count = 4000;
    for (Index s = 0; s < count; ++s) {
        const StageSample sample = sample_stage(stage, 3, s);
        offsets += sample.offset_plus * sample.offset_plus + sample.offset_minus * sample.offset_minus;
        gains += std::log(sample.gain_plus) * std::log(sample.gain_plus);
        CHECK(sample.offset_plus != sample.offset_minus);
    }
    // Sample variances are within 5 of their own deviations, sqrt(2/N) of the variance.
    CHECK(offsets / (2.0 * count) == testing::approx(1e-6).epsilon(5.0 * std::sqrt(1.0 / count)));
    CHECK(gains / count == testing::approx(4e-4).epsilon(5.0 * std::sqrt(2.0 / count)));
    CHECK(sample_stage(stage, 3, 8).offset_plus == sample_stage(stage, 3, 8).offset_plus);
    CHECK(sample_stage(stage, 4, 8).offset_plus != sample_stage(stage, 3, 8).offset_plus);
    ReadoutStage other = stage;
    other.spread.seed = 6;
    CHECK(sample_stage(other, 3, 8).offset_plus != sample_stage(stage, 3, 8).offset_plus);
    CHECK(sample_stage({.kind = StageKind::op_amp}, 3, 8).gain_plus == 1.0);
}

TEST_CASE("integrators behind lines that their op-amps cannot hold are refused") {
    Crossbar crossbar = small_pair_array();
    CHECK_THROWS_WITH_AS(
        attach_stages(crossbar, {.kind = StageKind::integrator, .gain = 30.0, .open_loop_gain = 100.0}),
        doctest::Contains("open_loop_gain"), InputError);
    CHECK_NOTHROW(
        attach_stages(crossbar, {.kind = StageKind::integrator, .gain = 30.0, .open_loop_gain = 1e4}));
}

TEST_CASE("values of stages that cannot be are refused by name") {
    const auto refused = [](const char* name, ReadoutStage stage) {
        CHECK_THROWS_WITH_AS(validate(stage), doctest::Contains(name), InputError);
    };
    refused("open_loop_gain", {.open_loop_gain = 0.0});
    refused("r_amplifier", {.kind = StageKind::op_amp, .r_amplifier = -1.0});
    refused("r_conveyor", {.kind = StageKind::current_conveyor, .r_conveyor = -1.0});
    refused("current_gain", {.kind = StageKind::current_conveyor, .current_gain = 0.0});
    refused("integration_time", {.kind = StageKind::integrator, .integration_time = 0.0});
    refused("r_leak", {.kind = StageKind::integrator, .r_leak = std::nan("")});
    refused("offset_sigma", {.spread = {-1e-3, 0.0, 1}});
    refused("gain_sigma", {.spread = {0.0, std::nan(""), 1}});
    refused("virtual ground", {.kind = StageKind::virtual_ground, .spread = {1e-3, 0.0, 1}});
}

TEST_CASE("a stage that cannot be is refused") {
    Crossbar crossbar = small_pair_array();
    CHECK_THROWS_WITH_AS(attach_stages(crossbar, {StageKind::difference, 0.0, 1e3}),
                         doctest::Contains("gain"), InputError);
    CHECK_THROWS_WITH_AS(attach_stages(crossbar, {StageKind::difference, 1.0, -1.0}),
                         doctest::Contains("r_input"), InputError);
    crossbar.lines_per_site = 1;
    CHECK_THROWS_WITH_AS(attach_stages(crossbar, ReadoutStage{}), doctest::Contains("pair"), InputError);
}
