#include "circuit/spice_text.hpp"

#include "base/errors.hpp"
#include "circuit/array_netlist.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace ohmloom;

namespace {

std::string spice(const Circuit& circuit, const SpiceTextOptions& options = {}) {
    std::ostringstream text;
    write_spice(text, circuit, options);
    return text.str();
}

} // namespace

TEST_CASE("a deck holds a card for every element, with the digits that bring each number back") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, std::vector<double>{0.5, 0.25});
    crossbar.lines_per_site = 2;
    crossbar.r_row = 0.1;
    const ArrayNetlist netlist =
        expand_array(crossbar, {.v_row = {1.0 / 3.0}, .v_col = {}, .stage = DifferenceStageCircuit{}});
    SpiceTextOptions options;
    options.title = "one pair";
    options.provenance = {"tile 0/0/0 of layer 1"};
    options.control_cards = {".op"};
    CHECK(spice(netlist.circuit, options) ==
          R"(* one pair
* tile 0/0/0 of layer 1
* written by OhmLoom: ngspice dialect, SI units, 5 nodes, 5 elements
.subckt difference_stage i_plus i_minus out
rinput_plus i_plus plus 1000
rinput_minus i_minus minus 1000
rground plus 0 30000
rfeedback out minus 30000
ecopy copy 0 out 0 1
eopamp out copy plus minus 1
.ends difference_stage
rrow_0_0 row_0 w_0_0 0.1
vrow_0 row_0 0 dc 0.3333333333333333
rcell_0_0 w_0_0 col_0 2
rcell_0_1 w_0_0 col_1 4
xstage_0 col_0 col_1 o_0 difference_stage
.op
.end
)");
}

TEST_CASE("a nonlinear cell is a behavioural current without a division") {
    Circuit circuit;
    circuit.add("b1", SinhConductance{circuit.node("a"), circuit.node("b"), 3e-4, 2.0});
    circuit.add("i1", CurrentSource{ground, circuit.node("a"), 1e-6});
    const std::string text = spice(circuit);
    CHECK(text.find("b1 a b i=0.0003*0.5*sinh(2*v(a,b))\n") != std::string::npos);
    CHECK(text.find("i1 0 a dc 1e-06\n") != std::string::npos);
}

TEST_CASE("the same circuit gives the same bytes, however large") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(40, 50, 1.0 / 7000.0);
    crossbar.r_row = crossbar.r_col = 1.0 / 3.0;
    const std::string first = spice(expand_array(crossbar).circuit);
    CHECK(first.size() > 200'000); // several pieces of the stream
    CHECK(first == spice(expand_array(crossbar).circuit));
    CHECK(first.ends_with("\n.end\n"));
}

TEST_CASE("text with line breaks and streams that fail are refused") {
    Circuit circuit;
    SpiceTextOptions options;
    options.title = "one\n.include other.cir";
    CHECK_THROWS_WITH_AS(spice(circuit, options),
                         "the title of a SPICE deck holds a line break: give one line each", InputError);
    options = {};
    options.provenance = {"a\rb"};
    CHECK_THROWS_AS(spice(circuit, options), InputError);
    options = {};
    options.control_cards = {".op\n.end"};
    CHECK_THROWS_AS(spice(circuit, options), InputError);
    std::ostringstream broken;
    broken.setstate(std::ios::badbit);
    CHECK_THROWS_AS(write_spice(broken, circuit), FileError);
}
