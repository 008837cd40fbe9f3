#include "devicemodels/device_library.hpp"
#include "network/child_process.hpp"
#include "solver/ngspice_jobs.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

DeviceDraws draws_of(std::uint32_t number) {
    return {17, {3, 0, number}};
}

/// States in which a card's face is compared: both ends and, where there are states between, two of them.
std::vector<DeviceState> states_of(const DeviceModel& device) {
    std::vector<DeviceState> states{device.fresh(draws_of(0))};
    for (const double part : {0.0, 0.3, 0.8, 1.0}) {
        const double target = device.g_min() + part * (device.g_max() - device.g_min());
        states.push_back(
            device.program(states.front(), target, {Programming::write_verify, 0.02, 300}, draws_of(1), 0)
                .state);
    }
    return states;
}

std::string state_ports(const SpiceFace& face) {
    std::string nodes;
    for (std::size_t k = 2; k < face.ports.size(); ++k) nodes += " s" + face.ports[k];
    return nodes;
}

std::string deck_of(const SpiceFace& face, const std::string& source, const std::string& control) {
    return fmt::format("device\n{}vin top 0 {}\nxdevice top 0{} {}\n.options reltol=1e-6 abstol=1e-15 "
                       "vntol=1e-9 noopalter\n{}\n.end\n",
                       face.text, source, state_ports(face), face.name, control);
}

/// Runs a deck in batch mode; returns the rows that its `wrdata` wrote.
std::vector<std::vector<double>> run_batch(const std::string& deck) {
    const TemporaryFolder folder;
    folder.write("deck.cir", deck);
    const ChildResult result = run_child({"ngspice", "-b", "-o", "log", "deck.cir"}, folder.path());
    std::ifstream log(folder / "log");
    const std::string said((std::istreambuf_iterator<char>(log)), {});
    CAPTURE(said);
    REQUIRE(result.status == 0);
    std::vector<std::vector<double>> rows;
    std::ifstream stream(folder / "out");
    for (std::string line; std::getline(stream, line);) {
        std::istringstream words(line);
        std::vector<double> row;
        for (double x = 0.0; words >> x;) row.push_back(x);
        if (!row.empty()) rows.push_back(row);
    }
    REQUIRE(!rows.empty());
    return rows;
}

/// State node of a face at the end of a train of rectangles with edges that count half.
double state_after(const DeviceModel& device, const DeviceState& from, const std::string& node,
                   const std::vector<Pulse>& train, double gap, double edge) {
    std::string pwl = "pwl(0 0";
    double t = gap;
    for (const Pulse& pulse : train) {
        pwl += fmt::format(" {:.12g} 0 {:.12g} {:.12g} {:.12g} {:.12g} {:.12g} 0", t, t + edge, pulse.v,
                           t + pulse.width, pulse.v, t + pulse.width + edge);
        t += pulse.width + edge + gap;
    }
    const SpiceFace face = device.spice(from, 300.0);
    const auto rows =
        run_batch(deck_of(face, pwl + ")",
                          fmt::format(".tran {0:.6g} {1:.12g} 0 {0:.6g}\n.control\nrun\nset "
                                      "wr_vecnames=0\nset numdgt=12\nwrdata out v(s{2})\nquit 0\n.endc",
                                      train.front().width / 200, t, node)));
    return rows.back().back();
}

DeviceState train_in_cpp(const DeviceModel& device, DeviceState state, const std::vector<Pulse>& train) {
    for (std::uint32_t k = 0; k < train.size(); ++k)
        state = device.pulse(state, train[k], draws_of(0), k).state;
    return state;
}

} // namespace

TEST_CASE("every card's SPICE face draws the current of its C++ face at the operating point") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        const bool warm = name == "pcm/aihwkit" || name == "pcm/accumulation" || name == "cbram/cu_asic_tin";
        for (const double temperature :
             warm ? std::vector<double>{300.0, 340.0} : std::vector<double>{300.0}) {
            const CellModel law = device->law(temperature);
            for (const DeviceState& state : states_of(*device)) {
                const CellNumbers cell = device->aged(state, {0.0, temperature});
                const SpiceFace face = device->spice(state, temperature);
                NgspiceJob job;
                job.deck = deck_of(face, "dc 0", "");
                job.inputs = {"vin"};
                const std::vector<double> v{-0.55, -0.2, -0.05, 0.0, 0.1, 0.31, 0.55};
                job.input_values = Matrix<double>(static_cast<Index>(v.size()), 1, v);
                job.outputs = {"i(vin)"};
                const NgspiceAnswer answer = solve_operating_points(job);
                for (std::size_t k = 0; k < v.size(); ++k) {
                    const double ours = evaluate_cell(law, cell.g, cell.shape, v[k]).current;
                    CAPTURE(name);
                    CAPTURE(state.g);
                    CAPTURE(v[k]);
                    CHECK(std::abs(-answer.values(static_cast<Index>(k), 0) - ours) <=
                          1e-6 * std::abs(ours) + 1e-21);
                }
            }
        }
    }
}

TEST_CASE("a voltage sweep by ngspice itself draws the same curve") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        const DeviceState state = states_of(*device)[2];
        const SpiceFace face = device->spice(state, 300.0);
        const auto rows = run_batch(deck_of(face, "dc 0",
                                            ".dc vin -0.5 0.5 0.05\n.control\nrun\nset wr_vecnames=0\nset "
                                            "numdgt=12\nwrdata out i(vin)\nquit 0\n.endc"));
        CHECK(rows.size() == 21);
        const CellNumbers cell = device->aged(state, {0.0, 300.0});
        for (const auto& row : rows) {
            const double ours = evaluate_cell(device->law(300.0), cell.g, cell.shape, row[0]).current;
            CAPTURE(name);
            CAPTURE(row[0]);
            CHECK(std::abs(-row[1] - ours) <= 1e-6 * std::abs(ours) + 1e-16);
        }
    }
}

