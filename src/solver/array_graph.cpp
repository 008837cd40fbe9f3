#include "solver/array_graph.hpp"

#include "array/array_nodes.hpp"
#include "array/disjoint_sets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

/// The part of a line's current that no cell law gives: where a shorted cell hangs on the line, its current is what
/// leaves the terminal.
void take_currents_from_terminals(const ArrayGraph& graph, NodeCurrents& currents) {
    if (graph.has_short.empty()) return;
    const std::size_t rows = currents.i_row.size();
    for (std::size_t r = 0; r < rows; ++r) {
        if (graph.has_short[r]) currents.i_row[r] = currents.net[r];
    }
    for (std::size_t l = 0; l < currents.i_col.size(); ++l) {
        if (graph.has_short[rows + l]) currents.i_col[l] = -currents.net[rows + l];
    }
}

template <class Cell>
void add_cell_currents(const Cell& cell, const Crossbar& crossbar, const ArrayGraph& graph,
                       std::span<const double> v, NodeCurrents& currents) {
    const Index lines = crossbar.lines();
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < lines; ++l) {
            const Index site = l / crossbar.lines_per_site;
            const auto w = static_cast<std::size_t>(
                graph.row_node[static_cast<std::size_t>(r * crossbar.sites() + site)]);
            const auto b = static_cast<std::size_t>(graph.col_node[static_cast<std::size_t>(r * lines + l)]);
            if (w == b) continue; // a short, or a cell beside one
            const double i = cell.current(v[w] - v[b], crossbar.g(r, l), crossbar.shape_at(r, l));
            currents.i_row[static_cast<std::size_t>(r)] += i;
            currents.i_col[static_cast<std::size_t>(l)] += i;
            currents.net[w] += i;
            currents.net[b] -= i;
        }
    }
}

/// Takes the currents that leave each piece of wire, while `net` holds those of the cells alone.
void add_piece_currents(const ArrayGraph& graph, NodeCurrents& currents) {
    if (graph.anchor.empty()) return;
    currents.piece_net.assign(currents.net.size(), 0.0);
    for (std::size_t node = 0; node < currents.net.size(); ++node) {
        if (graph.anchor[node] >= 0)
            currents.piece_net[static_cast<std::size_t>(graph.anchor[node])] += currents.net[node];
    }
}

/// The largest current that a cell on a piece of wire would carry if one of its ends were at 0 V.
double largest_piece_term(const Crossbar& crossbar, const ArrayGraph& graph, std::span<const double> v) {
    double largest = 0.0;
    if (graph.anchor.empty()) return largest;
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            const Index site = r * crossbar.sites() + l / crossbar.lines_per_site;
            const auto w = static_cast<std::size_t>(graph.row_node[static_cast<std::size_t>(site)]);
            const auto b =
                static_cast<std::size_t>(graph.col_node[static_cast<std::size_t>(r * crossbar.lines() + l)]);
            if (w == b || (graph.anchor[w] < 0 && graph.anchor[b] < 0)) continue;
            largest = std::max(largest, crossbar.g(r, l) * std::max(std::abs(v[w]), std::abs(v[b])));
        }
    }
    return largest;
}

/// The anchors of a graph with its wires, if there are pieces of wire that no terminal is on.
std::vector<Index> find_anchors(const ArrayGraph& graph) {
    DisjointSets wired(graph.nodes);
    for (const Wire& wire : graph.wires) wired.join(wire.a, wire.b);
    std::vector<Index> anchor;
    for (Index node = 0; node < graph.nodes; ++node) {
        const Index first = wired.smallest(node);
        anchor.push_back(first < graph.ports ? -1 : first);
    }
    const bool none = std::all_of(anchor.begin(), anchor.end(), [](Index a) { return a < 0; });
    return none ? std::vector<Index>{} : anchor;
}

/// For each line whether a shorted cell hangs on it; empty if there is none in the array.
std::vector<bool> find_lines_with_shorts(const Crossbar& crossbar) {
    std::vector<bool> has_short;
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            if (!std::isinf(crossbar.g(r, l))) continue;
            if (has_short.empty())
                has_short.resize(static_cast<std::size_t>(crossbar.rows() + crossbar.lines()));
            has_short[static_cast<std::size_t>(r)] = true;
            has_short[static_cast<std::size_t>(crossbar.rows() + l)] = true;
        }
    }
    return has_short;
}

