#include "circuit/array_netlist.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

using namespace ohmloom;

namespace {

const Element* find_element(const Circuit& circuit, std::string_view name) {
    const auto elements = circuit.elements();
    const auto found = std::find_if(elements.begin(), elements.end(),
                                    [&](const Element& element) { return element.name == name; });
    return found == elements.end() ? nullptr : &*found;
}

/// "from to ohms" of a resistor, "" if there is none of that name.
std::string resistor(const Circuit& circuit, std::string_view name) {
    const Element* element = find_element(circuit, name);
    if (element == nullptr) return "";
    const auto& r = std::get<Resistor>(element->kind);
    return circuit.node_name(r.a) + " " + circuit.node_name(r.b) + " " +
           std::to_string(static_cast<int>(r.resistance));
}

/// "from to attofarads" of a capacitor, "" if there is none of that name.
std::string capacitor(const Circuit& circuit, std::string_view name) {
    const Element* element = find_element(circuit, name);
    if (element == nullptr) return "";
    const auto& c = std::get<Capacitor>(element->kind);
    return circuit.node_name(c.a) + " " + circuit.node_name(c.b) + " " +
           std::to_string(static_cast<int>(std::lround(c.capacitance * 1e18)));
}

Crossbar wired_2x2() {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 2, 1e-3);
    crossbar.r_row = 1.0;
    crossbar.r_col = 2.0;
    crossbar.r_source = {10.0, 11.0};
    crossbar.r_sense = {20.0, 21.0};
    return crossbar;
}

} // namespace

TEST_CASE("every capacitance of an array has its place in the netlist") {
    Crossbar crossbar = wired_2x2();
    crossbar.g = Matrix<double>(2, 4, 1e-3);
    crossbar.lines_per_site = 2;
    crossbar.r_sense = {};
    crossbar.capacitance = {.row_ground = 1e-18,
                            .col_ground = 2e-18,
                            .row_coupling = 3e-18,
                            .col_coupling = 4e-18,
                            .pair_coupling = 5e-18,
                            .cell = 6e-18,
                            .driver = 7e-18,
                            .sense = 8e-18};
    const Circuit circuit = expand_array(crossbar, {}).circuit;
    CHECK(capacitor(circuit, "crow_1_1") == "w_1_1 0 1");
    CHECK(capacitor(circuit, "ccol_1_3") == "b_1_3 0 2");
    CHECK(capacitor(circuit, "crownext_0_1") == "w_0_1 w_1_1 3");
    CHECK(capacitor(circuit, "crownext_1_1") == "");
    CHECK(capacitor(circuit, "ccolnext_0_1") == "b_0_1 b_0_2 4");
    CHECK(capacitor(circuit, "cpair_0_1") == "");
    CHECK(capacitor(circuit, "cpair_1_2") == "b_1_2 b_1_3 5");
    CHECK(capacitor(circuit, "ccolnext_1_3") == "");
    CHECK(capacitor(circuit, "ccell_1_2") == "w_1_1 b_1_2 6");
    CHECK(capacitor(circuit, "cdriver_1_first") == "row_1_first 0 7");
    // Without a series resistance it stands at the terminal itself.
    CHECK(capacitor(circuit, "csense_3_last") == "col_3 0 8");
    CHECK(capacitor(circuit, "csense_3_first") == "");
    const auto is_capacitor = [](const Element& e) { return std::holds_alternative<Capacitor>(e.kind); };
    // 4 row nodes, 2 pairs of neighbouring rows, 8 column nodes, 2 neighbours, 4 pairs, 8 cells, 2 drivers, 4 sense nodes.
    CHECK(std::ranges::count_if(circuit.elements(), is_capacitor) == 34);
}

TEST_CASE("every wire segment, series resistance and cell of an array has its place in the netlist") {
    const ArrayNetlist netlist = expand_array(wired_2x2(), {.v_row = {0.5, 0.25}, .v_col = {}, .stage = {}});
    const Circuit& circuit = netlist.circuit;
    CHECK(resistor(circuit, "rsource_1_first") == "row_1 row_1_first 11");
    CHECK(resistor(circuit, "rrow_1_0") == "row_1_first w_1_0 1");
    CHECK(resistor(circuit, "rrow_1_1") == "w_1_0 w_1_1 1");
    CHECK(resistor(circuit, "rrow_1_2") == "");
    CHECK(resistor(circuit, "rcol_1_0") == "");
    CHECK(resistor(circuit, "rcol_1_1") == "b_0_1 b_1_1 2");
    CHECK(resistor(circuit, "rcol_1_2") == "b_1_1 col_1_last 2");
    CHECK(resistor(circuit, "rsense_1_last") == "col_1_last col_1 21");
    CHECK(resistor(circuit, "rcell_1_0") == "w_1_0 b_1_0 1000");
    const auto source = std::get<VoltageSource>(find_element(circuit, "vrow_1")->kind);
    CHECK(source == VoltageSource{*circuit.find_node("row_1"), ground, 0.25});
    CHECK(netlist.row_sources == std::vector<std::string>{"vrow_0", "vrow_1"});
    CHECK(netlist.sense_sources == std::vector<std::string>{"vcol_0", "vcol_1"});
    CHECK(circuit.node_name(netlist.row_nodes(1, 0)) == "w_1_0");
    CHECK(circuit.node_name(netlist.column_nodes(0, 1)) == "b_0_1");
    // Rows: 2 x (series + 2 segments), columns the same, 4 cells, 4 sources.
    CHECK(circuit.elements().size() == 20);
}