TEST_CASE("while a voltage below all thresholds rises and falls, every face draws its C++ face's current") {
    for (const std::string& name : card_names()) {
        const auto device = make_device(find_card(name));
        for (const std::size_t which : {std::size_t{1}, std::size_t{4}}) {
            const DeviceState state = states_of(*device)[which];
            const SpiceFace face = device->spice(state, 300.0);
            const auto rows =
                run_batch(deck_of(face, "pwl(0 0 50n 2m 150n -2m 200n 0)",
                                  ".tran 1n 200n 0 1n\n.control\nrun\nset wr_vecnames=0\nset numdgt=15\n"
                                  "wrdata out v(top) i(vin)\nquit 0\n.endc"));
            CHECK(rows.size() > 200);
            const CellNumbers cell = device->aged(state, {0.0, 300.0});
            double largest = 0.0;
            for (const auto& row : rows) {
                const double v = row[1],
                             ours = evaluate_cell(device->law(300.0), cell.g, cell.shape, v).current;
                CAPTURE(name);
                CAPTURE(state.g);
                CAPTURE(v);
                CHECK(std::abs(-row[3] - ours) <= 1e-6 * std::abs(ours) + 1e-15);
                largest = std::max(largest, std::abs(v));
            }
            CHECK(largest > 1.99e-3);
        }
    }
}

TEST_CASE("SET pulses crystallise in ngspice as in C++") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const DeviceState fresh = device->fresh(draws_of(0));
    const std::vector<Pulse> train(8, Pulse{1.2, 50e-9});
    const double edge = 1e-11;
    // On an edge of length e the pulse is above v_set for (1 − 0.8/1.2)·e, on both sides.
    std::vector<Pulse> ours = train;
    for (Pulse& pulse : ours) pulse.width += -edge + 2.0 * edge * (1.0 - 0.8 / 1.2);
    CHECK(state_after(*device, fresh, "x", train, 20e-9, edge) * 1e-6 ==
          testing::approx(train_in_cpp(*device, fresh, ours).g).epsilon(1e-3));
}

TEST_CASE("training pulses step in ngspice as in C++") {
    const auto device = make_device(find_card("pcm/training_steps", {{"noise", "0"}}));
    const double edge = 1e-11;
    for (const std::vector<Pulse>& train : {std::vector<Pulse>(6, Pulse{1.2, 50e-9}),
                                            {{1.2, 50e-9}, {1.2, 50e-9}, {-1.2, 30e-9}, {1.2, 20e-9}}}) {
        // On an edge of length e the pulse is above v_set for (1 - 0.8/1.2) e, on both sides.
        std::vector<Pulse> ours = train;
        for (Pulse& pulse : ours) pulse.width += -edge + 2.0 * edge * (1.0 - 0.8 / 1.2);
        const DeviceState fresh = device->fresh(draws_of(0));
        CHECK(state_after(*device, fresh, "w", train, 20e-9, edge) ==
              testing::approx(train_in_cpp(*device, fresh, ours).memory).epsilon(1e-3));
    }
}

TEST_CASE("junctions reverse in ngspice as in C++") {
    const auto device = make_device(find_card("mram/arm_verilog_a", {{"noise", "0"}}));
    const DeviceState ap = device->fresh(draws_of(0));
    // Partly there, there, and back again.
    for (const std::vector<Pulse>& train :
         {std::vector<Pulse>{{1.2, 4e-9}}, {{1.2, 15e-9}}, {{1.2, 20e-9}, {-0.4, 6e-9}}}) {
        const DeviceState ours = train_in_cpp(*device, ap, train);
        const double y = state_after(*device, ap, "y", train, 1e-12, 1e-12);
        CHECK(std::tanh(y) == testing::approx(std::tanh(ours.memory)).epsilon(1e-3));
    }
}

TEST_CASE("filaments grow and shrink in ngspice as in C++") {
    const auto device = make_device(find_card("cbram", {{"noise", "0"}}));
    const DeviceState from{.g = 60e-6};
    const std::vector<Pulse> train{{0.35, 2e-6}, {-0.28, 3e-6}, {0.1, 5e-6}, {0.38, 4e-6}};
    const double edge = 1e-10;
    DeviceState ours = from;
    for (const Pulse& pulse : train) {
        ours = device
                   ->waveform(ours, {{0, edge, pulse.width, pulse.width + edge}, {0, pulse.v, pulse.v, 0}},
                              draws_of(0), 0)
                   .state;
    }
    const double x = state_after(*device, from, "x", train, 1e-6, edge);
    CHECK(1e-6 + x * 309e-6 == testing::approx(ours.g).epsilon(1e-3));
    CHECK(ours.g > 100e-6);
}

TEST_CASE("an energy threshold is crossed in ngspice when it is in C++") {
    const auto device = make_device(find_card("cbram/cu_asic_tin"));
    const DeviceState off = device->fresh(draws_of(0));
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
                  testing::approx(ours.memory - 1.0).epsilon(1e-3).scale(1.0));
    }
    CHECK(state_after(*device, off, "es", {{2.0, 20e-6}}, 1e-6, 1e-9) ==
          testing::approx(train_in_cpp(*device, off, {{2.0, 20e-6}}).memory).epsilon(1e-3));
}

} // namespace ohmloom::testing
