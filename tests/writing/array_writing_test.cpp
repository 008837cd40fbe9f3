#include "writing/array_writing.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "tests/approx.hpp"
#include "tests/writing/arrays.hpp"
#include "writing/line_delay.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <string>

namespace ohmloom::testing {

namespace {

/// Targets that are drawn evenly between parts of the device's range.
Matrix<double> drawn_targets(const DeviceModel& device, Index rows, Index lines, double low = 0.1,
                             double high = 0.9) {
    const RandomStream random(5, RandomPurpose::test_generation);
    Matrix<double> target(rows, lines);
    for (Index r = 0; r < rows; ++r) {
        for (Index l = 0; l < lines; ++l) {
            const double part = low + (high - low) * random.uniform(0, static_cast<std::uint32_t>(r),
                                                                    static_cast<std::uint32_t>(l));
            target(r, l) = device.g_min() + (device.g_max() - device.g_min()) * part;
            if (device.is_binary()) target(r, l) = part > 0.5 ? device.g_max() : device.g_min();
        }
    }
    return target;
}

std::string error_of(const std::function<void()>& body) {
    try {
        body();
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("a 16x16 array reaches its targets through small wires, and does not through absurd ones") {
    const auto device = make_device(find_card("cbram"));
    const Matrix<double> target = drawn_targets(*device, 16, 16);
    const WritingOptions options{.tolerance = 0.03, .max_pulses = 30};
    const WrittenArray good = write_array(wires_of(16, 16, 0.1, 1.0), target, {}, *device, options);
    const WritingSummary summary = summary_of(good);
    CHECK(summary.cells == 256);
    CHECK(summary.reached == 256);
    CHECK(summary.met == 256);
    CHECK(summary.error_worst <= 0.03 * device->g_max());
    CHECK(summary.imbalance < 1e-6);
    CHECK(good.unsolved == 0);

    // Cells at the far end of a row see less than the threshold.
    const WrittenArray bad =
        write_array(wires_of(16, 16, 300.0, 1.0), target, {}, *device, {.tolerance = 0.03, .max_pulses = 10});
    const WritingSummary failed = summary_of(bad);
    CHECK(failed.met < 128);
    CHECK(failed.pulses_most == 10);
    for (Index r = 0; r < 16; ++r) {
        for (Index l = 0; l < 16; ++l) {
            const bool is_met = std::abs(bad.got(r, l) - target(r, l)) <= 0.03 * device->g_max();
            CHECK((bad.met(r, l) != 0) == is_met);
            if (!is_met) CHECK(bad.pulses(r, l) == 10);
        }
    }
}

TEST_CASE("one cell without wires is written as the device programs itself") {
    for (const char* name : {"cbram", "pcm/accumulation", "pcm/training_steps", "cbram/cu_asic_tin"}) {
        CAPTURE(name);
        const auto device = make_device(find_card(name));
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            const DeviceDraws draws(seed, {});
            const Matrix<double> target = drawn_targets(*device, 1, 1, 0.55, 0.6);
            WritingOptions options{.tolerance = 0.05, .seed = seed};
            const WrittenArray written = write_array(wires_of(1, 1), target, {}, *device, options);
            const Programmed alone = device->program(device->fresh(draws), target(0, 0),
                                                     {Programming::write_verify, 0.05, 50}, draws, 1001);
            CHECK(alone.reached);
            CHECK(written.pulses(0, 0) == alone.pulses);
            CHECK(written.got(0, 0) == testing::approx(alone.got()).epsilon(1e-9));
            CHECK(written.met(0, 0) == 1);
        }
    }
}

TEST_CASE("junctions end in the state that is meant") {
    const auto device = make_device(find_card("mram/analog_50x30"));
    const Matrix<double> target = drawn_targets(*device, 6, 5);
    // Half of what reverses them reverses them as well: they need transistors.
    const WrittenArray written =
        write_array(wires_of(6, 5, 2.0), target, {}, *device, {.scheme = SelectScheme::isolated});
    CHECK(summary_of(write_array(wires_of(6, 5, 2.0), target, {}, *device, {})).met < 30);
    CHECK(summary_of(written).met == 30);
    const double middle = 0.5 * (device->g_min() + device->g_max());
    for (std::size_t k = 0; k < 30; ++k)
        CHECK((written.got.values()[k] > middle) == (target.values()[k] > middle));
}

TEST_CASE("disturb is what pulses for other cells did, wherever they came from") {
    // SET pulses of 1.7 V, half of which is a SET, too; RESET pulses that do nothing.
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const double fresh = device->fresh({1, {}}).g;
    const double once = device->pulse(device->fresh({1, {}}), {1.7, 50e-9}, {1, {}}, 1).state.g;
    Matrix<double> target(3, 3, fresh);
    target(1, 1) = once;
    target(2, 2) = 0.0; // no cell
    WritingOptions options{.up = {1.7, 50e-9}, .down = {0.1, 1e-9}, .tolerance = 0.05, .max_pulses = 1};
    const WrittenArray written = write_array(wires_of(3, 3), target, {}, *device, options);
    CHECK(written.array_pulses == 3); // to the cell, to its neighbours in the row, and to the one below it
    CHECK(written.pulses(1, 1) == 1);
    CHECK(written.pulses(0, 1) == 0);
    CHECK(written.pulses(2, 2) == 0);
    CHECK(written.got(2, 2) == 0.0);
    CHECK(written.initial(2, 2) == 0.0);
    for (Index r = 0; r < 3; ++r) {
        for (Index l = 0; l < 3; ++l) {
            CAPTURE(r);
            CAPTURE(l);
            if (r != 1 || l != 1)
                CHECK(written.disturb(r, l) ==
                      testing::approx(written.got(r, l) - written.initial(r, l)).epsilon(1e-12));
        }
    }
    CHECK(written.disturb(0, 1) == testing::approx(once - fresh).epsilon(1e-9));
    CHECK(written.disturb(1, 0) == testing::approx(once - fresh).epsilon(1e-9));
    CHECK(written.disturb(0, 0) == 0.0);
    CHECK(written.reached(0, 1) == 1); // when its row was left
    CHECK(written.met(0, 1) == 0);
    const WritingSummary summary = summary_of(written);
    CHECK(summary.cells == 8);
    CHECK(summary.disturb_worst == written.disturb(summary.disturb_row, summary.disturb_line));
    options.scheme = SelectScheme::third;
    const WrittenArray third = write_array(wires_of(3, 3), target, {}, *device, options);
    CHECK(summary_of(third).disturb_worst == 0.0);
    CHECK(summary_of(third).met == 8);
}

TEST_CASE("a second pass mends what the first one disturbed") {
    // Half the SET pulse is above the threshold of growth.
    const auto device = make_device(find_card("cbram", {{"v_p", "0.12"}, {"v_s", "0.05"}, {"noise", "0"}}));
    const Matrix<double> target = drawn_targets(*device, 8, 8, 0.05, 0.3);
    const Matrix<double> initial(8, 8, 2e-6);
    WritingOptions options{.tolerance = 0.01};
    const WritingSummary once = summary_of(write_array(wires_of(8, 8), target, initial, *device, options));
    options.passes = 3;
    const WritingSummary thrice = summary_of(write_array(wires_of(8, 8), target, initial, *device, options));
    CHECK(once.reached == 64);
    CHECK(once.met < 64);
    CHECK(once.disturb_worst > 0.0);
    CHECK(thrice.met > once.met);
}

TEST_CASE("cell by cell costs more time than row by row, and ends in the same places") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const Matrix<double> target = drawn_targets(*device, 4, 4);
    const WrittenArray rows = write_array(wires_of(4, 4), target, {}, *device, {});
    const WrittenArray cells = write_array(wires_of(4, 4), target, {}, *device, {.order = WriteOrder::cells});
    CHECK(rows.array_pulses == 4);
    CHECK(cells.array_pulses == 16);
    CHECK(cells.time > 1.5 * rows.time);
    for (std::size_t k = 0; k < 16; ++k)
        CHECK(rows.got.values()[k] == testing::approx(cells.got.values()[k]).epsilon(1e-6));
}

TEST_CASE("pulses may be given instead of the device's own") {
    const auto still = make_device(find_card("linear"));
    const Matrix<double> target(2, 2, still->g_max());
    CHECK(error_of([&] {
              (void)write_array(wires_of(2, 2), target, {}, *still, {});
          }).find("no write pulses of its own") != std::string::npos);
    const PulseChange pulse{0.5, 1e-6};
    const WrittenArray nothing =
        write_array(wires_of(2, 2), target, {}, *still, {.up = pulse, .down = pulse, .max_pulses = 3});
    CHECK(summary_of(nothing).met == 0);
    CHECK(nothing.got == nothing.initial);
    CHECK(nothing.time == testing::approx(2 * 3 * 1e-6).epsilon(1e-12));
    CHECK(nothing.shortest_pulse == 1e-6);
    const double g = nothing.initial(0, 0);
    // Two cells at 0.5 V and two at half of it, in every pulse.
    CHECK(nothing.energy.sources == testing::approx(6 * 1e-6 * g * 2 * (0.25 + 0.0625)).epsilon(1e-9));

    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const WrittenArray weak =
        write_array(wires_of(1, 1), Matrix<double>(1, 1, 1e-4), {}, *device, {.up = {0.2, {}}});
    CHECK(weak.met(0, 0) == 0); // below the threshold
    CHECK(weak.pulses(0, 0) == 50);
}

TEST_CASE("what cannot be written is refused by its place") {
    const auto device = make_device(find_card("cbram"));
    Matrix<double> target(2, 3, 1e-4);
    target(1, 2) = 1e-3;
    CHECK(error_of([&] {
              (void)write_array(wires_of(2, 3), target, {}, *device, {});
          }).find("target g[1, 2]") != std::string::npos);
    target(1, 2) = 1e-4;
    Matrix<double> initial = target;
    initial(0, 1) = -1.0;
    CHECK(error_of([&] {
              (void)write_array(wires_of(2, 3), target, initial, *device, {});
          }).find("initial g[0, 1]") != std::string::npos);
    CHECK(error_of([&] {
              (void)write_array(wires_of(3, 3), target, {}, *device, {});
          }).find("2 x 3, expected 3 x 3") != std::string::npos);
    CHECK(error_of([&] {
              (void)write_array(wires_of(2, 3), target, {}, *device, {.up = {0.0, {}}});
          }).find("must be finite and not 0") != std::string::npos);
    CHECK(error_of([&] { (void)select_scheme_from_name("v/4"); }).find("v/2, v/3, float") !=
          std::string::npos);
}

TEST_CASE("pulses of the wrong sign are refused by the polarity that the device needs, and nothing else is") {
    const auto said = [](const DeviceModel& device, const WritingOptions& options) {
        const Matrix<double> target(2, 2, device.g_max());
        return error_of(
            [&] { static_cast<void>(write_array(wires_of(2, 2, 0.1, 1.0), target, {}, device, options)); });
    };
    const auto own = [](const DeviceModel& device, bool up) {
        const DeviceDraws draws{1, {}};
        const double from = up ? device.g_min() : device.g_max(), to = up ? device.g_max() : device.g_min();
        return device.write_pulse(device.program(device.fresh(draws), from, {}, draws, 1).state, to)->v;
    };
    for (const std::string name : {"cbram", "cbram/cu_asic_tin", "mram/spinlib"}) {
        CAPTURE(name);
        const auto device = make_device(find_card(name));
        const double set = own(*device, true), reset = own(*device, false);
        CHECK(said(*device, {.up = {.v = set}, .down = {.v = reset}, .max_pulses = 2}) == "");
        const auto refusal = [&](const char* pulse, double given, const char* verb) {
            return fmt::format(
                "the {} pulse is {} V, which does not {} the conductance of {}, while {} V does: "
                "expected a {} voltage",
                pulse, given, verb, device->card().name, -given, given > 0.0 ? "negative" : "positive");
        };
        CHECK(said(*device, {.up = {.v = -set}, .max_pulses = 2}) == refusal("SET", -set, "raise"));
        CHECK(said(*device, {.down = {.v = -reset}, .max_pulses = 2}) == refusal("RESET", -reset, "lower"));
    }
    // Heat has no sign, and a pulse that is merely too weak may be tried.
    const auto heated = make_device(find_card("pcm/accumulation"));
    for (const double sign : {1.0, -1.0}) {
        CHECK(said(*heated, {.up = {.v = sign * own(*heated, true)},
                             .down = {.v = sign * own(*heated, false)},
                             .max_pulses = 2}) == "");
    }
    CHECK(said(*make_device(find_card("mram/spinlib")), {.up = {.v = 1e-3}, .max_pulses = 2}) == "");
}

TEST_CASE("an array is written alike on any number of threads") {
    const auto device = make_device(find_card("cbram"));
    const Matrix<double> target = drawn_targets(*device, 6, 6);
    const auto run = [&](int threads) {
        const ThreadLimit limit(threads);
        return write_array(wires_of(6, 6, 3.0, 10.0), target, {}, *device, {.max_pulses = 5});
    };
    const WrittenArray one = run(1), two = run(2);
    CHECK(one.got == two.got);
    CHECK(one.energy.sources == two.energy.sources);
    CHECK(one.pulses == two.pulses);
}

TEST_CASE("the slowest line is the Elmore delay of its wire") {
    Crossbar wires = wires_of(3, 50, 0.0, 100.0);
    wires.r_row = 2.0;
    wires.r_col = 0.0;
    wires.capacitance = {.row_ground = 1e-15, .row_coupling = 0.25e-15, .cell = 0.5e-15, .driver = 10e-15};
    const double node = 1e-15 + 2 * 0.25e-15 + 0.5e-15;
    const double expected = 100.0 * (50 * node + 10e-15) + 2.0 * node * 50 * 51 / 2;
    CHECK(slowest_line(wires) == testing::approx(expected).epsilon(1e-12));
    wires.row_ends = TiedEnds::both;
    CHECK(slowest_line(wires) ==
          testing::approx(100.0 * (25 * node + 10e-15) + 2.0 * node * 25 * 26 / 2).epsilon(1e-12));
    CHECK(slowest_line(wires_of(3, 3, 1.0)) == 0.0);
}

} // namespace ohmloom::testing
