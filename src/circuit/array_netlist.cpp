#include "circuit/array_netlist.hpp"

#include "array/array_nodes.hpp"
#include "base/errors.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

/// The lines of a crossbar, written into a circuit. Places that are one node have the name of the smallest, so a line
/// without resistance is named after its terminal, and a shorted cell's node after its row.
class LineWriter {
public:
    LineWriter(Circuit& circuit, const Crossbar& crossbar, const ArrayNodes& nodes)
        : circuit_(circuit), crossbar_(crossbar), nodes_(nodes), places_(crossbar) {}

    /// Node of any place.
    NodeId node(Index place) {
        place = nodes_.node[static_cast<std::size_t>(place)];
        if (place < places_.rows) return circuit_.node(fmt::format("row_{}", place));
        if (place < places_.terminals()) return circuit_.node(fmt::format("col_{}", place - places_.rows));
        const Index first_col_node = places_.col_node(0, 0);
        const bool on_row = place < first_col_node;
        const Index k = place - (on_row ? places_.terminals() : first_col_node);
        const Index width = on_row ? places_.sites : places_.lines;
        return circuit_.node(fmt::format("{}_{}_{}", on_row ? 'w' : 'b', k / width, k % width));
    }

    void add_row(Index r) {
        const auto segment = [&](Index s) { return crossbar_.row_segment(r, s); };
        add_line({fmt::format("row_{}", r), fmt::format("rrow_{}", r), fmt::format("rsource_{}", r), r,
                  places_.row_node(r, 0), 1, places_.sites},
                 crossbar_.source_resistance(r), crossbar_.row_ends, segment);
    }

    void add_column_line(Index l) {
        const auto segment = [&](Index r) { return crossbar_.col_segment(r, l); };
        add_line({fmt::format("col_{}", l), fmt::format("rcol_{}", l), fmt::format("rsense_{}", l),
                  places_.rows + l, places_.col_node(0, l), places_.lines, places_.rows},
                 crossbar_.sense_resistance(l), crossbar_.col_ends, segment);
    }

    /// Holds what no terminal reaches: SPICE wants a path to ground from every node. No current flows in it.
    void add_holds() {
        for (const Island& island : nodes_.islands) {
            const NodeId held = node(island.nodes.front());
            circuit_.add("rhold_" + std::string(circuit_.node_name(held)),
                         Resistor{node(island.terminal), held, 1.0});
        }
    }

private:
    struct Line {
        std::string terminal_name; ///< "row_3": also the stem of the junctions' names
        std::string wire;          ///< "rrow_3": stem of the segments' names
        std::string series;        ///< "rsource_3": stem of the series resistances' names
        Index terminal;            ///< place
        Index first, step, count;  ///< places of the nodes along it
    };

    template <class Segment>
    void add_line(const Line& line, double r_series, TiedEnds ends, const Segment& segment) {
        const Index last = line.first + line.step * (line.count - 1);
        // Nodes in the order of a reader, not of the elements that mention them.
        node(line.terminal);
        for (Index k = 0; k < line.count; ++k) node(line.first + line.step * k);
        if (ends != TiedEnds::last) add_tie(line, "_first", 0, line.first, r_series, segment(0));
        for (Index k = 1; k < line.count; ++k) {
            const Index here = line.first + line.step * k;
            add_resistor(fmt::format("{}_{}", line.wire, k), node(here - line.step), node(here), segment(k));
        }
        if (ends != TiedEnds::first) add_tie(line, "_last", line.count, last, r_series, segment(line.count));
    }

    /// Series resistance and segment `k` from the terminal to the cell node at a tied end.
    void add_tie(const Line& line, const std::string& end, Index k, Index cell, double r_series,
                 double r_segment) {
        if (is_open(r_series + r_segment) || joins(r_series + r_segment)) return;
        const NodeId from = node(line.terminal), to = node(cell);
        const NodeId junction = joins(r_series)    ? from
                                : joins(r_segment) ? to
                                                   : circuit_.node(line.terminal_name + end);
        const bool is_first = k == 0;
        // Along the line as drawn: the terminal comes first at the first end, and last at the last.
        const auto add_series = [&] {
            add_resistor(line.series + end, is_first ? from : junction, is_first ? junction : from, r_series);
        };
        if (is_first) add_series();
        add_resistor(fmt::format("{}_{}", line.wire, k), is_first ? junction : to, is_first ? to : junction,
                     r_segment);
        if (!is_first) add_series();
    }

    void add_resistor(std::string name, NodeId a, NodeId b, double resistance) {
        if (a == b || joins(resistance) || is_open(resistance)) return;
        circuit_.add(std::move(name), Resistor{a, b, resistance});
    }

    Circuit& circuit_;
    const Crossbar& crossbar_;
    const ArrayNodes& nodes_;
    ArrayPlaces places_;
};

/// Ohmic cells are resistors, every other law is a behavioural source.
struct CellElement {
    Circuit& circuit;
    std::string place;
    NodeId w, b;
    double g, shape;

    void operator()(const LinearCell&) const { circuit.add("rcell_" + place, Resistor{w, b, 1.0 / g}); }
    void operator()(const SinhCell& law) const {
        circuit.add("bcell_" + place, SinhConductance{w, b, g, law.alpha});
    }
    template <class Law>
    void operator()(const Law& law) const {
        circuit.add("bcell_" + place, Cell{w, b, law, g, shape});
    }
};

