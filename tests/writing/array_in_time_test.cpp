// Pulses through arrays with capacitances: the `lines` engine in time, with devices that change, against mna on the same cards and
// against pulses whose lines settle at once.
#include "solver/moving_transient.hpp"
#include "tests/writing/pulse_deck.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

/// The pulse of an array as drive of rows and columns, with the edges that the deck has; or none, from t = 0 on.
TransientDrive drive_of(const PulsedArray& array, bool edges) {
    const double width = width_of(array.pulse), start = 0.02 * width, edge = 1e-4 * width;
    const Drive potentials = potentials_of(array.scheme, selection_of(array.pulse), array.wires.rows());
    TransientDrive drive;
    drive.v_row = potentials.v_row;
    drive.v_col = potentials.v_col;
    drive.col_curve.assign(drive.v_col.size(), 0);
    drive.curves = {edges ? VoltageCurve{{0.0, start, start + edge, start + width, start + width + edge},
                                         {0.0, 0.0, 1.0, 1.0, 0.0}}
                          : VoltageCurve{{0.0, 0.0, width, width}, {0.0, 1.0, 1.0, 0.0}}};
    return drive;
}

/// Largest distance between column currents of `lines` and of mna at every fifth printed point, over the largest of them.
double distance_from_mna(const PulsedArray& array, const MovingSolution& ours,
                         const std::vector<double>& times, const Waveforms& mna) {
    double full = 0.0, largest = 0.0;
    for (Index l = 0; l < array.wires.lines(); ++l) {
        const std::vector<double> current = signal_of(mna, fmt::format("i(vc{})", l));
        for (std::size_t i = 0; i < times.size(); ++i) {
            const auto point =
                std::ranges::min_element(mna.axis, {}, [&](double t) { return std::abs(t - times[i]); });
            REQUIRE(std::abs(*point - times[i]) < 1e-6 * times.back());
            const double theirs = current[static_cast<std::size_t>(point - mna.axis.begin())];
            full = std::max(full, std::abs(theirs));
            largest = std::max(largest, std::abs(theirs - ours.currents.i_col[i](0, l)));
        }
    }
    return largest / full;
}

MovingSolution in_time(const PulsedArray& array, const std::vector<double>& times, double tolerance = 1e-6) {
    return solve_moving_transient(array.wires, array.devices, drive_of(array, true),
                                  {.times = times, .tolerance = tolerance});
}

std::vector<double> printed_points(const PulsedArray& array) {
    std::vector<double> times;
    for (int k = 5; k <= 55; k += 5) times.push_back(width_of(array.pulse) / 50.0 * k);
    return times;
}

} // namespace

TEST_CASE(
    "filaments in arrays with capacitances follow mna's transient of the same cards to 1e-4 of full scale") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    for (const Index side : {Index{3}, Index{8}}) {
        for (const SelectScheme scheme : {SelectScheme::half, SelectScheme::third}) {
            if (side == 8 && scheme == SelectScheme::third) continue; // as good as the other, and long in mna
            CAPTURE(side);
            CAPTURE(to_string(scheme));
            PulsedArray array{
                *device,
                devices_of(*device, side, side,
                           [](Index r, Index l) {
                               return DeviceState{.g = 1e-6 * double(10 + 7 * (r % 3) + 11 * (l % 3))};
                           }),
                wires_of(side, side, 60.0, 400.0), scheme, pulse_to(1, {0, 2}, side, 0.45, 4e-6)};
            array.wires.capacitance = some_capacitance(2.4e-10 / double(side));
            array.wires.capacitance.driver = array.wires.capacitance.sense = 0.0;
            const std::vector<double> times = printed_points(array);
            const Waveforms mna = pulsed_in_mna(array);
            const MovingSolution ours = in_time(array, times);
            REQUIRE(ours.currents.status[0] == SolveStatus::converged);
            const double distance = distance_from_mna(array, ours, times, mna);
            CHECK(distance < 1e-4);
            const Matrix<double> x = states_of(mna, array, "x");
            for (Index r = 0; r < side; ++r) {
                for (Index l = 0; l < side; ++l) {
                    const double g = device->g_min() + x(r, l) * (device->g_max() - device->g_min());
                    CHECK(ours.g_final(0, r * side + l) == testing::approx(g).epsilon(1e-4));
                }
            }
            // The capacitances matter: with lines that settle at once it would be another answer.
            const PulseOutcome at_once = pulse_array(array.wires, array.devices, scheme, array.pulse, 7);
            CHECK(std::abs(at_once.state(1, 0).g - ours.g_final(0, side)) > 2e-3 * ours.g_final(0, side));
        }
    }
}

