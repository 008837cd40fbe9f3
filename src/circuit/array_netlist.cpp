#include "circuit/array_netlist.hpp"

#include "array/array_nodes.hpp"
#include "base/errors.hpp"
#include "circuit/array_elements.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

double entry_or_zero(const std::vector<double>& values, Index i) {
    return values.empty() ? 0.0 : values[static_cast<std::size_t>(i)];
}

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

/// Sink of ArrayElements: the array as a circuit of its own, with its sources.
class NetlistSink {
public:
    NetlistSink(ArrayNetlist& netlist, const Crossbar& crossbar, const ArrayNetlistOptions& options)
        : netlist_(netlist), crossbar_(crossbar), options_(options), places_(crossbar) {}

    NodeId see(const ArrayNode& node) { return netlist_.circuit.node(name_of(node, places_).text()); }

    void resistor(const IndexedName& name, const ArrayNode& a, const ArrayNode& b, double resistance) {
        netlist_.circuit.add(name.text(), Resistor{see(a), see(b), resistance});
    }
    void capacitor(const IndexedName& name, const ArrayNode& a, const ArrayNode& b, double capacitance) {
        netlist_.circuit.add(name.text(), Capacitor{see(a), see(b), capacitance});
    }
    void ground_capacitor(const IndexedName& name, const ArrayNode& a, double capacitance) {
        netlist_.circuit.add(name.text(), Capacitor{see(a), ground, capacitance});
    }
    void row_end(Index r, const ArrayNode& terminal) {
        netlist_.row_sources.push_back(fmt::format("vrow_{}", r));
        netlist_.circuit.add(netlist_.row_sources.back(),
                             VoltageSource{see(terminal), ground, entry_or_zero(options_.v_row, r)});
    }
    void line_end(Index l, const ArrayNode& terminal) {
        if (options_.stage || options_.open_lines) return;
        netlist_.sense_sources.push_back(fmt::format("vcol_{}", l));
        netlist_.circuit.add(netlist_.sense_sources.back(),
                             VoltageSource{see(terminal), ground, entry_or_zero(options_.v_col, l)});
    }
    void cell(Index r, Index l, const ArrayNode& w, const ArrayNode& b) {
        std::visit(CellElement{netlist_.circuit, fmt::format("{}_{}", r, l), see(w), see(b),
                               crossbar_.g(r, l), crossbar_.shape_at(r, l)},
                   crossbar_.cell);
    }

private:
    ArrayNetlist& netlist_;
    const Crossbar& crossbar_;
    const ArrayNetlistOptions& options_;
    ArrayPlaces places_;
};

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
    add_opamp(body, "", out, plus, minus, stage.open_loop_gain);
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

/// Nodes of every site and every cell of a line.
void find_nodes(ArrayNetlist& netlist, const Crossbar& crossbar, const ArrayNodes& nodes, NetlistSink& sink) {
    const ArrayPlaces places(crossbar);
    const auto node = [&](Index place) { return sink.see({nodes.node[static_cast<std::size_t>(place)]}); };
    netlist.row_nodes = Matrix<NodeId>(places.rows, places.sites);
    netlist.column_nodes = Matrix<NodeId>(places.rows, places.lines);
    for (Index r = 0; r < places.rows; ++r) {
        for (Index s = 0; s < places.sites; ++s) netlist.row_nodes(r, s) = node(places.row_node(r, s));
        for (Index l = 0; l < places.lines; ++l) netlist.column_nodes(r, l) = node(places.col_node(r, l));
    }
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

void add_opamp(Circuit& circuit, const std::string& ending, NodeId out, NodeId plus, NodeId minus,
               double gain) {
    if (std::isfinite(gain)) {
        circuit.add("eopamp" + ending, VoltageAmplifier{out, ground, plus, minus, gain});
        return;
    }
    const NodeId copy = circuit.node("copy" + ending);
    circuit.add("ecopy" + ending, VoltageAmplifier{copy, ground, out, ground, 1.0});
    circuit.add("eopamp" + ending, VoltageAmplifier{out, copy, plus, minus, 1.0});
}

ArrayNetlist expand_array(const Crossbar& crossbar, const ArrayNetlistOptions& options) {
    validate(crossbar);
    require_length("v_row", options.v_row, crossbar.rows());
    require_length("v_col", options.v_col, crossbar.lines());
    if (options.stage) require_stage(*options.stage, crossbar);

    const ArrayNodes nodes = join_nodes(crossbar);
    require_separate_terminals(nodes, ArrayPlaces(crossbar));
    ArrayNetlist netlist;
    NetlistSink sink(netlist, crossbar, options);
    ArrayElements(crossbar, nodes, sink).emit();
    find_nodes(netlist, crossbar, nodes, sink);
    if (options.stage) add_stages(netlist, crossbar, *options.stage);
    return netlist;
}

} // namespace ohmloom