double largest_magnitude(std::span<const double> values) {
    double largest = 0.0;
    for (const double value : values) {
        // A NaN must surface, not vanish in a comparison.
        if (!(std::abs(value) <= largest)) largest = std::abs(value);
        if (std::isnan(largest)) return largest;
    }
    return largest;
}

} // namespace

ArrayGraph make_array_graph(const Crossbar& crossbar) {
    const ArrayPlaces places(crossbar);
    ArrayNodes nodes = join_nodes(crossbar);
    require_separate_terminals(nodes, places);
    for (const Island& island : nodes.islands) {
        for (const Index place : island.nodes) nodes.node[static_cast<std::size_t>(place)] = island.terminal;
    }

    ArrayGraph graph;
    graph.ports = graph.nodes = places.terminals();
    // A place stands for itself, or for a smaller one, which has its number already.
    std::vector<Index> number(nodes.node.size());
    for (std::size_t place = 0; place < number.size(); ++place) {
        const auto joined = static_cast<std::size_t>(nodes.node[place]);
        const bool is_port = place < static_cast<std::size_t>(graph.ports);
        number[place] = joined != place ? number[joined]
                        : is_port       ? static_cast<Index>(place)
                                        : graph.nodes++;
    }
    const auto first_row_node = number.begin() + places.row_node(0, 0);
    const auto first_col_node = number.begin() + places.col_node(0, 0);
    graph.row_node.assign(first_row_node, first_col_node);
    graph.col_node.assign(first_col_node, number.end());
    bool cut = false;
    for_each_wire(crossbar, [&](Index a, Index b, double resistance) {
        cut = cut || is_open(resistance);
        if (joins(resistance) || is_open(resistance)) return;
        const Wire wire{number[static_cast<std::size_t>(a)], number[static_cast<std::size_t>(b)],
                        1.0 / resistance};
        if (wire.a != wire.b) graph.wires.push_back(wire);
    });
    if (cut) graph.anchor = find_anchors(graph);
    graph.has_short = find_lines_with_shorts(crossbar);
    return graph;
}

bool kcl_holds(double error, double current, double rounding, double tolerance) {
    return std::isfinite(error) && std::isfinite(current) && std::isfinite(rounding) &&
           (error <= rounding || error <= tolerance * current);
}

double NodeCurrents::residual(Index ports) const {
    const double node_error = largest_magnitude(std::span(net).subspan(static_cast<std::size_t>(ports)));
    const double piece_error = largest_magnitude(piece_net);
    const double scale = std::max(largest_magnitude(i_row), largest_magnitude(i_col));
    // Where no current flows there is nothing to compare with but the rounding of the wires' own terms.
    if (scale == 0.0 && node_error <= rounding && piece_error <= piece_rounding) return 0.0;
    const double error = node_error < piece_error ? piece_error : node_error;
    return error == 0.0 ? 0.0 : error / scale;
}

bool NodeCurrents::converged(Index ports, double tolerance) const {
    const double node_error = largest_magnitude(std::span(net).subspan(static_cast<std::size_t>(ports)));
    const double piece_error = largest_magnitude(piece_net);
    const double scale = std::max(largest_magnitude(i_row), largest_magnitude(i_col));
    return kcl_holds(node_error, scale, rounding, tolerance) &&
           kcl_holds(piece_error, scale, piece_rounding, tolerance);
}

NodeCurrents evaluate_currents(const Crossbar& crossbar, const ArrayGraph& graph, std::span<const double> v) {
    NodeCurrents currents{std::vector<double>(static_cast<std::size_t>(crossbar.rows())),
                          std::vector<double>(static_cast<std::size_t>(crossbar.lines())),
                          std::vector<double>(static_cast<std::size_t>(graph.nodes))};
    std::visit([&](const auto& cell) { add_cell_currents(cell, crossbar, graph, v, currents); },
               crossbar.cell);
    add_piece_currents(graph, currents);
    double largest_term = 0.0;
    for (const Wire& wire : graph.wires) {
        const auto a = static_cast<std::size_t>(wire.a), b = static_cast<std::size_t>(wire.b);
        const double i = wire.g * (v[a] - v[b]);
        currents.net[a] += i;
        currents.net[b] -= i;
        largest_term = std::max(largest_term, wire.g * std::max(std::abs(v[a]), std::abs(v[b])));
    }
    take_currents_from_terminals(graph, currents);
    constexpr double few_roundings = 16.0 * std::numeric_limits<double>::epsilon();
    currents.rounding = few_roundings * largest_term;
    currents.piece_rounding = few_roundings * largest_piece_term(crossbar, graph, v);
    return currents;
}

} // namespace ohmloom
