// What holds for the device of every card.
#include "devicemodels/device_library.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace ohmloom::testing {

namespace {

DeviceDraws draws_of(std::uint32_t number) {
    return {29, {6, number / 1000, number % 1000}};
}

/// Up to six corners, from millivolts to ten volts and from a tenth of a nanosecond to a tenth of a second.
VoltageCurve any_waveform(std::uint32_t number) {
    const DeviceDraws draws = draws_of(number);
    auto uniform = [&, draw = std::uint32_t{0}]() mutable {
        return draws.uniform(RandomPurpose::test_generation, draw++);
    };
    VoltageCurve waveform{{0.0}, {0.0}};
    const int corners = 2 + static_cast<int>(5.0 * uniform());
    for (int k = 0; k < corners; ++k) {
        const double size = std::pow(10.0, -3.0 + 4.0 * uniform());
        // Some corners are steps.
        const double width = uniform() < 0.2 ? 0.0 : std::pow(10.0, -10.0 + 9.0 * uniform());
        waveform.t.push_back(waveform.t.back() + width);
        waveform.v.push_back(uniform() < 0.5 ? size : -size);
    }
    return waveform;
}

} // namespace

TEST_CASE("states stay in bounds under any waveform, and no device gives energy away") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        CAPTURE(name);
        for (const std::uint32_t place : {0U, 1U, 2U}) {
            const DeviceDraws draws = draws_of(place);
            DeviceState state = device->fresh(draws);
            for (std::uint32_t k = 0; k < 150; ++k) {
                CAPTURE(k);
                const PulseResult result = device->waveform(state, any_waveform(100 * place + k), draws, k);
                state = result.state;
                // A device's own spread goes beyond the range that programming aims at.
                REQUIRE(state.g >= 0.5 * device->g_min());
                REQUIRE(state.g <= 1.5 * device->g_max());
                REQUIRE(state.shape >= 0.0);
                REQUIRE(std::isfinite(state.shape));
                REQUIRE(std::isfinite(state.memory));
                REQUIRE(std::isfinite(result.energy));
                REQUIRE(result.energy >= 0.0);
                const CellNumbers cell = device->aged(state, {1e3, 330.0});
                REQUIRE(cell.g >= 0.0);
                REQUIRE(std::isfinite(cell.g));
                const double v = 0.1;
                REQUIRE(evaluate_cell(device->law(330.0), cell.g, cell.shape, v).current * v >= 0.0);
            }
        }
    }
}

TEST_CASE("the same seed and place give the same life") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        CAPTURE(name);
        const auto life = [&](const DeviceDraws& draws) {
            DeviceState state = device->fresh(draws);
            for (std::uint32_t k = 0; k < 5; ++k)
                state = device->waveform(state, any_waveform(k), draws, k).state;
            return read_device(*device, state, {10.0, 300.0}, draws, 0).g;
        };
        CHECK(life(draws_of(4)) == life(draws_of(4)));
    }
}

TEST_CASE("a waveform that is followed piece by piece leaves what it leaves as a whole") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        CAPTURE(name);
        int apart = 0;
        for (std::uint32_t k = 0; k < 40; ++k) {
            CAPTURE(k);
            const DeviceDraws draws = draws_of(k);
            const VoltageCurve waveform = any_waveform(k);
            const PulseResult whole = device->waveform(device->fresh(draws), waveform, draws, k);
            DeviceEvent event = device->begin_event(device->fresh(draws), draws, k);
            for (std::size_t p = 0; p + 1 < waveform.t.size(); ++p) {
                for (int part = 0; part < 3; ++part) {
                    const double width = (waveform.t[p + 1] - waveform.t[p]) / 3.0,
                                 rise = (waveform.v[p + 1] - waveform.v[p]) / 3.0;
                    DeviceEvent copy = event; // goes on like the event itself
                    const VoltagePiece piece{waveform.v[p] + part * rise, waveform.v[p] + (part + 1) * rise,
                                             width};
                    device->advance(event, piece, draws);
                    device->advance(copy, piece, draws);
                    REQUIRE(copy.state.g == event.state.g);
                }
            }
            // Steps along a piece are finer here: where all is just about to happen, it may or may not.
            const double error = std::abs(device->end_event(event, draws).g - whole.state.g);
            if (error > 1e-3 * device->g_max()) ++apart;
        }
        CHECK(apart <= (device->is_binary() ? 1 : 0));
    }
}

TEST_CASE("a rectangle is one pulse to phase-change cells, noise and all") {
    for (const std::string name : {"pcm/accumulation", "pcm/training_steps"}) {
        CAPTURE(name);
        const auto device = make_device(find_card(name));
        for (std::uint32_t k = 0; k < 20; ++k) {
            const DeviceDraws draws = draws_of(k);
            const DeviceState fresh = device->fresh(draws);
            const double width = 10e-9 * (k + 1);
            CHECK(device->waveform(fresh, {{0.0, width}, {1.2, 1.2}}, draws, k).state.g ==
                  testing::approx(device->pulse(fresh, {1.2, width}, draws, k).state.g).epsilon(1e-12));
        }
    }
}

TEST_CASE("write-verify is the device's next pulse until the device meets its target") {
    int with_pulses = 0;
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        const DeviceDraws draws = draws_of(7);
        const DeviceState fresh = device->fresh(draws);
        const double target = device->is_binary() ? device->g_max() : 0.6 * device->g_max();
        if (!device->write_pulse(fresh, target)) continue;
        ++with_pulses;
        CAPTURE(name);
        const Programmed programmed =
            device->program(fresh, target, {Programming::write_verify, 0.05, 40}, draws, 3);
        DeviceState state = fresh;
        int pulses = 0;
        for (; pulses < 40 && !device->meets(state, target, 0.05); ++pulses) {
            state = device
                        ->pulse(state, *device->write_pulse(state, target), draws,
                                3 + static_cast<std::uint32_t>(pulses))
                        .state;
        }
        CHECK(pulses > 0);
        CHECK(programmed.pulses == pulses);
        CHECK(programmed.state.g == state.g);
        CHECK(programmed.reached == device->meets(state, target, 0.05));
    }
    CHECK(with_pulses >= 10);
}

TEST_CASE("programming ends inside the device's range, counts its pulses and never gains energy") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        CAPTURE(name);
        for (std::uint32_t k = 0; k < 50; ++k) {
            const double target = device->g_min() + (device->g_max() - device->g_min()) * (k % 6) / 5.0;
            for (const Programming kind : {Programming::single_shot, Programming::write_verify}) {
                const ProgrammingScheme scheme{kind, 0.02, 40};
                const Programmed result =
                    device->program(device->fresh(draws_of(k)), target, scheme, draws_of(k), 1);
                CHECK(result.asked == target);
                CHECK(result.got() >= 0.0);
                CHECK(result.got() <= 1.5 * device->g_max());
                CHECK(result.energy >= 0.0);
                CHECK(result.pulses >= 0);
                if (kind == Programming::write_verify) CHECK(result.pulses <= 40);
                if (kind == Programming::single_shot) CHECK(!result.reached);
            }
        }
    }
}

} // namespace ohmloom::testing
