#include "base/errors.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/spice_text.hpp"
#include "solver/ngspice_jobs.hpp"
#include "tests/solver/generated_arrays.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::string spice(const Circuit& circuit) {
    std::ostringstream deck;
    SpiceTextOptions options;
    options.control_cards = {".options reltol=1e-9 vntol=1e-11 abstol=1e-14 noopalter"};
    write_spice(deck, circuit, options);
    return deck.str();
}

/// Values of one deck at the sources it is written with.
std::vector<double> solve_deck(std::string deck, std::vector<std::string> outputs) {
    const NgspiceAnswer answer =
        solve_operating_points({std::move(deck), {}, Matrix<double>(1, 0), std::move(outputs)});
    REQUIRE(answer.converged[0]);
    return answer.values.values();
}

/// Output of the difference stage behind one pair of lines with ideal wires, in closed form:
///     I+ = S+ / (1 + (R1 + R4)·g+),  V+ = R4·I+,  I− = (S− − V+·g−) / (1 + R1·g−),  out = V+ − R3·I−
/// with S = sum(G·v), g = sum(G), R1 the input and R3 = R4 the feedback resistance.
double stage_output(const Crossbar& crossbar, const std::vector<double>& v, Index site,
                    const DifferenceStageCircuit& stage) {
    double s_plus = 0.0, s_minus = 0.0, g_plus = 0.0, g_minus = 0.0;
    for (Index r = 0; r < crossbar.rows(); ++r) {
        const double v_r = v[static_cast<std::size_t>(r)];
        s_plus += crossbar.g(r, 2 * site) * v_r;
        s_minus += crossbar.g(r, 2 * site + 1) * v_r;
        g_plus += crossbar.g(r, 2 * site);
        g_minus += crossbar.g(r, 2 * site + 1);
    }
    const double i_plus = s_plus / (1.0 + (stage.r_input + stage.r_feedback) * g_plus);
    const double v_plus = stage.r_feedback * i_plus;
    const double i_minus = (s_minus - v_plus * g_minus) / (1.0 + stage.r_input * g_minus);
    return v_plus - stage.r_feedback * i_minus;
}

} // namespace

TEST_CASE("ngspice: the difference stage behind ideal wires gives the closed form") {
    CaseDraws draws(1);
    Crossbar crossbar;
    crossbar.lines_per_site = 2;
    crossbar.g = Matrix<double>(8, 6);
    for (double& g : crossbar.g.values()) g = 1.0 / (draws.chance(0.5) ? 5e3 : 15e3);
    std::vector<double> v;
    for (Index r = 0; r < 8; ++r) v.push_back(draws.chance(0.5) ? 0.8 : -0.8);

    for (const double gain : {10.0, 30.0, 300.0}) {
        CAPTURE(gain);
        DifferenceStageCircuit stage;
        stage.r_feedback = gain * stage.r_input;
        const ArrayNetlist netlist = expand_array(crossbar, {.v_row = v, .v_col = {}, .stage = stage});
        const std::vector<double> out = solve_deck(spice(netlist.circuit), {"o_0", "o_1", "o_2"});
        for (Index s = 0; s < 3; ++s) {
            CHECK(out[static_cast<std::size_t>(s)] ==
                  testing::approx(stage_output(crossbar, v, s, stage)).epsilon(1e-12));
        }
    }
}

TEST_CASE("ngspice: r_sense stays in series before the stage, like a larger input resistance") {
    Crossbar crossbar;
    crossbar.lines_per_site = 2;
    crossbar.g = Matrix<double>(2, 2, std::vector<double>{2e-4, 1e-4, 5e-5, 2e-4});
    crossbar.r_sense = {500.0, 500.0};
    const std::vector<double> v{0.8, -0.4};
    const ArrayNetlist netlist =
        expand_array(crossbar, {.v_row = v, .v_col = {}, .stage = DifferenceStageCircuit{}});
    DifferenceStageCircuit longer;
    longer.r_input += 500.0;
    CHECK(solve_deck(spice(netlist.circuit), {"o_0"})[0] ==
          testing::approx(stage_output(crossbar, v, 0, longer)).epsilon(1e-12));
}

TEST_CASE("ngspice: a finite op-amp gain takes off its share of the output") {
    // One row, g+ = g− = 1 mS at 1 V and 2 V more on the I+ side by a second row that only it meets.
    Crossbar crossbar;
    crossbar.lines_per_site = 2;
    crossbar.g = Matrix<double>(2, 2, std::vector<double>{1e-3, 1e-3, 1e-3, 0.0});
    const std::vector<double> v{1.0, 2.0};
    DifferenceStageCircuit stage;
    stage.r_feedback = 10e3;
    stage.open_loop_gain = 1e4;
    const ArrayNetlist netlist = expand_array(crossbar, {.v_row = v, .v_col = {}, .stage = stage});
    // The I− side divides out by 1 + 10k/(1k + 1/1mS) = 6, so out = ideal / (1 + 6/gain).
    CHECK(solve_deck(spice(netlist.circuit), {"o_0"})[0] ==
          testing::approx(stage_output(crossbar, v, 0, stage) / (1.0 + 6e-4)).epsilon(1e-10));
}
