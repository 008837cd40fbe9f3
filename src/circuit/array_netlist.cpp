#include "circuit/array_netlist.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

/// Names along one line: row r or column line l.
struct LineNames {
    std::string terminal;           ///< "row_3": also the stem of the junctions' names
    std::string wire;               ///< "rrow_3": stem of the segments' names
    std::string series;             ///< "rsource_3": stem of the series resistances' names
    std::vector<std::string> nodes; ///< "w_3_0", "w_3_1", …
};

/// What one line is made of.
struct LineParts {
    double r_series = 0.0;
    double r_segment = 0.0;
    TiedEnds ends = TiedEnds::first;
};

/// One line as a chain of places, with the resistors between them, as drawn; zero resistances join places.
///
/// Places: the terminal, then the cell nodes in order, then the junctions of the tied ends. The smallest
/// place of those that are joined gives the node its name.
class Line {
public:
    Line(const LineNames& names, const LineParts& parts) : names_(names), count_(names.nodes.size()) {
        joined_.resize(count_ + 3);
        std::iota(joined_.begin(), joined_.end(), std::size_t{0});
        const std::size_t first_cell = 1, last_cell = count_;
        const std::size_t first_end = count_ + 1, last_end = count_ + 2;
        if (parts.ends != TiedEnds::last) {
            connect(names.series + "_first", terminal, first_end, parts.r_series);
            connect(names.wire + "_0", first_end, first_cell, parts.r_segment);
        }
        for (std::size_t k = 1; k < count_; ++k) {
            connect(fmt::format("{}_{}", names.wire, k), k, k + 1, parts.r_segment);
        }
        if (parts.ends != TiedEnds::first) {
            connect(fmt::format("{}_{}", names.wire, count_), last_cell, last_end, parts.r_segment);
            connect(names.series + "_last", last_end, terminal, parts.r_series);
        }
    }

    /// Adds nodes and resistors to the circuit; returns the nodes of the terminal and of the cells.
    std::vector<NodeId> add_to(Circuit& circuit) {
        std::vector<NodeId> nodes;
        for (std::size_t place = 0; place <= count_; ++place) nodes.push_back(node(circuit, place));
        for (const auto& [name, a, b, resistance] : resistors_) {
            circuit.add(name, Resistor{node(circuit, a), node(circuit, b), resistance});
        }
        return nodes;
    }

private:
    struct PlacedResistor {
        std::string name;
        std::size_t a, b;
        double resistance;
    };

    void connect(std::string name, std::size_t a, std::size_t b, double resistance) {
        if (resistance > 0.0) {
            resistors_.push_back({std::move(name), a, b, resistance});
        } else {
            a = representative(a);
            b = representative(b);
            joined_[std::max(a, b)] = std::min(a, b);
        }
    }

    [[nodiscard]] std::size_t representative(std::size_t place) const {
        while (joined_[place] != place) place = joined_[place];
        return place;
    }

    NodeId node(Circuit& circuit, std::size_t place) const {
        place = representative(place);
        if (place == terminal) return circuit.node(names_.terminal);
        if (place <= count_) return circuit.node(names_.nodes[place - 1]);
        return circuit.node(names_.terminal + (place == count_ + 1 ? "_first" : "_last"));
    }

    static constexpr std::size_t terminal = 0;
    const LineNames& names_;
    std::size_t count_; ///< cells along the line
    std::vector<std::size_t> joined_;
    std::vector<PlacedResistor> resistors_;
};

std::vector<NodeId> add_row(Circuit& circuit, const Crossbar& crossbar, Index r) {
    LineNames names{fmt::format("row_{}", r), fmt::format("rrow_{}", r), fmt::format("rsource_{}", r), {}};
    for (Index s = 0; s < crossbar.sites(); ++s) names.nodes.push_back(fmt::format("w_{}_{}", r, s));
    return Line(names, {crossbar.source_resistance(r), crossbar.r_row, crossbar.row_ends}).add_to(circuit);
}

std::vector<NodeId> add_column_line(Circuit& circuit, const Crossbar& crossbar, Index l) {
    LineNames names{fmt::format("col_{}", l), fmt::format("rcol_{}", l), fmt::format("rsense_{}", l), {}};
    for (Index r = 0; r < crossbar.rows(); ++r) names.nodes.push_back(fmt::format("b_{}_{}", r, l));
    return Line(names, {crossbar.sense_resistance(l), crossbar.r_col, crossbar.col_ends}).add_to(circuit);
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

void add_cells(ArrayNetlist& netlist, const Crossbar& crossbar) {
    // Below this a conductance has no reciprocal in double: no current to speak of.
    constexpr double smallest = 1e-300;
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            const double g = crossbar.g(r, l);
            if (g < smallest) continue;
            const NodeId w = netlist.row_nodes(r, l / crossbar.lines_per_site);
            const NodeId b = netlist.column_nodes(r, l);
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
    ArrayNetlist netlist;
    netlist.row_nodes = Matrix<NodeId>(crossbar.rows(), crossbar.sites());
    netlist.column_nodes = Matrix<NodeId>(crossbar.rows(), crossbar.lines());
    for (Index r = 0; r < crossbar.rows(); ++r) {
        const std::vector<NodeId> nodes = add_row(netlist.circuit, crossbar, r);
        for (Index s = 0; s < crossbar.sites(); ++s) {
            netlist.row_nodes(r, s) = nodes[static_cast<std::size_t>(s + 1)];
        }
        netlist.row_sources.push_back(fmt::format("vrow_{}", r));
        netlist.circuit.add(netlist.row_sources.back(),
                            VoltageSource{nodes.front(), ground, entry_or_zero(options.v_row, r)});
    }
    for (Index l = 0; l < crossbar.lines(); ++l) {
        const std::vector<NodeId> nodes = add_column_line(netlist.circuit, crossbar, l);
        for (Index r = 0; r < crossbar.rows(); ++r) {
            netlist.column_nodes(r, l) = nodes[static_cast<std::size_t>(r + 1)];
        }
        if (options.stage) continue;
        netlist.sense_sources.push_back(fmt::format("vcol_{}", l));
        netlist.circuit.add(netlist.sense_sources.back(),
                            VoltageSource{nodes.front(), ground, entry_or_zero(options.v_col, l)});
    }
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
