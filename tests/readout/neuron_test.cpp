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

TEST_CASE("a neuron that cannot be is refused by name") {
    CHECK_THROWS_WITH_AS(validate(Neuron{.v_supply = 0.0}), doctest::Contains("v_supply"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.slope = -1.0}), doctest::Contains("slope"), InputError);
    CHECK_THROWS_WITH_AS(validate(Neuron{.inverter_gain = 1.0}), doctest::Contains("inverter_gain"),
                         InputError);
}
