#include "lut/exports.hpp"

#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "lut/interpolate.hpp"
#include "solver/deck_solver.hpp"
#include "tests/lut/sample_luts.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

using namespace ohmloom;

namespace {

/// A bent cell: nodes unevenly spaced, values of no simple form.
Lut bent_cell() {
    Lut lut = sample_lut();
    lut.axes[0].values = {-0.5, -0.2, -0.1, 0.0, 0.15, 0.3, 0.5};
    lut.axes[1].values = {1e-6, 4e-6, 2e-5};
    lut.arrays = {{"current", "A", {"voltage", "state"}, {7, 3}, {}}};
    for (const double v : lut.axes[0].values)
        for (const double g : lut.axes[1].values)
            lut.arrays[0].values.push_back(g * std::sinh(3.0 * v) / 3.0 * (1.0 + 1e3 * g));
    return lut;
}

Lut bent_curve() {
    Lut lut;
    lut.name = "stage";
    lut.kind = "curve";
    lut.axes = {{"v_in", "V", {-1.0, -0.3, 0.1, 0.2, 1.0}, AxisRule::linear, BeyondAxis::clamp}};
    lut.arrays = {{"v_out", "V", {"v_in"}, {5}, {0.8, 0.7, 0.31, 0.2, 0.01}}};
    return lut;
}

/// Largest difference of a signal from a table, relative to the table's largest value, over all points of a deck's sweep.
double difference(const Waveforms& waves, const Lut& table, const std::string& array,
                  const std::string& signal, double scale) {
    const Interpolant interpolant(table, array);
    const auto found = std::ranges::find(waves.signals, signal);
    REQUIRE(found != waves.signals.end());
    REQUIRE(waves.all_converged());
    double full_scale = 0.0, worst = 0.0;
    for (const double value : interpolant.array().values) full_scale = std::max(full_scale, std::abs(value));
    for (std::size_t k = 0; k < waves.axis.size(); ++k) {
        std::vector<double> point{
            std::clamp(waves.axis[k], table.axes[0].values.front(), table.axes[0].values.back())};
        if (!waves.outer.empty()) {
            const double unit = std::pow(10.0, std::floor(std::log10(table.axes[1].values.back())));
            point.push_back(
                std::clamp(waves.outer[k] * unit, table.axes[1].values.front(), table.axes[1].values.back()));
        }
        const double value = scale * waves.values(static_cast<Index>(k), found - waves.signals.begin());
        worst = std::max(worst, std::abs(value - interpolant.evaluate(point)));
    }
    CHECK(waves.axis.size() >= 41);
    return worst / full_scale;
}

} // namespace

TEST_CASE("a table's subcircuit gives the table's values in both engines, read back from its text") {
    for (const auto& [table, array, signal, scale] : {std::tuple{bent_cell(), "current", "i(vvoltage)", -1.0},
                                                      std::tuple{bent_curve(), "v_out", "v(out)", 1.0}}) {
        const std::vector<ExportedFile> files = export_spice(table);
        REQUIRE(files.size() == 1);
        const SpiceDeck deck = parse_spice(files.front().text, files.front().name);
        CHECK(difference(solve_deck_mna(deck).analyses.front(), table, array, signal, scale) < 1e-9);
        CHECK(difference(solve_deck_ngspice(deck).analyses.front(), table, array, signal, scale) <
              1e-6); // ngspice's gmin and reltol
    }
}

TEST_CASE("a table that holds its ends does so in its subcircuit") {
    Lut table = bent_curve();
    SpiceDeck deck = table_deck(table, "v_out");
    std::get<DcAnalysis>(deck.analyses.front()).sweeps = {{"vv_in", -3.0, 3.0, 0.1}};
    CHECK(difference(solve_deck_mna(deck).analyses.front(), table, "v_out", "v(out)", 1.0) < 1e-9);
}

