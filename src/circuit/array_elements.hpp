#pragma once

#include "array/array_nodes.hpp"
#include "circuit/spice_writer.hpp"

#include <cmath>
#include <string_view>

namespace ohmloom {

/// A node of an expanded array: a place of the crossbar, of those that are one node the smallest; or the junction of
/// series resistance and wire at a tied end of a line.
struct ArrayNode {
    Index place = 0; ///< of a junction: the terminal of its line
    enum class Kind { place, first_junction, last_junction } kind = Kind::place;
    friend bool operator==(const ArrayNode&, const ArrayNode&) = default;
};

/// Name of a node: "row_3", "col_1", "w_0_2", "b_4_1", "row_3_first".
inline IndexedName name_of(const ArrayNode& node, const ArrayPlaces& places) {
    const std::string_view ending = node.kind == ArrayNode::Kind::place            ? ""
                                    : node.kind == ArrayNode::Kind::first_junction ? "_first"
                                                                                   : "_last";
    if (node.place < places.rows) return {"row", node.place, -1, ending};
    if (node.place < places.terminals()) return {"col", node.place - places.rows, -1, ending};
    const Index first_col_node = places.col_node(0, 0);
    if (node.place < first_col_node) {
        const Index k = node.place - places.terminals();
        return {"w", k / places.sites, k % places.sites};
    }
    const Index k = node.place - first_col_node;
    return {"b", k / places.lines, k % places.lines};
}

/// Hands the elements of an array to a sink one by one, in the order of a netlist: row by row, column line by column
/// line, cell by cell. Nothing is held but the nodes.
///
/// A sink has, with `node` and the like an ArrayNode:
///
///     see(node)                          a node in the order of a reader, before the elements at it
///     resistor(name, a, b, resistance)   wires, series resistances, and what holds an Island; name: an IndexedName
///     row_end(r, node), line_end(l, node)   the terminal of a line, behind its elements
///     cell(r, l, w, b)                   a cell that conducts, between two nodes
///     capacitor(name, a, b, capacitance)   between two nodes; ground_capacitor(name, a, capacitance)
template <class Sink>
class ArrayElements {
public:
    ArrayElements(const Crossbar& crossbar, const ArrayNodes& nodes, Sink& sink)
        : crossbar_(crossbar), nodes_(nodes), places_(crossbar), sink_(sink) {}

    void emit() {
        for (Index r = 0; r < places_.rows; ++r) {
            emit_line({"rrow", "rsource", r, r, places_.row_node(r, 0), 1, places_.sites},
                      crossbar_.source_resistance(r), crossbar_.row_ends,
                      [&](Index s) { return crossbar_.row_segment(r, s); });
            sink_.row_end(r, at(r));
        }
        for (Index l = 0; l < places_.lines; ++l) {
            const Index terminal = places_.rows + l;
            emit_line({"rcol", "rsense", l, terminal, places_.col_node(0, l), places_.lines, places_.rows},
                      crossbar_.sense_resistance(l), crossbar_.col_ends,
                      [&](Index r) { return crossbar_.col_segment(r, l); });
            sink_.line_end(l, at(terminal));
        }
        // What no terminal reaches is held: SPICE wants a path to ground from every node. No current flows in it.
        for (const Island& island : nodes_.islands) {
            const ArrayNode held = at(island.nodes.front());
            const IndexedName name = name_of(held, places_);
            sink_.resistor({name.stem == "w" ? "rhold_w" : "rhold_b", name.first, name.second},
                           at(island.terminal), held, 1.0);
        }
        for (Index r = 0; r < places_.rows; ++r) {
            for (Index l = 0; l < places_.lines; ++l) {
                const ArrayNode w = at(places_.row_node(r, l / crossbar_.lines_per_site));
                const ArrayNode b = at(places_.col_node(r, l));
                if (!(crossbar_.g(r, l) < open_conductance || w == b)) sink_.cell(r, l, w, b);
            }
        }
        if (!(crossbar_.capacitance == ArrayCapacitance{})) emit_capacitors();
    }

private:
    struct Line {
        std::string_view wire, series; ///< stems of names
        Index number, terminal;        ///< of the line; place
        Index first, step, count;      ///< places of the nodes along it
    };

    [[nodiscard]] ArrayNode at(Index place) const { return {nodes_.node[static_cast<std::size_t>(place)]}; }

    template <class Segment>
    void emit_line(const Line& line, double r_series, TiedEnds ends, const Segment& segment) {
        const Index last = line.first + line.step * (line.count - 1);
        sink_.see(at(line.terminal));
        for (Index k = 0; k < line.count; ++k) sink_.see(at(line.first + line.step * k));
        if (ends != TiedEnds::last) emit_tie(line, true, line.first, r_series, segment(0));
        for (Index k = 1; k < line.count; ++k) {
            const Index here = line.first + line.step * k;
            emit_resistor({line.wire, line.number, k}, at(here - line.step), at(here), segment(k));
        }
        if (ends != TiedEnds::first) emit_tie(line, false, last, r_series, segment(line.count));
    }