TEST_CASE("junctions in an array with capacitances reverse in time as in mna") {
    const auto device = make_device(find_card("mram/arm_verilog_a", {{"noise", "0"}}));
    PulsedArray array{*device, fresh_devices(*device, 2, 3), wires_of(2, 3, 20.0, 100.0), SelectScheme::half,
                      pulse_to(0, {0, 2}, 3, 1.5, 9e-9)};
    array.wires.capacitance = {.row_ground = 1e-12, .col_ground = 1e-12, .cell = 1e-13};
    const std::vector<double> times = printed_points(array);
    const Waveforms mna = pulsed_in_mna(array);
    const MovingSolution ours = in_time(array, times, 1e-5);
    const Matrix<double> y = states_of(mna, array, "y");
    int reversed = 0;
    for (Index r = 0; r < 2; ++r) {
        for (Index l = 0; l < 3; ++l) {
            CAPTURE(r);
            CAPTURE(l);
            CHECK(std::tanh(ours.state[0](r, l).memory) == testing::approx(std::tanh(y(r, l))).epsilon(1e-2));
            reversed += ours.state[0](r, l).memory > 0.0 ? 1 : 0;
        }
    }
    CHECK(reversed > 0);
    CHECK(reversed < 6);
}

TEST_CASE("as capacitances vanish, a pulse in time becomes one whose lines settle at once") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    PulsedArray array{
        *device,
        devices_of(*device, 3, 3,
                   [](Index r, Index l) { return DeviceState{.g = 1e-6 * double(10 + 7 * r + 11 * l)}; }),
        wires_of(3, 3, 60.0, 150.0), SelectScheme::half, pulse_to(1, {0, 2}, 3, 0.42, 4e-6)};
    const PulseOutcome at_once = pulse_array(array.wires, array.devices, array.scheme, array.pulse, 7,
                                             {.voltage = 1e-5, .power = 1e-4});
    const auto distance = [&](double c) {
        array.wires.capacitance = some_capacitance(c);
        const MovingSolution ours = solve_moving_transient(array.wires, array.devices, drive_of(array, false),
                                                           {.times = {1.5 * 4e-6}, .tolerance = 1e-6});
        double largest = 0.0;
        for (Index r = 0; r < 3; ++r) {
            for (Index l = 0; l < 3; ++l)
                largest =
                    std::max(largest, std::abs(ours.g_final(0, r * 3 + l) / at_once.state(r, l).g - 1.0));
        }
        return largest;
    };
    // What is left is in proportion to the lines' time constants, until there are none.
    const double far = distance(1e-11), near = distance(1e-12), none = distance(0.0);
    CAPTURE(none);
    CHECK(far > 10.0 * none);
    CHECK(near < 0.2 * far);
    CHECK(none < 5e-5);
}

TEST_CASE("half-selected cells are disturbed in time as by a pulse whose lines settle at once") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    // Half of the pulse is above the least voltage of a SET, for some of the half-selected cells.
    PulsedArray array{*device, fresh_devices(*device, 3, 3), wires_of(3, 3, 100.0, 500.0), SelectScheme::half,
                      pulse_to(0, {1}, 3, 1.7, 150e-9)};
    array.wires.capacitance = some_capacitance(1e-17);
    const PulseOutcome at_once =
        pulse_array(array.wires, array.devices, array.scheme, array.pulse, 7, {.voltage = 1e-5});
    const MovingSolution ours = solve_moving_transient(array.wires, array.devices, drive_of(array, false),
                                                       {.times = {160e-9}, .tolerance = 1e-5});
    int disturbed = 0;
    for (Index r = 0; r < 3; ++r) {
        for (Index l = 0; l < 3; ++l) {
            CAPTURE(r);
            CAPTURE(l);
            CHECK(ours.g_final(0, r * 3 + l) == testing::approx(at_once.state(r, l).g).epsilon(1e-3));
            disturbed += (r != 0 || l != 1) && ours.g_final(0, r * 3 + l) > 2.0 * device->g_min() ? 1 : 0;
        }
    }
    CHECK(disturbed > 0);
    CHECK(disturbed < 8);
}

} // namespace ohmloom::testing