void add_cells(ArrayNetlist& netlist, const Crossbar& crossbar) {
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            const double g = crossbar.g(r, l);
            const NodeId w = netlist.row_nodes(r, l / crossbar.lines_per_site);
            const NodeId b = netlist.column_nodes(r, l);
            if (g < open_conductance || w == b) continue;
            std::visit(
                CellElement{netlist.circuit, fmt::format("{}_{}", r, l), w, b, g, crossbar.shape_at(r, l)},
                crossbar.cell);
        }
    }
}

void add_opamp(Circuit& circuit, NodeId out, NodeId plus, NodeId minus, double gain) {
    if (std::isfinite(gain)) {
        circuit.add("eopamp", VoltageAmplifier{out, ground, plus, minus, gain});
        return;
    }
    const NodeId copy = circuit.node("copy");
    circuit.add("ecopy", VoltageAmplifier{copy, ground, out, ground, 1.0});
    circuit.add("eopamp", VoltageAmplifier{out, copy, plus, minus, 1.0});
}

Subcircuit difference_stage(const DifferenceStageCircuit& stage) {
    Subcircuit difference{"difference_stage", {}, {}};
    Circuit& body = difference.body;
    const NodeId i_plus = body.node("i_plus"), i_minus = body.node("i_minus"), out = body.node("out");
    const NodeId plus = body.node("plus"), minus = body.node("minus");
    difference.ports = {i_plus, i_minus, out};
    body.add("rinput_plus", Resistor{i_plus, plus, stage.r_input});
    body.add("rinput_minus", Resistor{i_minus, minus, stage.r_input});
    body.add("rground", Resistor{plus, ground, stage.r_feedback});
    body.add("rfeedback", Resistor{out, minus, stage.r_feedback});
    add_opamp(body, out, plus, minus, stage.open_loop_gain);
    return difference;
}

void require_positive(std::string_view what, double value) {
    if (!(std::isfinite(value) && value > 0.0)) {
        throw InputError(fmt::format("difference stage: {} is {}, expected a positive number", what, value));
    }
}

void require_stage(const DifferenceStageCircuit& stage, const Crossbar& crossbar) {
    require_positive("r_input", stage.r_input);
    require_positive("r_feedback", stage.r_feedback);
    if (!(stage.open_loop_gain > 0.0)) {
        throw InputError(
            fmt::format("difference stage: open_loop_gain is {}, expected a positive number or infinity",
                        stage.open_loop_gain));
    }
    if (crossbar.lines_per_site != 2) {
        throw InputError(
            fmt::format("difference stage: the array has {} line per site, expected 2 (I+ and I-)",
                        crossbar.lines_per_site));
    }
}

void require_length(std::string_view what, const std::vector<double>& values, Index expected) {
    if (!values.empty() && static_cast<Index>(values.size()) != expected) {
        throw InputError(fmt::format("{} has {} entries, expected {} (one per line) or none", what,
                                     values.size(), expected));
    }
}

double entry_or_zero(const std::vector<double>& values, Index i) {
    return values.empty() ? 0.0 : values[static_cast<std::size_t>(i)];
}

/// The netlist under construction: nodes and terminals in the order a reader expects, rows first.
ArrayNetlist make_lines(const Crossbar& crossbar, const ArrayNetlistOptions& options) {
    const ArrayPlaces places(crossbar);
    const ArrayNodes nodes = join_nodes(crossbar);
    require_separate_terminals(nodes, places);
    ArrayNetlist netlist;
    LineWriter lines(netlist.circuit, crossbar, nodes);
    netlist.row_nodes = Matrix<NodeId>(places.rows, places.sites);
    netlist.column_nodes = Matrix<NodeId>(places.rows, places.lines);
    for (Index r = 0; r < places.rows; ++r) {
        lines.add_row(r);
        for (Index s = 0; s < places.sites; ++s) netlist.row_nodes(r, s) = lines.node(places.row_node(r, s));
        netlist.row_sources.push_back(fmt::format("vrow_{}", r));
        netlist.circuit.add(netlist.row_sources.back(),
                            VoltageSource{lines.node(r), ground, entry_or_zero(options.v_row, r)});
    }
    for (Index l = 0; l < places.lines; ++l) {
        lines.add_column_line(l);
        for (Index r = 0; r < places.rows; ++r)
            netlist.column_nodes(r, l) = lines.node(places.col_node(r, l));
        if (options.stage) continue;
        netlist.sense_sources.push_back(fmt::format("vcol_{}", l));
        netlist.circuit.add(netlist.sense_sources.back(), VoltageSource{lines.node(places.rows + l), ground,
                                                                        entry_or_zero(options.v_col, l)});
    }
    lines.add_holds();
    return netlist;
}

void add_stages(ArrayNetlist& netlist, const Crossbar& crossbar, const DifferenceStageCircuit& stage) {
    Circuit& circuit = netlist.circuit;
    circuit.add(difference_stage(stage));
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const NodeId i_plus = circuit.node(fmt::format("col_{}", 2 * s));
        const NodeId i_minus = circuit.node(fmt::format("col_{}", 2 * s + 1));
        const NodeId out = circuit.node(fmt::format("o_{}", s));
        netlist.outputs.push_back(out);
        circuit.add(fmt::format("xstage_{}", s), SubcircuitCall{"difference_stage", {i_plus, i_minus, out}});
    }
}

} // namespace

ArrayNetlist expand_array(const Crossbar& crossbar, const ArrayNetlistOptions& options) {
    validate(crossbar);
    require_length("v_row", options.v_row, crossbar.rows());
    require_length("v_col", options.v_col, crossbar.lines());
    if (options.stage) require_stage(*options.stage, crossbar);

    ArrayNetlist netlist = make_lines(crossbar, options);
    add_cells(netlist, crossbar);
    if (options.stage) add_stages(netlist, crossbar, *options.stage);
    return netlist;
}

} // namespace ohmloom
