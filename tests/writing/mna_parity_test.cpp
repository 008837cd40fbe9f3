// Pulses through an array against the same array in time as a circuit: the devices' SPICE faces in mna.
#include "tests/writing/pulse_deck.hpp"

#include <cmath>
#include <string>

namespace ohmloom::testing {

namespace {

Matrix<double> states_in_mna(const PulsedArray& array, const std::string& port) {
    return states_of(pulsed_in_mna(array), array, port);
}

PulseOutcome pulsed(const PulsedArray& array) {
    return pulse_array(array.wires, array.devices, array.scheme, array.pulse, 7, {.voltage = 1e-4});
}

} // namespace

TEST_CASE("filaments in an array grow under a pulse as in a transient of the circuit") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    for (const SelectScheme scheme : {SelectScheme::half, SelectScheme::third}) {
        CAPTURE(to_string(scheme));
        // So much resistance that the cells of the row take each other's voltage away.
        PulsedArray array{
            *device,
            devices_of(*device, 3, 3,
                       [](Index r, Index l) { return DeviceState{.g = 1e-6 * double(10 + 7 * r + 11 * l)}; }),
            wires_of(3, 3, 60.0, 150.0), scheme, pulse_to(1, {0, 2}, 3, 0.42, 4e-6)};
        const Matrix<double> x = states_in_mna(array, "x");
        const PulseOutcome ours = pulsed(array);
        for (Index r = 0; r < 3; ++r) {
            for (Index l = 0; l < 3; ++l) {
                CAPTURE(r);
                CAPTURE(l);
                const double g = device->g_min() + x(r, l) * (device->g_max() - device->g_min());
                CHECK(ours.state(r, l).g == testing::approx(g).epsilon(2e-3));
                if (r == 1 && l != 1) CHECK(g > 1.5 * array.devices.state(r, l).g);
            }
        }
        // Without the wires' feedback it would be another answer.
        CHECK(device->pulse(array.devices.state(1, 0), {0.42, 4e-6}, {1, {}}, 7).state.g >
              1.2 * ours.state(1, 0).g);
    }
}

TEST_CASE("phase-change cells in an array, disturbed ones among them, end as in a transient of the circuit") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    // Half of the pulse is above the least voltage of a SET, for some of the half-selected cells.
    PulsedArray array{*device, fresh_devices(*device, 3, 3), wires_of(3, 3, 100.0, 500.0), SelectScheme::half,
                      pulse_to(0, {1}, 3, 1.7, 150e-9)};
    const Matrix<double> x = states_in_mna(array, "x");
    const PulseOutcome ours = pulsed(array);
    int disturbed = 0;
    for (Index r = 0; r < 3; ++r) {
        for (Index l = 0; l < 3; ++l) {
            CAPTURE(r);
            CAPTURE(l);
            CHECK(ours.state(r, l).g == testing::approx(1e-6 * x(r, l)).epsilon(5e-3));
            disturbed += (r != 0 || l != 1) && ours.state(r, l).g > 2.0 * device->g_min() ? 1 : 0;
        }
    }
    CHECK(disturbed > 0);
    CHECK(disturbed < 8);
}

TEST_CASE("junctions in an array reverse under a pulse as in a transient of the circuit") {
    const auto device = make_device(find_card("mram/arm_verilog_a", {{"noise", "0"}}));
    PulsedArray array{*device, fresh_devices(*device, 2, 3), wires_of(2, 3, 20.0, 100.0), SelectScheme::half,
                      pulse_to(0, {0, 2}, 3, 1.5, 9e-9)};
    const Matrix<double> y = states_in_mna(array, "y");
    const PulseOutcome ours = pulsed(array);
    int reversed = 0;
    for (Index r = 0; r < 2; ++r) {
        for (Index l = 0; l < 3; ++l) {
            CAPTURE(r);
            CAPTURE(l);
            CHECK(std::tanh(ours.state(r, l).memory) == testing::approx(std::tanh(y(r, l))).epsilon(1e-2));
            reversed += ours.state(r, l).memory > 0.0 ? 1 : 0;
        }
    }
    CHECK(ours.state(0, 0).memory > 0.0);
    CHECK(ours.state(1, 1).memory < 0.0); // not addressed at all
    CHECK(reversed < 6);
}

TEST_CASE("thresholds of energy in an array are reached as in a transient of the circuit") {
    const auto device = make_device(find_card("cbram/cu_asic_tin"));
    PulsedArray array{*device, fresh_devices(*device, 2, 2), wires_of(2, 2, 1e3, 5e3), SelectScheme::half,
                      pulse_to(0, {0}, 2, 2.0, 60e-6)};
    const Waveforms waveforms = pulsed_in_mna(array);
    const Matrix<double> on = states_of(waveforms, array, "on"), es = states_of(waveforms, array, "es");
    const PulseOutcome ours = pulsed(array);
    for (Index r = 0; r < 2; ++r) {
        for (Index l = 0; l < 2; ++l) {
            CAPTURE(r);
            CAPTURE(l);
            const bool is_on = ours.state(r, l).memory >= 1.0;
            CHECK(is_on == (on(r, l) > 0.5));
            CHECK(is_on == (r == 0 && l == 0));
            if (!is_on) CHECK(ours.state(r, l).memory == testing::approx(es(r, l)).epsilon(1e-2).scale(1e-6));
        }
    }
    CHECK(ours.state(0, 1).memory > 1e-3);
}

} // namespace ohmloom::testing
