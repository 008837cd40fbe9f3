// Pulses through an array against the same array in time as a circuit: the devices' SPICE faces in mna.
#include "tests/solver/transient_runs.hpp"
#include "tests/writing/arrays.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

struct PulsedArray {
    const DeviceModel& device;
    DeviceArray devices;
    Crossbar wires;
    SelectScheme scheme;
    RowPulse pulse; ///< of one width
};

/// A source that goes to v for as long, with edges.
std::string rectangle(const std::string& node, double v, double start, double width) {
    const double edge = 1e-4 * width;
    return fmt::format("v{0} {0} 0 pwl(0 0 {1:.12g} 0 {2:.12g} {3:.12g} {4:.12g} {3:.12g} {5:.12g} 0)\n",
                       node, start, start + edge, v, start + width, start + width + edge);
}

/// Voltage of a state's node of every cell after the pulse.
Matrix<double> states_in_mna(const PulsedArray& array, const std::string& port) {
    const Index rows = array.wires.rows(), lines = array.wires.lines();
    Selection selection{array.pulse.row, {}, array.pulse.v};
    double width = 0.0;
    for (const double w : array.pulse.width) {
        selection.lines.push_back(w > 0.0);
        width = std::max(width, w);
    }
    const Drive drive = potentials_of(array.scheme, selection, rows);
    const double start = 0.02 * width, end = 1.1 * width;
    std::string cards, instances;
    for (Index r = 0; r < rows; ++r) {
        cards += rectangle(fmt::format("r{}", r), drive.v_row(0, r), start, width);
        for (Index l = 0; l < lines; ++l) {
            const double series = l == 0 ? array.wires.source_resistance(r) : 0.0;
            cards += fmt::format("rw{0}_{1} {2} w{0}_{1} {3:.12g}\n", r, l,
                                 l == 0 ? fmt::format("r{}", r) : fmt::format("w{}_{}", r, l - 1),
                                 series + array.wires.r_row);
            const double sense = r + 1 == rows ? array.wires.sense_resistance(l) : 0.0;
            cards += fmt::format("rb{0}_{1} b{0}_{1} {2} {3:.12g}\n", r, l,
                                 r + 1 == rows ? fmt::format("c{}", l) : fmt::format("b{}_{}", r + 1, l),
                                 sense + array.wires.r_col);
            SpiceFace face = array.device.spice(array.devices.state(r, l), 300.0);
            const std::string own = fmt::format("{}_{}_{}", face.name, r, l);
            for (std::size_t at = 0; (at = face.text.find(face.name, at)) != std::string::npos;
                 at += own.size())
                face.text.replace(at, face.name.size(), own);
            instances += face.text;
            cards += fmt::format("xd{0}_{1} w{0}_{1} b{0}_{1}", r, l);
            for (std::size_t k = 2; k < face.ports.size(); ++k)
                cards += fmt::format(" s{}_{}_{}", face.ports[k], r, l);
            cards += fmt::format(" {}\n", own);
        }
    }
    for (Index l = 0; l < lines; ++l)
        cards += rectangle(fmt::format("c{}", l), drive.v_col[static_cast<std::size_t>(l)], start, width);
    const SpiceDeck deck = transient_deck(
        instances + cards +
        fmt::format(".options reltol=1e-6 abstol=1e-15 vntol=1e-9\n.tran {:.6g} {:.12g} 0 {:.6g}\n",
                    width / 50, end, width / 200));
    const Waveforms waveforms = solve_deck_mna(deck).analyses.front();
    CAPTURE(waveforms.message);
    REQUIRE(waveforms.all_converged());
    Matrix<double> states(rows, lines);
    for (Index r = 0; r < rows; ++r) {
        for (Index l = 0; l < lines; ++l)
            states(r, l) = signal_of(waveforms, fmt::format("v(s{}_{}_{})", port, r, l)).back();
    }
    return states;
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
    const Matrix<double> on = states_in_mna(array, "on"), es = states_in_mna(array, "es");
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
