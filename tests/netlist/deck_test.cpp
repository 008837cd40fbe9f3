#include "netlist/deck.hpp"

#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

Deck sample(Index images) {
    Deck deck;
    deck.title = "sample";
    deck.provenance = {"study: a.toml"};
    deck.v = Matrix<double>(images, 2, 0.5);
    for (Index k = 0; k < images; ++k) deck.v(k, 1) = 0.25 * static_cast<double>(k % 2);
    deck.circuit.add("r1", Resistor{deck.circuit.node("in_0"), deck.circuit.node("o_0"), 1e3});
    deck.circuit.add("r2", Resistor{deck.circuit.node("in_1"), deck.circuit.node("o_0"), 1e3});
    deck.circuit.add("rpower", Resistor{deck.circuit.node("power"), ground, 1.0});
    deck.outputs = {{"o_0", "v(o_0)", "V"}, {"p", "v(power)", "W"}};
    deck.sample_time = 1.0; // [s] so that hundredths print short
    return deck;
}

std::string text_of(const Deck& deck, SpiceDialect dialect = SpiceDialect::ngspice) {
    std::ostringstream stream;
    SpiceWriter writer(stream, dialect);
    write_deck(writer, deck);
    writer.flush();
    return stream.str();
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a deck for one image is one point of a DC analysis, with a measure for every output") {
    const std::string text = text_of(sample(1));
    CHECK(text == R"(* sample
* study: a.toml
vin_0 in_0 0 dc 0.5
vin_1 in_1 0 dc 0
r1 in_0 o_0 1000
r2 in_1 o_0 1000
rpower power 0 1
.options reltol=1e-9 vntol=1e-11 abstol=1e-14 itl1=500 itl2=500 itl4=200 noopalter
.dc vin_0 0.5 0.5 1
.measure dc o_0 max v(o_0)
.measure dc p max v(power)
.end
)");
    CHECK(parse_spice(text, "deck.cir").measures.size() == 2);
}

TEST_CASE("a stream of images changes only what differs, and is measured before the end of each sample") {
    Deck deck = sample(3);
    deck.expected = Matrix<double>(3, 2, {0.25, 1e-3, 0.375, 2e-3, 0.25, 1e-3});
    const std::string text = text_of(deck);
    CHECK(has(text, "\nvin_0 in_0 0 dc 0.5\n"));
    CHECK(has(text, "\nvin_1 in_1 0 dc 0 pwl(0 0 1 0 1.01 0.25 2 0.25 2.01 0)\n"));
    CHECK(has(text, "\n.tran 0.02 3\n"));
    CHECK(has(text, "\n.measure tran o_0_1 find v(o_0) at=1.99\n"));
    CHECK(has(text, "\n.measure tran p_mean avg v(power)\n"));
    // Within 1 % of the last step, 0.375 to 0.25 V.
    CHECK(has(text, "\n.measure tran settle_o_0 trig at=2 targ v(o_0) val=0.25125 td=2 cross=1\n"));
    CHECK(measures_of(deck).size() == 3 * 2 + 2);
    CHECK(measures_of(deck)[2].value == 0.375);
    CHECK(parse_spice(text, "deck.cir").measures.size() == 8);
    deck.expected = {};
    CHECK(!has(text_of(deck), "settle"));
}

TEST_CASE("tolerances, print-outs and measures are asked for in each simulator's own words") {
    const std::string xyce = text_of(sample(1), SpiceDialect::xyce),
                      hspice = text_of(sample(1), SpiceDialect::hspice);
    CHECK(has(xyce, "\n.options nonlin reltol=1e-9 abstol=1e-14 maxstep=500\n"));
    CHECK(has(xyce, "\n.print dc format=csv v(o_0) v(power)\n"));
    CHECK(has(hspice, "\n.option measform=2 measdgt=10 ingold=2\n"));
    CHECK(has(hspice, "\n.print dc v(o_0) v(power)\n"));
    CHECK(has(text_of(sample(2), SpiceDialect::xyce), "\n.print tran format=csv v(o_0) v(power)\n"));
}

TEST_CASE("names that would break a deck apart are refused") {
    Deck deck = sample(1);
    deck.provenance = {"study: a\n.end"};
    CHECK_THROWS_AS(text_of(deck), InputError);
}