TEST_CASE("lines that are tied at the other end or at both have their resistances there") {
    Crossbar crossbar = wired_2x2();
    crossbar.row_ends = TiedEnds::last;
    crossbar.col_ends = TiedEnds::both;
    const Circuit circuit = expand_array(crossbar).circuit;
    CHECK(resistor(circuit, "rrow_0_0") == "");
    CHECK(resistor(circuit, "rrow_0_2") == "w_0_1 row_0_last 1");
    CHECK(resistor(circuit, "rsource_0_last") == "row_0_last row_0 10");
    CHECK(resistor(circuit, "rsense_0_first") == "col_0 col_0_first 20");
    CHECK(resistor(circuit, "rcol_0_0") == "col_0_first b_0_0 2");
    CHECK(resistor(circuit, "rcol_0_2") == "b_1_0 col_0_last 2");
    CHECK(resistor(circuit, "rsense_0_last") == "col_0_last col_0 20");
}

TEST_CASE("what a zero resistance joins is one node") {
    Crossbar crossbar = wired_2x2();

    SUBCASE("no wire resistance: the line is one node behind its series resistance") {
        crossbar.r_row = 0.0;
        const ArrayNetlist netlist = expand_array(crossbar);
        CHECK(netlist.row_nodes(0, 0) == netlist.row_nodes(0, 1));
        CHECK(resistor(netlist.circuit, "rsource_0_first") == "row_0 w_0_0 10");
    }
    SUBCASE("no series resistance: the wire starts at the terminal") {
        crossbar.r_source.clear();
        const ArrayNetlist netlist = expand_array(crossbar);
        CHECK(resistor(netlist.circuit, "rrow_0_0") == "row_0 w_0_0 1");
    }
    SUBCASE("neither: the line is its terminal") {
        crossbar.r_row = crossbar.r_col = 0.0;
        crossbar.r_source.clear();
        crossbar.r_sense.clear();
        crossbar.col_ends = TiedEnds::both;
        const ArrayNetlist netlist = expand_array(crossbar);
        CHECK(resistor(netlist.circuit, "rcell_1_0") == "row_1 col_0 1000");
        CHECK(netlist.circuit.node_count() == 1 + 4);
        CHECK(netlist.circuit.elements().size() == 4 + 4);
    }
    SUBCASE("both ends tied without wire resistance: two series resistances in parallel") {
        crossbar.r_col = 0.0;
        crossbar.col_ends = TiedEnds::both;
        const ArrayNetlist netlist = expand_array(crossbar);
        CHECK(resistor(netlist.circuit, "rsense_0_first") == "col_0 b_0_0 20");
        CHECK(resistor(netlist.circuit, "rsense_0_last") == "b_0_0 col_0 20");
    }
}

TEST_CASE("a map of segments puts each resistance in its place, leaves open ones out and joins nodes at 0") {
    const double open = std::numeric_limits<double>::infinity();
    Crossbar crossbar = wired_2x2();
    crossbar.r_row_map = Matrix<double>(2, 3, {3.0, 4.0, 5.0, 0.0, 0.0, 8.0});
    crossbar.r_col_map = Matrix<double>(3, 2, {1.0, 1.0, open, 6.0, 7.0, 0.0});
    const ArrayNetlist netlist = expand_array(crossbar);
    const Circuit& circuit = netlist.circuit;
    CHECK(resistor(circuit, "rrow_0_0") == "row_0_first w_0_0 3");
    CHECK(resistor(circuit, "rrow_0_1") == "w_0_0 w_0_1 4");
    CHECK(resistor(circuit, "rsource_1_first") == "row_1 w_1_0 11");
    CHECK(netlist.row_nodes(1, 0) == netlist.row_nodes(1, 1));
    CHECK(resistor(circuit, "rcol_0_1") == "");
    CHECK(resistor(circuit, "rcol_1_1") == "b_0_1 b_1_1 6");
    CHECK(resistor(circuit, "rcol_0_2") == "b_1_0 col_0_last 7");
    CHECK(resistor(circuit, "rsense_1_last") == "b_1_1 col_1 21");
}

