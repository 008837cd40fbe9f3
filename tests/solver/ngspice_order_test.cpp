#include "solver/ngspice_order.hpp"

#include "circuit/array_netlist.hpp"
#include "solver/ngspice_jobs.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

using Graph = std::vector<std::set<Index>>; ///< neighbours of each node, ground and held ones aside

/// 6 x 5 cells with wires; 71 nodes that no source holds.
ArrayNetlist small_array() {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(6, 5, 1e-4);
    crossbar.r_row = 2.0;
    crossbar.r_col = 3.0;
    return expand_array(crossbar);
}

Graph graph_of(const Circuit& circuit, const std::set<Index>& held) {
    Graph graph(static_cast<std::size_t>(circuit.node_count()));
    for (const Element& element : circuit.elements()) {
        const auto* resistor = std::get_if<Resistor>(&element.kind);
        if (resistor == nullptr) continue;
        const auto a = static_cast<Index>(resistor->a), b = static_cast<Index>(resistor->b);
        if (held.contains(a) || held.contains(b)) continue;
        graph[static_cast<std::size_t>(a)].insert(b);
        graph[static_cast<std::size_t>(b)].insert(a);
    }
    return graph;
}

} // namespace

TEST_CASE("the order eliminates every node that no source holds, always one of the fewest neighbours") {
    const ArrayNetlist netlist = small_array();
    const Circuit& circuit = netlist.circuit;
    std::set<Index> held{0};
    for (const Element& element : circuit.elements()) {
        if (const auto* source = std::get_if<VoltageSource>(&element.kind))
            held.insert(static_cast<Index>(source->plus));
    }
    CHECK(held.size() == 12); // ground, 6 rows, 5 columns
    Graph graph = graph_of(circuit, held);
    std::set<Index> left;
    for (Index node = 0; node < circuit.node_count(); ++node) {
        if (!held.contains(node)) left.insert(node);
    }
    for (const NodeId next : elimination_order(circuit)) {
        const auto node = static_cast<Index>(next);
        REQUIRE(left.contains(node));
        const std::set<Index> clique = graph[static_cast<std::size_t>(node)];
        for (const Index other : left) CHECK(clique.size() <= graph[static_cast<std::size_t>(other)].size());
        left.erase(node);
        for (const Index a : clique) {
            std::set<Index>& neighbours = graph[static_cast<std::size_t>(a)];
            neighbours.insert(clique.begin(), clique.end());
            neighbours.erase(a);
            neighbours.erase(node);
        }
    }
    CHECK(left.empty());
}

TEST_CASE("ordering cards change nothing in ngspice's answer but where its matrix package finds the pivots") {
    const ArrayNetlist netlist = small_array();
    const std::vector<std::string> cards = ordering_cards(netlist.circuit, {"point"});
    // The last card is read first: 12 held nodes, the 12 that go last from the last one on, the others as in the order.
    const auto node_of = [&](std::size_t place) {
        const std::string& card = cards[cards.size() - 1 - place];
        const std::size_t begin = card.find(' ') + 1;
        return card.substr(begin, card.find(' ', begin) - begin);
    };
    const auto order = elimination_order(netlist.circuit);
    REQUIRE(cards.size() == 12 + order.size());
    CHECK(node_of(0) == "point");
    CHECK(node_of(11) == "col_4");
    CHECK(node_of(12) == netlist.circuit.node_name(order.back()));
    CHECK(node_of(23) == netlist.circuit.node_name(order[order.size() - 12]));
    CHECK(node_of(24) == netlist.circuit.node_name(order.front()));

    std::string plain = "divider\nv1 a 0 3\nr1 a b 1k\nr2 b 0 2k\n",
                ordered = plain + "border_0 b 0 i=0*v(b)\n";
    for (const std::string& deck : {plain, ordered}) {
        const NgspiceAnswer answer =
            solve_operating_points({deck + ".end\n", {}, Matrix<double>(1, 0), {"b", "i(v1)"}});
        REQUIRE(answer.converged[0]);
        CHECK(answer.values(0, 0) == testing::approx(2.0).epsilon(1e-14));
        CHECK(answer.values(0, 1) == testing::approx(-1e-3).epsilon(1e-14));
    }
}
