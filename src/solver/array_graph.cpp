#include "solver/array_graph.hpp"

#include "array/array_nodes.hpp"

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
    for_each_wire(crossbar, [&](Index a, Index b, double resistance) {
        if (joins(resistance) || is_open(resistance)) return;
        const Wire wire{number[static_cast<std::size_t>(a)], number[static_cast<std::size_t>(b)],
                        1.0 / resistance};
        if (wire.a != wire.b) graph.wires.push_back(wire);
    });
    graph.has_short = find_lines_with_shorts(crossbar);
    return graph;
}

double NodeCurrents::residual(Index ports) const {
    const double error = largest_magnitude(std::span(net).subspan(static_cast<std::size_t>(ports)));
    const double scale = std::max(largest_magnitude(i_row), largest_magnitude(i_col));
    // Where no current flows there is nothing to compare with but the rounding of the wires' own terms.
    if (scale == 0.0 && error <= rounding) return 0.0;
    return error == 0.0 ? 0.0 : error / scale;
}

bool NodeCurrents::converged(Index ports, double tolerance) const {
    const double error = largest_magnitude(std::span(net).subspan(static_cast<std::size_t>(ports)));
    return error <= rounding || residual(ports) <= tolerance;
}

NodeCurrents evaluate_currents(const Crossbar& crossbar, const ArrayGraph& graph, std::span<const double> v) {
    NodeCurrents currents{std::vector<double>(static_cast<std::size_t>(crossbar.rows())),
                          std::vector<double>(static_cast<std::size_t>(crossbar.lines())),
                          std::vector<double>(static_cast<std::size_t>(graph.nodes))};
    std::visit([&](const auto& cell) { add_cell_currents(cell, crossbar, graph, v, currents); },
               crossbar.cell);
    double largest_term = 0.0;
    for (const Wire& wire : graph.wires) {
        const auto a = static_cast<std::size_t>(wire.a), b = static_cast<std::size_t>(wire.b);
        const double i = wire.g * (v[a] - v[b]);
        currents.net[a] += i;
        currents.net[b] -= i;
        largest_term = std::max(largest_term, wire.g * std::max(std::abs(v[a]), std::abs(v[b])));
    }
    take_currents_from_terminals(graph, currents);
    currents.rounding = 16.0 * std::numeric_limits<double>::epsilon() * largest_term;
    return currents;
}

} // namespace ohmloom
