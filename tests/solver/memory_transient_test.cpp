#include "devicemodels/device_library.hpp"
#include "tests/solver/transient_runs.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace ohmloom::testing {

namespace {

DeviceDraws draws() {
    return {17, {3, 0, 0}};
}

/// A device's SPICE face under a train of rectangles with edges; state nodes are s and the port's name.
std::string train_deck(const DeviceModel& device, const DeviceState& from, const std::vector<Pulse>& train,
                       double gap, double edge) {
    std::string pwl = "pwl(0 0";
    double t = gap;
    for (const Pulse& pulse : train) {
        pwl += fmt::format(" {:.12g} 0 {:.12g} {:.12g} {:.12g} {:.12g} {:.12g} 0", t, t + edge, pulse.v,
                           t + pulse.width, pulse.v, t + pulse.width + edge);
        t += pulse.width + edge + gap;
    }
    const SpiceFace face = device.spice(from, 300.0);
    std::string states;
    for (std::size_t k = 2; k < face.ports.size(); ++k) states += " s" + face.ports[k];
    return fmt::format("{}vin top 0 {})\nxdevice top 0{} {}\n.options reltol=1e-6 abstol=1e-15 vntol=1e-9\n"
                       ".tran {:.6g} {:.12g} 0 {:.6g}\n",
                       face.text, pwl, states, face.name, train.front().width / 20, t,
                       train.front().width / 200);
}

/// The state at the end in mna; every signal of a state is held to ngspice's on the way.
double state_after(const DeviceModel& device, const DeviceState& from, const std::string& node,
                   const std::vector<Pulse>& train, double gap, double edge) {
    const std::string cards = train_deck(device, from, train, gap, edge);
    const SpiceDeck deck = transient_deck(cards);
    const Waveforms ours = solve_deck_mna(deck).analyses.front();
    CAPTURE(ours.message);
    REQUIRE(ours.all_converged());
    const Waveforms theirs = solve_deck_ngspice(deck).analyses.front();
    REQUIRE(theirs.all_converged());
    const double state = signal_of(ours, fmt::format("v(s{})", node)).back();
    const double golden = signal_of(theirs, fmt::format("v(s{})", node)).back();
    CHECK(state == testing::approx(golden).epsilon(1e-3).scale(1e-6));
    return state;
}

DeviceState train_in_cpp(const DeviceModel& device, DeviceState state, const std::vector<Pulse>& train) {
    for (std::uint32_t k = 0; k < train.size(); ++k) state = device.pulse(state, train[k], draws(), k).state;
    return state;
}

} // namespace

TEST_CASE("phase-change cells crystallise in mna as in ngspice and in C++") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const DeviceState fresh = device->fresh(draws());
    const std::vector<Pulse> train(8, Pulse{1.2, 50e-9});
    const double edge = 1e-11;
    // On an edge of length e the pulse is above v_set for (1 − 0.8/1.2)·e, on both sides.
    std::vector<Pulse> ours = train;
    for (Pulse& pulse : ours) pulse.width += -edge + 2.0 * edge * (1.0 - 0.8 / 1.2);
    CHECK(state_after(*device, fresh, "x", train, 20e-9, edge) * 1e-6 ==
          testing::approx(train_in_cpp(*device, fresh, ours).g).epsilon(1e-3));
}

TEST_CASE("training pulses step in mna as in ngspice and in C++") {
    const auto device = make_device(find_card("pcm/training_steps", {{"noise", "0"}}));
    const double edge = 1e-11;
    const std::vector<Pulse> train{{1.2, 50e-9}, {1.2, 50e-9}, {-1.2, 30e-9}, {1.2, 20e-9}};
    std::vector<Pulse> ours = train;
    for (Pulse& pulse : ours) pulse.width += -edge + 2.0 * edge * (1.0 - 0.8 / 1.2);
    const DeviceState fresh = device->fresh(draws());
    CHECK(state_after(*device, fresh, "w", train, 20e-9, edge) ==
          testing::approx(train_in_cpp(*device, fresh, ours).memory).epsilon(1e-3));
}

TEST_CASE("junctions reverse in mna as in ngspice and in C++") {
    const auto device = make_device(find_card("mram/arm_verilog_a", {{"noise", "0"}}));
    const DeviceState ap = device->fresh(draws());
    // Partly there, there, and back again.
    for (const std::vector<Pulse>& train :
         {std::vector<Pulse>{{1.2, 4e-9}}, {{1.2, 15e-9}}, {{1.2, 20e-9}, {-0.4, 6e-9}}}) {
        const double y = state_after(*device, ap, "y", train, 1e-12, 1e-12);
        CHECK(std::tanh(y) ==
              testing::approx(std::tanh(train_in_cpp(*device, ap, train).memory)).epsilon(1e-3));
    }
}

TEST_CASE("filaments grow and shrink in mna as in ngspice and in C++") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const DeviceState from{.g = 60e-6};
    const std::vector<Pulse> train{{0.35, 2e-6}, {-0.28, 3e-6}, {0.1, 5e-6}, {0.38, 4e-6}};
    const double edge = 1e-10;
    DeviceState ours = from;
    for (const Pulse& pulse : train) {
        ours = device
                   ->waveform(ours, {{0, edge, pulse.width, pulse.width + edge}, {0, pulse.v, pulse.v, 0}},
                              draws(), 0)
                   .state;
    }
    const double x = state_after(*device, from, "x", train, 1e-6, edge);
    CHECK(1e-6 + x * 309e-6 == testing::approx(ours.g).epsilon(1e-3));
    CHECK(ours.g > 100e-6);
}

TEST_CASE("an energy threshold is crossed in mna when it is in ngspice and in C++") {
    const auto device = make_device(find_card("cbram/cu_asic_tin"));
    const DeviceState off = device->fresh(draws());
    for (const std::vector<Pulse>& train : {std::vector<Pulse>{{2.0, 20e-6}},
                                            {{2.0, 20e-6}, {2.0, 20e-6}},
                                            {{2.0, 40e-6}, {-0.5, 200e-6}},
                                            {{2.0, 40e-6}, {-0.5, 300e-6}}}) {
        const DeviceState ours = train_in_cpp(*device, off, train);
        const bool is_on = ours.memory >= 1.0;
        CHECK(state_after(*device, off, "on", train, 1e-6, 1e-9) ==
              testing::approx(is_on ? 1.0 : 0.0).epsilon(1e-3).scale(1.0));
        if (is_on && ours.memory < 1.9)
            CHECK(state_after(*device, off, "er", train, 1e-6, 1e-9) ==
                  testing::approx(ours.memory - 1.0).epsilon(1e-3).scale(1.0).scale(1e-3));
    }
}

TEST_CASE("every card's SPICE face runs in mna's transient, and draws the current that it draws in ngspice") {
    for (const std::string& name : card_names()) {
        CAPTURE(name);
        const auto device = make_device(find_card(name));
        const SpiceFace face = device->spice(device->fresh(draws()), 300.0);
        std::string states;
        for (std::size_t k = 2; k < face.ports.size(); ++k) states += " s" + face.ports[k];
        check_transient_against_ngspice(fmt::format(
            "{}vin top 0 pwl(0 0 50n 2m 150n -2m 200n 0)\nxdevice top 0{} {}\n.options reltol=1e-6 "
            "abstol=1e-15 vntol=1e-9\n.tran 5n 200n 0 1n\n",
            face.text, states, face.name));
    }
}

} // namespace ohmloom::testing
