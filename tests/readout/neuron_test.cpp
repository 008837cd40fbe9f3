#include "readout/neuron.hpp"

#include "base/errors.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;

TEST_CASE("both neurons invert, are centred at 0 V and stay between ground and supply") {
    for (const Neuron::Kind kind : {Neuron::Kind::sigmoid, Neuron::Kind::inverter}) {
        const Neuron neuron{.kind = kind};
        CHECK(transfer(neuron, 0.0) == testing::approx(0.4).epsilon(1e-12));
        double last = 0.8;
        for (double v = -1.0; v <= 1.0; v += 0.01) {
            const double out = transfer(neuron, v);
            CHECK(out >= 0.0);
            CHECK(out <= last + 1e-15); // rounding where the curve is flat
            CHECK(out + transfer(neuron, -v) == testing::approx(0.8).epsilon(1e-12));
            last = out;
        }
    }
}

TEST_CASE("the sigmoid has a slope of -k*supply/4 at its centre") {
    const Neuron neuron;
    CHECK((transfer(neuron, 1e-5) - transfer(neuron, -1e-5)) / 2e-5 ==
          testing::approx(-15.0 * 0.8 / 4.0).epsilon(1e-8));
}

TEST_CASE("the inverter's slope is set by its resistors and reduced by its finite gain") {
    // Linearised: v_out = -A v_g and (v_in - v_g)/R_low = (v_g - v_out)/R_high give
    // dv_out/dv_in = -A R_high / (R_low (1 + A) + R_high) = -(R_high/R_low) / (1 + (1 + R_high/R_low)/A).
    for (const double gain : {5.0, 20.0, 1000.0}) {
        const Neuron neuron{.kind = Neuron::Kind::inverter, .inverter_gain = gain};
        const double slope = (transfer(neuron, 1e-6) - transfer(neuron, -1e-6)) / 2e-6;
        CHECK(slope == testing::approx(-3.0 / (1.0 + 4.0 / gain)).epsilon(1e-6));
    }
}

TEST_CASE("the inverter's output satisfies the gate's Kirchhoff equation") {
    const Neuron neuron{.kind = Neuron::Kind::inverter};
    for (double v = -0.3; v <= 0.3; v += 0.013) {
        const double out = transfer(neuron, v);
        const double gate = (v + 0.4) + (out - (v + 0.4)) * neuron.r_low / (neuron.r_low + neuron.r_high);
        CHECK(out == testing::approx(0.4 * (1.0 - std::tanh(neuron.inverter_gain * (gate - 0.4) / 0.4)))
                         .epsilon(1e-9));
    }
}

TEST_CASE("ReLU, tanh and comparator have their closed forms, and rise") {
    const Neuron relu{.kind = Neuron::Kind::relu, .slope = 2.0, .v_limit = 0.5};
    CHECK(transfer(relu, -1.0) == 0.0);
    CHECK(transfer(relu, 0.1) == testing::approx(0.2).epsilon(1e-15));
    CHECK(transfer(relu, 0.3) == 0.5);
    const Neuron tanh{.kind = Neuron::Kind::tanh, .v_supply = 0.5, .slope = 4.0};
    CHECK(transfer(tanh, 0.2) == testing::approx(0.5 * std::tanh(0.8)).epsilon(1e-15));
    CHECK(transfer(tanh, -0.2) == -transfer(tanh, 0.2));
    const Neuron comparator{.kind = Neuron::Kind::comparator, .threshold = 0.1, .v_low = -0.3};
    CHECK(transfer(comparator, 0.1) == -0.3);
    CHECK(transfer(comparator, std::nextafter(0.1, 1.0)) == 0.8);
    for (const Neuron& neuron : {relu, tanh, comparator}) CHECK_FALSE(inverts(neuron));
    CHECK(inverts(Neuron{}));
    CHECK(inverts(Neuron{.kind = Neuron::Kind::inverter}));
}

TEST_CASE("a table is straight between its points and constant beyond them, monotone or not") {
    Neuron neuron{.kind = Neuron::Kind::table};
    neuron.table_in = {-0.2, 0.0, 0.4};
    neuron.table_out = {0.1, 0.7, 0.3};
    CHECK_NOTHROW(validate(neuron));
    CHECK(transfer(neuron, -5.0) == 0.1);
    CHECK(transfer(neuron, -0.1) == testing::approx(0.4).epsilon(1e-15));
    CHECK(transfer(neuron, 0.0) == 0.7);
    CHECK(transfer(neuron, 0.1) == testing::approx(0.6).epsilon(1e-15));
    CHECK(transfer(neuron, 9.0) == 0.3);
    CHECK_FALSE(inverts(neuron));
    neuron.table_out = {0.7, 0.8, 0.3};
    CHECK(inverts(neuron));
}

TEST_CASE("tables that are none are refused by their points") {
    Neuron neuron{.kind = Neuron::Kind::table};
    CHECK_THROWS_WITH_AS(validate(neuron), doctest::Contains("at least two"), InputError);
    neuron.table_in = {0.0, 0.1};
    neuron.table_out = {0.0, std::nan("")};
    CHECK_THROWS_WITH_AS(validate(neuron), doctest::Contains("point 1"), InputError);
    neuron.table_in = {0.0, 0.0};
    neuron.table_out = {0.0, 1.0};
    CHECK_THROWS_WITH_AS(validate(neuron), doctest::Contains("inputs that rise"), InputError);
}

TEST_CASE("a neuron that cannot be is refused by name") {
    const double nan = std::nan("");
    CHECK_THROWS_WITH_AS(validate(Neuron{.v_limit = 0.0}), doctest::Contains("v_limit"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.threshold = nan}), doctest::Contains("threshold"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.v_low = 0.8}), doctest::Contains("v_low"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.v_supply = 0.0}), doctest::Contains("v_supply"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.slope = -1.0}), doctest::Contains("slope"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.inverter_gain = 1.0}), doctest::Contains("inverter_gain"),
                         InputError);
}
