#include "solver/ngspice_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <queue>
#include <utility>

namespace ohmloom {

namespace {

using Neighbours = std::vector<Index>; ///< rising

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// What gives a node its voltage.
enum class DrivenBy : std::uint8_t {
    none,
    source,    ///< a voltage source against ground, or it is ground
    amplifier, ///< a voltage amplifier against ground, of voltages elsewhere
};

/// [nodes] What drives each.
std::vector<DrivenBy> drives_of(const Circuit& circuit) {
    std::vector<DrivenBy> drives(at(circuit.node_count()), DrivenBy::none);
    const auto drive = [&](NodeId plus, NodeId minus, DrivenBy by) {
        if (minus == ground) drives[at(static_cast<Index>(plus))] = by;
        if (plus == ground) drives[at(static_cast<Index>(minus))] = by;
    };
    for (const Element& element : circuit.elements()) {
        if (const auto* amplifier = std::get_if<VoltageAmplifier>(&element.kind)) {
            drive(amplifier->plus, amplifier->minus, DrivenBy::amplifier);
        }
        if (const auto* source = std::get_if<VoltageSource>(&element.kind)) {
            drive(source->plus, source->minus, DrivenBy::source);
        }
    }
    drives[at(static_cast<Index>(ground))] = DrivenBy::source;
    return drives;
}

/// Who shares an element with whom, of the nodes that nothing drives.
std::vector<Neighbours> neighbours_of(const Circuit& circuit, const std::vector<DrivenBy>& drives) {
    std::vector<Neighbours> neighbours(at(circuit.node_count()));
    for (Element element : circuit.elements()) { // a copy: for_each_node() may change it
        // An amplifier's equation stays to the end, so it couples nobody before.
        if (std::holds_alternative<VoltageAmplifier>(element.kind)) continue;
        std::vector<Index> nodes;
        for_each_node(element.kind, [&](NodeId& node) {
            const auto number = static_cast<Index>(node);
            if (drives[at(number)] == DrivenBy::none) nodes.push_back(number);
        });
        for (const Index a : nodes) {
            for (const Index b : nodes) {
                if (a != b) neighbours[at(a)].push_back(b);
            }
        }
    }
    for (Neighbours& list : neighbours) {
        std::ranges::sort(list);
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }
    return neighbours;
}

} // namespace

std::vector<NodeId> elimination_order(const Circuit& circuit) {
    const std::vector<DrivenBy> drives = drives_of(circuit);
    std::vector<Neighbours> neighbours = neighbours_of(circuit, drives);
    // A node is in the queue once for every degree it ever had; only the entry with its present one counts.
    using Entry = std::pair<std::size_t, Index>; // degree, node
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    for (Index node = 0; node < circuit.node_count(); ++node) {
        if (drives[at(node)] == DrivenBy::none) queue.emplace(neighbours[at(node)].size(), node);
    }
    std::vector<bool> is_gone(neighbours.size(), false);
    std::vector<NodeId> order;
    Neighbours merged;
    while (!queue.empty()) {
        const auto [degree, node] = queue.top();
        queue.pop();
        if (is_gone[at(node)] || degree != neighbours[at(node)].size()) continue;
        is_gone[at(node)] = true;
        order.push_back(NodeId{static_cast<std::underlying_type_t<NodeId>>(node)});
        const Neighbours clique = std::exchange(neighbours[at(node)], {});
        for (const Index neighbour : clique) {
            Neighbours& list = neighbours[at(neighbour)];
            merged.clear();
            std::ranges::set_union(list, clique, std::back_inserter(merged));
            std::erase_if(merged,
                          [&, gone = node](Index other) { return other == neighbour || other == gone; });
            list = merged;
            queue.emplace(list.size(), neighbour);
        }
    }
    return order;
}

std::vector<std::string> ordering_cards(const Circuit& circuit, const std::vector<std::string>& held) {
    const std::vector<DrivenBy> drives = drives_of(circuit);
    std::vector<std::string> nodes = held;
    const auto add_driven = [&](DrivenBy by) {
        for (Index node = 1; node < circuit.node_count(); ++node) {
            if (drives[at(node)] == by)
                nodes.push_back(circuit.node_name(NodeId{static_cast<std::underlying_type_t<NodeId>>(node)}));
        }
    };
    add_driven(DrivenBy::source);
    const std::vector<NodeId> order = elimination_order(circuit);
    const std::size_t sent_back = std::min(nodes.size(), order.size());
    add_driven(DrivenBy::amplifier);
    for (std::size_t k = 0; k < sent_back; ++k)
        nodes.push_back(circuit.node_name(order[order.size() - 1 - k]));
    for (std::size_t k = 0; k + sent_back < order.size(); ++k) nodes.push_back(circuit.node_name(order[k]));

    std::vector<std::string> cards;
    for (std::size_t k = nodes.size(); k-- > 0;) {
        cards.push_back(fmt::format("border_{} {} 0 i=0*v({})", k, nodes[k], nodes[k]));
    }
    return cards;
}

} // namespace ohmloom
