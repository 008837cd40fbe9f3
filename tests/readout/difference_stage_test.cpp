#include "readout/difference_stage.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("a stage that cannot be is refused") {
    Crossbar crossbar = small_pair_array();
    CHECK_THROWS_WITH_AS(attach_stages(crossbar, {StageKind::difference, 0.0, 1e3}),
                         doctest::Contains("gain"), InputError);
    CHECK_THROWS_WITH_AS(attach_stages(crossbar, {StageKind::difference, 1.0, -1.0}),
                         doctest::Contains("r_input"), InputError);
    crossbar.lines_per_site = 1;
    CHECK_THROWS_WITH_AS(attach_stages(crossbar, ReadoutStage{}), doctest::Contains("pair"), InputError);
}