    /// Series resistance and segment from the terminal to the cell node at a tied end, in the order along the line.
    void emit_tie(const Line& line, bool is_first, Index cell, double r_series, double r_segment) {
        if (is_open(r_series + r_segment) || joins(r_series + r_segment)) return;
        const ArrayNode from = at(line.terminal), to = at(cell);
        using Kind = ArrayNode::Kind;
        const ArrayNode junction =
            joins(r_series) ? from
            : joins(r_segment)
                ? to
                : ArrayNode{line.terminal, is_first ? Kind::first_junction : Kind::last_junction};
        const IndexedName series{line.series, line.number, -1, is_first ? "_first" : "_last"};
        const IndexedName wire{line.wire, line.number, is_first ? 0 : line.count};
        if (is_first) {
            emit_resistor(series, from, junction, r_series);
            emit_resistor(wire, junction, to, r_segment);
        } else {
            emit_resistor(wire, to, junction, r_segment);
            emit_resistor(series, junction, from, r_series);
        }
    }

    void emit_resistor(const IndexedName& name, const ArrayNode& a, const ArrayNode& b, double resistance) {
        if (!(a == b || joins(resistance) || is_open(resistance))) sink_.resistor(name, a, b, resistance);
    }

    /// A tied end of a line, as emit_end_capacitor() needs it.
    struct End {
        Index number, terminal, cell; ///< of the line; places of its terminal and of its nearest node
        double r_series, r_segment;
        bool is_first;
    };

    /// The capacitance of a terminal stands between series resistance and segment.
    void emit_end_capacitor(std::string_view stem, const End& end, double capacitance) {
        if (is_open(end.r_series + end.r_segment)) return;
        using Kind = ArrayNode::Kind;
        const ArrayNode node =
            joins(end.r_series) ? at(end.terminal)
            : joins(end.r_segment)
                ? at(end.cell)
                : ArrayNode{end.terminal, end.is_first ? Kind::first_junction : Kind::last_junction};
        emit_ground({stem, end.number, -1, end.is_first ? "_first" : "_last"}, node, capacitance);
    }

    void emit_ground(const IndexedName& name, const ArrayNode& a, double capacitance) {
        if (capacitance > 0.0) sink_.ground_capacitor(name, a, capacitance);
    }
    void emit_capacitor(const IndexedName& name, Index a, Index b, double capacitance) {
        if (capacitance > 0.0 && !(at(a) == at(b))) sink_.capacitor(name, at(a), at(b), capacitance);
    }

    void emit_capacitors() {
        emit_row_capacitors();
        emit_column_ends();
        emit_cell_capacitors();
    }

    void emit_row_capacitors() {
        const ArrayCapacitance& c = crossbar_.capacitance;
        for (Index r = 0; r < places_.rows; ++r) {
            const double series = crossbar_.source_resistance(r);
            if (crossbar_.row_ends != TiedEnds::last)
                emit_end_capacitor("cdriver",
                                   {r, r, places_.row_node(r, 0), series, crossbar_.row_segment(r, 0), true},
                                   c.driver);
            if (crossbar_.row_ends != TiedEnds::first)
                emit_end_capacitor("cdriver",
                                   {r, r, places_.row_node(r, places_.sites - 1), series,
                                    crossbar_.row_segment(r, places_.sites), false},
                                   c.driver);
            for (Index s = 0; s < places_.sites; ++s) {
                const Index w = places_.row_node(r, s);
                emit_ground({"crow", r, s}, at(w), c.row_ground);
                if (r + 1 < places_.rows)
                    emit_capacitor({"crownext", r, s}, w, places_.row_node(r + 1, s), c.row_coupling);
            }
        }
    }

    void emit_column_ends() {
        for (Index l = 0; l < places_.lines; ++l) {
            const Index terminal = places_.rows + l;
            const double series = crossbar_.sense_resistance(l), c = crossbar_.capacitance.sense;
            if (crossbar_.col_ends != TiedEnds::last)
                emit_end_capacitor(
                    "csense",
                    {l, terminal, places_.col_node(0, l), series, crossbar_.col_segment(0, l), true}, c);
            if (crossbar_.col_ends != TiedEnds::first)
                emit_end_capacitor("csense",
                                   {l, terminal, places_.col_node(places_.rows - 1, l), series,
                                    crossbar_.col_segment(places_.rows, l), false},
                                   c);
        }
    }

    void emit_cell_capacitors() {
        const ArrayCapacitance& c = crossbar_.capacitance;
        const Index lines_per_site = crossbar_.lines_per_site;
        for (Index r = 0; r < places_.rows; ++r) {
            for (Index l = 0; l < places_.lines; ++l) {
                const Index b = places_.col_node(r, l);
                emit_ground({"ccol", r, l}, at(b), c.col_ground);
                emit_capacitor({"ccell", r, l}, places_.row_node(r, l / lines_per_site), b, c.cell);
                if (l + 1 == places_.lines) continue;
                const bool ends_site = (l + 1) % lines_per_site == 0;
                emit_capacitor({ends_site ? "ccolnext" : "cpair", r, l}, b, places_.col_node(r, l + 1),
                               ends_site ? c.col_coupling : c.pair_coupling);
            }
        }
    }

    const Crossbar& crossbar_;
    const ArrayNodes& nodes_;
    ArrayPlaces places_;
    Sink& sink_;
};

} // namespace ohmloom