TEST_CASE("a shorted cell's row node and column node are one, and what no terminal reaches is held") {
    const double open = std::numeric_limits<double>::infinity();
    Crossbar crossbar = wired_2x2();
    crossbar.g = Matrix<double>(2, 2, {open, 1e-3, 0.0, 1e-3});
    crossbar.r_row_map = Matrix<double>(2, 3, {1.0, 1.0, 1.0, open, open, 1.0}); // w(1, 0) is alone
    const ArrayNetlist netlist = expand_array(crossbar);
    const Circuit& circuit = netlist.circuit;
    CHECK(netlist.row_nodes(0, 0) == netlist.column_nodes(0, 0));
    CHECK(circuit.node_name(netlist.column_nodes(0, 0)) == "w_0_0");
    CHECK(resistor(circuit, "rcol_0_1") == "w_0_0 b_1_0 2");
    CHECK(resistor(circuit, "rcell_0_0") == "");
    CHECK(resistor(circuit, "rsource_1_first") == "");
    CHECK(resistor(circuit, "rhold_w_1_0") == "row_1 w_1_0 1");
    CHECK(resistor(circuit, "rhold_w_1_1") == "");
}

TEST_CASE("cells that do not conduct are left out, and nonlinear cells keep their law") {
    Crossbar crossbar = wired_2x2();
    crossbar.g(0, 1) = 0.0;
    crossbar.cell = SinhCell{3.0};
    const Circuit circuit = expand_array(crossbar).circuit;
    CHECK(find_element(circuit, "bcell_0_1") == nullptr);
    REQUIRE(find_element(circuit, "bcell_1_1") != nullptr);
    const auto cell = std::get<SinhConductance>(find_element(circuit, "bcell_1_1")->kind);
    CHECK(cell == SinhConductance{*circuit.find_node("w_1_1"), *circuit.find_node("b_1_1"), 1e-3, 3.0});
}

TEST_CASE("a difference stage takes the place of the sense sources of its pair of lines") {
    Crossbar crossbar = wired_2x2();
    crossbar.lines_per_site = 2;
    const ArrayNetlist netlist =
        expand_array(crossbar, {.v_row = {}, .v_col = {}, .stage = DifferenceStageCircuit{}});
    CHECK(netlist.sense_sources.empty());
    REQUIRE(netlist.outputs.size() == 1);
    const Circuit& circuit = netlist.circuit;
    CHECK(circuit.node_name(netlist.outputs[0]) == "o_0");
    const auto call = std::get<SubcircuitCall>(find_element(circuit, "xstage_0")->kind);
    CHECK(call.nodes ==
          std::vector<NodeId>{*circuit.find_node("col_0"), *circuit.find_node("col_1"), netlist.outputs[0]});
    REQUIRE(circuit.subcircuits().size() == 1);
    CHECK(circuit.subcircuits()[0].body.elements().size() == 6);
}

TEST_CASE("sources and stages that do not fit the array are refused") {
    Crossbar crossbar = wired_2x2();
    CHECK_THROWS_WITH_AS(expand_array(crossbar, {.v_row = {1.0}, .v_col = {}, .stage = {}}),
                         "v_row has 1 entries, expected 2 (one per line) or none", InputError);
    CHECK_THROWS_AS(expand_array(crossbar, {.v_row = {}, .v_col = {1.0}, .stage = {}}), InputError);
    CHECK_THROWS_WITH_AS(
        expand_array(crossbar, {.v_row = {}, .v_col = {}, .stage = DifferenceStageCircuit{}}),
        "difference stage: the array has 1 line per site, expected 2 (I+ and I-)", InputError);
    crossbar.lines_per_site = 2;
    DifferenceStageCircuit stage;
    stage.r_input = 0.0;
    CHECK_THROWS_WITH_AS(expand_array(crossbar, {.v_row = {}, .v_col = {}, .stage = stage}),
                         "difference stage: r_input is 0, expected a positive number", InputError);
    stage = {};
    stage.open_loop_gain = -1.0;
    CHECK_THROWS_AS(expand_array(crossbar, {.v_row = {}, .v_col = {}, .stage = stage}), InputError);
    crossbar.r_row = -1.0;
    CHECK_THROWS_AS(expand_array(crossbar), InputError);
}
