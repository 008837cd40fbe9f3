#include "circuit/circuit.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ohmloom;

namespace {

Subcircuit halver() {
    Subcircuit half{"halver", {}, {}};
    half.ports = {half.body.node("in"), half.body.node("out")};
    half.body.add("r1", Resistor{half.ports[0], half.ports[1], 1e3});
    half.body.add("r2", Resistor{half.ports[1], ground, 1e3});
    return half;
}

} // namespace

TEST_CASE("a node is made once and found by its name") {
    Circuit circuit;
    const NodeId a = circuit.node("a");
    CHECK(circuit.node("a") == a);
    CHECK(circuit.find_node("a") == a);
    CHECK_FALSE(circuit.find_node("b").has_value());
    CHECK(circuit.node("0") == ground);
    CHECK(circuit.node_name(a) == "a");
    CHECK(circuit.node_count() == 2);
}

TEST_CASE("circuits are equal when nodes, elements and subcircuits are") {
    Circuit first, second;
    for (Circuit* circuit : {&first, &second}) {
        circuit->add(halver());
        circuit->add("xhalf", SubcircuitCall{"halver", {circuit->node("a"), circuit->node("b")}});
        circuit->add("v1", VoltageSource{circuit->node("a"), ground, 1.0});
    }
    CHECK(first == second);
    second.add("r1", Resistor{second.node("b"), ground, 1.0});
    CHECK_FALSE(first == second);
}

TEST_CASE("names that SPICE would not take are refused") {
    Circuit circuit;
    const NodeId a = circuit.node("a");
    CHECK_THROWS_WITH_AS(
        circuit.node("A b"),
        "node name \"A b\": expected lower-case letters, digits and _ . + - # ! : [ ] < > % @ "
        "~, the first of them none of + - .",
        InputError);
    CHECK_THROWS_AS(circuit.node(""), InputError);
    CHECK_THROWS_WITH_AS(circuit.add("c1", Resistor{a, ground, 1.0}),
                         "element name \"c1\": expected \"r\" as its first letter", InputError);
    circuit.add("r1", Resistor{a, ground, 1.0});
    CHECK_THROWS_WITH_AS(circuit.add("r1", Resistor{a, ground, 2.0}),
                         "element name \"r1\" is taken: choose another one", InputError);
    circuit.add(halver());
    CHECK_THROWS_AS(circuit.add(halver()), InputError);
    CHECK(circuit.elements().size() == 1);
}

TEST_CASE("a resistance of zero is refused, because it is a node and not an element") {
    Circuit circuit;
    const NodeId a = circuit.node("a");
    CHECK_THROWS_WITH_AS(circuit.add("r1", Resistor{a, ground, 0.0}),
                         "element r1: resistance is 0 Ohm; give both ends one node instead", InputError);
}

TEST_CASE("values that are not finite and nodes of elsewhere are refused") {
    Circuit circuit;
    const NodeId a = circuit.node("a");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(circuit.add("r1", Resistor{a, ground, nan}), InputError);
    CHECK_THROWS_AS(circuit.add("v1", VoltageSource{a, ground, nan}), InputError);
    CHECK_THROWS_AS(circuit.add("i1", CurrentSource{a, ground, nan}), InputError);
    CHECK_THROWS_AS(circuit.add("e1", VoltageAmplifier{a, ground, a, ground, nan}), InputError);
    CHECK_THROWS_AS(circuit.add("b1", SinhConductance{a, ground, nan, 1.0}), InputError);
    CHECK_THROWS_AS(circuit.add("b1", SinhConductance{a, ground, 1.0, 0.0}), InputError);
    CHECK_THROWS_AS(circuit.add("r1", Resistor{a, NodeId{7}, 1.0}), InputError);
    CHECK_THROWS_AS(circuit.add("r1", Resistor{NodeId{-1}, a, 1.0}), InputError);
    CHECK(circuit.elements().empty());
}

TEST_CASE("a call must fit its subcircuit") {
    Circuit circuit;
    const NodeId a = circuit.node("a");
    CHECK_THROWS_WITH_AS(circuit.add("x1", SubcircuitCall{"halver", {a, ground}}),
                         "element x1 calls subcircuit \"halver\": add it to the circuit first", InputError);
    circuit.add(halver());
    CHECK_THROWS_WITH_AS(circuit.add("x1", SubcircuitCall{"halver", {a}}),
                         "element x1 gives subcircuit halver 1 nodes, expected 2", InputError);
    Subcircuit grounded = halver();
    grounded.name = "grounded";
    grounded.ports[1] = ground;
    CHECK_THROWS_AS(circuit.add(grounded), InputError);
}
