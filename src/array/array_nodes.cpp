#include "array/array_nodes.hpp"

#include "array/disjoint_sets.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

namespace ohmloom {

namespace {

/// Calls visit(w, b, g) for every cell, with the places it lies between.
template <class Visit>
void for_each_cell(const Crossbar& crossbar, Visit&& visit) {
    const ArrayPlaces places(crossbar);
    for (Index r = 0; r < places.rows; ++r) {
        for (Index l = 0; l < places.lines; ++l) {
            visit(places.row_node(r, l / crossbar.lines_per_site), places.col_node(r, l), crossbar.g(r, l));
        }
    }
}

/// Sets that any conducting path connects; those without a terminal are islands.
std::vector<Island> find_islands(const Crossbar& crossbar, const std::vector<Index>& node) {
    const ArrayPlaces places(crossbar);
    DisjointSets reached(places.count());
    for (Index place = 0; place < places.count(); ++place)
        reached.join(place, node[static_cast<std::size_t>(place)]);
    for_each_wire(crossbar, [&](Index a, Index b, double resistance) {
        if (!is_open(resistance)) reached.join(a, b);
    });
    for_each_cell(crossbar, [&](Index w, Index b, double g) {
        if (g >= open_conductance) reached.join(w, b);
    });
    std::map<Index, Island> islands;
    for (Index place = places.terminals(); place < places.count(); ++place) {
        const Index first = reached.smallest(place);
        if (first < places.terminals() || node[static_cast<std::size_t>(place)] != place) continue;
        Island& island = islands[first];
        if (island.nodes.empty()) island.terminal = places.terminal_of(first);
        island.nodes.push_back(place);
    }
    std::vector<Island> found;
    found.reserve(islands.size());
    for (auto& [first, island] : islands) found.push_back(std::move(island));
    return found;
}

std::string line_name(const ArrayPlaces& places, Index terminal) {
    return terminal < places.rows ? fmt::format("row {}", terminal)
                                  : fmt::format("column line {}", terminal - places.rows);
}

} // namespace

Index ArrayPlaces::terminal_of(Index place) const {
    if (place < terminals()) return place;
    const Index first_col_node = col_node(0, 0);
    return place < first_col_node ? (place - terminals()) / sites : rows + (place - first_col_node) % lines;
}

ArrayNodes join_nodes(const Crossbar& crossbar) {
    const ArrayPlaces places(crossbar);
    DisjointSets joined(places.count());
    bool cut = false;
    for_each_wire(crossbar, [&](Index a, Index b, double resistance) {
        if (joins(resistance)) joined.join(a, b);
        cut = cut || is_open(resistance);
    });
    for_each_cell(crossbar, [&](Index w, Index b, double g) {
        if (std::isinf(g)) joined.join(w, b);
    });
    ArrayNodes nodes;
    nodes.node.reserve(static_cast<std::size_t>(places.count()));
    for (Index place = 0; place < places.count(); ++place) nodes.node.push_back(joined.smallest(place));
    // Without an open segment every node is on the wire of its terminal.
    if (cut) nodes.islands = find_islands(crossbar, nodes.node);
    return nodes;
}

void require_separate_terminals(const ArrayNodes& nodes, const ArrayPlaces& places) {
    for (Index terminal = 0; terminal < places.terminals(); ++terminal) {
        const Index other = nodes.node[static_cast<std::size_t>(terminal)];
        if (other == terminal) continue;
        throw InputError(
            fmt::format("the terminals of {} and {} are joined by shorted cells and wires without "
                        "resistance: the current between them has no bound; give one of the two "
                        "lines a resistance (wire, r_source or r_sense), or take the short out",
                        line_name(places, other), line_name(places, terminal)));
    }
}

} // namespace ohmloom
