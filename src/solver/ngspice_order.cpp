#include "solver/ngspice_order.hpp"

#include <fmt/format.h>

#include <algorithm>
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

/// Nodes whose voltage a source gives: [nodes]. Ground is one.
std::vector<bool> held_nodes(const Circuit& circuit) {
    std::vector<bool> is_held(at(circuit.node_count()), false);
    is_held[at(static_cast<Index>(ground))] = true;
    for (const Element& element : circuit.elements()) {
        const auto* source = std::get_if<VoltageSource>(&element.kind);
        if (source == nullptr) continue;
        if (source->minus == ground) is_held[at(static_cast<Index>(source->plus))] = true;
        if (source->plus == ground) is_held[at(static_cast<Index>(source->minus))] = true;
    }
    return is_held;
}

/// Who shares an element with whom, of the nodes that are not held.
std::vector<Neighbours> neighbours_of(const Circuit& circuit, const std::vector<bool>& is_held) {
    std::vector<Neighbours> neighbours(at(circuit.node_count()));
    for (Element element : circuit.elements()) { // a copy: for_each_node() may change it
        std::vector<Index> nodes;
        for_each_node(element.kind, [&](NodeId& node) {
            const auto number = static_cast<Index>(node);
            if (!is_held[at(number)]) nodes.push_back(number);
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
    const std::vector<bool> is_held = held_nodes(circuit);
    std::vector<Neighbours> neighbours = neighbours_of(circuit, is_held);
    // A node is in the queue once for every degree it ever had; only the entry with its present one counts.
    using Entry = std::pair<std::size_t, Index>; // degree, node
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    for (Index node = 0; node < circuit.node_count(); ++node) {
        if (!is_held[at(node)]) queue.emplace(neighbours[at(node)].size(), node);
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
    const std::vector<bool> is_held = held_nodes(circuit);
    std::vector<std::string> nodes = held;
    for (Index node = 1; node < circuit.node_count(); ++node) {
        if (is_held[at(node)])
            nodes.push_back(circuit.node_name(NodeId{static_cast<std::underlying_type_t<NodeId>>(node)}));
    }
    const std::vector<NodeId> order = elimination_order(circuit);
    const std::size_t sent_back = std::min(nodes.size(), order.size());
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