TEST_CASE("a Verilog-A module looks its table up by the rules of its axes, and its points are the table's") {
    const std::vector<ExportedFile> files = export_verilog_a(bent_cell());
    REQUIRE(files.size() == 2);
    CHECK(files[0].name == "cell_current.va");
    CHECK(mentions(files[0].text, "module cell_current(top, bottom);", "parameter real state = 4e-06; // [S]",
                   "I(top, bottom) <+ $table_model(V(top, bottom), state, \"cell_current.tbl\", \"1L,1C\");",
                   "endmodule"));
    CHECK(files[1].name == "cell_current.tbl");
    std::istringstream lines(files[1].text);
    std::string line;
    std::getline(lines, line);
    CHECK(line.starts_with('#'));
    const Lut table = bent_cell();
    for (std::size_t k = 0; k < 21; ++k) {
        double v = 0.0, g = 0.0, i = 0.0;
        REQUIRE((lines >> v >> g >> i));
        CHECK(v == table.axes[0].values[k / 3]); // numbers come back as they were
        CHECK(g == table.axes[1].values[k % 3]);
        CHECK(i == table.arrays[0].values[k]);
    }
    CHECK_FALSE((lines >> line));
    CHECK(mentions(export_verilog_a(bent_curve())[0].text, "module stage_v_out(v_in, out);",
                   "V(out) <+ $table_model(V(v_in)", "\"1C\""));
}

TEST_CASE("steps are not exported as Verilog-A, which has none") {
    Lut table = bent_curve();
    table.axes[0].rule = AxisRule::step;
    CHECK(mentions(message_of<InputError>([&] { (void)export_verilog_a(table); }), "v_in", "steps"));
}

TEST_CASE("a CSV has a line for every number, with its arguments") {
    const std::vector<ExportedFile> files = export_csv(sample_lut());
    REQUIRE(files.size() == 2);
    CHECK(files[0].name == "cell_current.csv");
    CHECK(files[0].text ==
          "voltage [V],state [S],current "
          "[A]\n-1,1e-06,-1e-06\n-1,3e-06,-3e-06\n0,1e-06,0\n0,3e-06,0\n2,1e-06,2e-06\n2,3e-06,6e-06\n");
    CHECK(files[1].text == "voltage [V],tap [1],more [S]\n-1,0,1\n-1,1,2\n0,0,3\n0,1,4\n2,0,5\n2,1,6\n");
}

TEST_CASE("files for NeuroSim have its headers, a line per level, and one output more than there are codes") {
    LutFile luts = sample_luts();
    CHECK(mentions(message_of<InputError>([&] { (void)export_neurosim(luts); }), "levels", "output_noise"));
    Lut levels;
    levels.name = levels.kind = "levels";
    levels.axes = {{"level", "1", {0, 1}, AxisRule::nodes, BeyondAxis::refuse}};
    for (const char* name : {"target", "mean", "sigma"})
        levels.arrays.push_back({name, "S", {"level"}, {2}, {1e-6, 2e-5}});
    Lut codes;
    codes.name = codes.kind = "output_noise";
    codes.axes = {{"output", "code", {0, 1}, AxisRule::nodes, BeyondAxis::refuse}};
    codes.arrays = {{"mean", "code", {"output"}, {2}, {0.25, 0.75}},
                    {"sigma", "code", {"output"}, {2}, {0.5, 0.5}}};
    luts.tables = {levels, codes};
    validate(luts);
    const std::vector<ExportedFile> files = export_neurosim(luts);
    REQUIRE(files.size() == 2);
    CHECK(files[0].name == "mem_states.csv");
    CHECK(files[0].text == "states,mean,std\n0,1e-06,1e-06\n1,2e-05,2e-05\n");
    CHECK(files[1].name == "output_noise.csv");
    CHECK(files[1].text == "output,mean,std\n0,0.25,0.5\n1,0.75,0.5\n2,0.75,0.5\n");
    luts.tables[0].axes[0].values = {0, 1, 2};
    for (LutArray& array : luts.tables[0].arrays) {
        array.shape = {3};
        array.values.push_back(3e-5);
    }
    CHECK(mentions(message_of<InputError>([&] { (void)export_neurosim(luts); }), "3 levels", "power of two"));
}
