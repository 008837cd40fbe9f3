#include "lut/circuit_luts.hpp"

#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "lut/interpolate.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

using namespace ohmloom;

TEST_CASE("a neuron's table is its transfer curve within the error stated") {
    Neuron neuron;
    neuron.kind = Neuron::Kind::inverter;
    const RefinedFunction function = neuron_function(neuron, -0.5, 0.5);
    const RefinedTable made = refine_table(function, {.max_error = 1e-4});
    REQUIRE(made.is_met);
    validate(made.table);
    const Interpolant curve(made.table, "v_out");
    for (double v = -0.49; v < 0.5; v += 0.0137)
        CHECK(std::abs(curve.evaluate(std::array{v}) - transfer(neuron, v)) <=
              1.5 * made.table.errors.front().largest);
}

TEST_CASE("corners of a rectifier are nodes, so that its table is exact") {
    Neuron neuron;
    neuron.kind = Neuron::Kind::relu;
    neuron.slope = 2.0;
    neuron.v_limit = 0.7;
    const RefinedTable made = refine_table(neuron_function(neuron, -1.0, 1.0), {.max_error = 1e-9});
    CHECK(made.is_met);
    CHECK(made.table.axes[0].values.size() < 20);
}

TEST_CASE("a comparator's jump is a place where no straight line is right, and that is said") {
    Neuron neuron;
    neuron.kind = Neuron::Kind::comparator;
    neuron.threshold = 0.1234;
    const RefinedTable made =
        refine_table(neuron_function(neuron, -1.0, 1.0), {.max_error = 1e-3, .max_points = 2000});
    CHECK_FALSE(made.is_met);
    CHECK(made.reached > 0.1);
}

TEST_CASE("a stage is linear in its currents: four corners hold it") {
    ReadoutStage stage;
    const RefinedTable made =
        refine_table(stage_function(stage, 1e-4), {.max_error = 1e-9, .check_points = 500});
    CHECK(made.is_met);
    CHECK(made.table.arrays.front().values.size() == 4);
    // Difference stage: u is r_feedback times the difference of the currents where lines end in its r_input.
    const StagePort port = stage_port(stage);
    CHECK(Interpolant(made.table, "v_out").evaluate(std::array{3e-5, 1e-5}) ==
          doctest::Approx(port.t_plus * 3e-5 + port.t_minus * 1e-5).epsilon(1e-12));
}

TEST_CASE("the deck of a neuron gives the table of its curve") {
    const SpiceDeck deck = read_spice(OHMLOOM_SOURCE_DIR "/netlists/inverter_neuron.cir");
    const RefinedFunction function = circuit_function(deck.circuit, {{"vin", -0.3, 0.3}}, "out");
    const RefinedTable made = refine_table(function, {.max_error = 1e-3, .check_points = 200});
    REQUIRE(made.is_met);
    validate(made.table);
    const double stated = made.table.errors.front().largest;
    // Values that the deck's header derives by bisection.
    const Interpolant curve(made.table, "out");
    CHECK(std::abs(curve.evaluate(std::array{0.05}) - 0.27570821069814266) <= 1.5 * stated + 1e-8);
    CHECK(std::abs(curve.evaluate(std::array{-0.05}) - 0.5242917893018574) <= 1.5 * stated + 1e-8);
    CHECK(mentions(message_of<InputError>([&] {
                       (void)circuit_function(deck.circuit, {{"vx", 0, 1}}, "out");
                   }),
                   "vx"));
    CHECK(mentions(message_of<InputError>([&] {
                       (void)circuit_function(deck.circuit, {{"vin", 0, 1}}, "nowhere");
                   }),
                   "nowhere"));
}
