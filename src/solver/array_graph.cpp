#include "solver/array_graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace ohmloom {

namespace {

/// Resistors of a crossbar as written down, before zero resistances are merged.
class GraphBuilder {
public:
    explicit GraphBuilder(const Crossbar& crossbar)
        : crossbar_(crossbar), ports_(crossbar.rows() + crossbar.lines()),
          first_col_node_(ports_ + crossbar.rows() * crossbar.sites()),
          parent_(static_cast<std::size_t>(first_col_node_ + crossbar.rows() * crossbar.lines())) {
        std::iota(parent_.begin(), parent_.end(), Index{0});
    }

    ArrayGraph build() {
        for (Index r = 0; r < crossbar_.rows(); ++r) {
            add_line(r, crossbar_.source_resistance(r), crossbar_.r_row, crossbar_.row_ends, row_node(r, 0),
                     1, crossbar_.sites());
        }
        for (Index l = 0; l < crossbar_.lines(); ++l) {
            add_line(crossbar_.rows() + l, crossbar_.sense_resistance(l), crossbar_.r_col, crossbar_.col_ends,
                     col_node(0, l), crossbar_.lines(), crossbar_.rows());
        }
        return number_nodes();
    }

private:
    [[nodiscard]] Index row_node(Index r, Index s) const { return ports_ + r * crossbar_.sites() + s; }
    [[nodiscard]] Index col_node(Index r, Index l) const {
        return first_col_node_ + r * crossbar_.lines() + l;
    }

    /// A line of `count` nodes `stride` apart, tied to `port` through its series resistance and one segment.
    void add_line(Index port, double r_series, double r_segment, TiedEnds ends, Index first, Index stride,
                  Index count) {
        const Index last = first + stride * (count - 1);
        if (ends != TiedEnds::last) add_resistor(port, first, r_series + r_segment);
        for (Index k = 1; k < count; ++k)
            add_resistor(first + stride * (k - 1), first + stride * k, r_segment);
        if (ends != TiedEnds::first) add_resistor(port, last, r_series + r_segment);
    }

    void add_resistor(Index a, Index b, double resistance) {
        // A conductance beyond the range of double is no resistance at all.
        if (resistance < 1.0 / std::numeric_limits<double>::max()) {
            merge(a, b);
        } else {
            wires_.push_back({a, b, 1.0 / resistance});
        }
    }

    Index representative(Index node) {
        while (parent_[static_cast<std::size_t>(node)] != node) {
            Index& up = parent_[static_cast<std::size_t>(node)];
            up = parent_[static_cast<std::size_t>(up)];
            node = up;
        }
        return node;
    }

    /// The smaller id stands for both: ports come first, so a port stays a port.
    void merge(Index a, Index b) {
        a = representative(a);
        b = representative(b);
        parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
    }

    ArrayGraph number_nodes() {
        ArrayGraph graph;
        graph.ports = ports_;
        std::vector<Index> number(parent_.size(), -1);
        Index next = ports_;
        for (Index node = 0; node < static_cast<Index>(parent_.size()); ++node) {
            if (representative(node) != node) continue;
            number[static_cast<std::size_t>(node)] = node < ports_ ? node : next++;
        }
        graph.nodes = next;
        const auto numbered = [&](Index node) {
            return number[static_cast<std::size_t>(representative(node))];
        };
        for (Index node = ports_; node < first_col_node_; ++node) graph.row_node.push_back(numbered(node));
        for (Index node = first_col_node_; node < static_cast<Index>(parent_.size()); ++node) {
            graph.col_node.push_back(numbered(node));
        }
        for (const Wire& wire : wires_) {
            const Wire kept{numbered(wire.a), numbered(wire.b), wire.g};
            if (kept.a != kept.b) graph.wires.push_back(kept);
        }
        return graph;
    }

    const Crossbar& crossbar_;
    Index ports_;
    Index first_col_node_;
    std::vector<Index> parent_;
    std::vector<Wire> wires_;
};

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
            const double i = cell.current(v[w] - v[b], crossbar.g(r, l), crossbar.shape_at(r, l));
            currents.i_row[static_cast<std::size_t>(r)] += i;
            currents.i_col[static_cast<std::size_t>(l)] += i;
            currents.net[w] += i;
            currents.net[b] -= i;
        }
    }
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
    return GraphBuilder(crossbar).build();
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
    currents.rounding = 16.0 * std::numeric_limits<double>::epsilon() * largest_term;
    return currents;
}

} // namespace ohmloom
