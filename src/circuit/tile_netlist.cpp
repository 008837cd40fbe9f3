#include "circuit/tile_netlist.hpp"

#include "array/array_nodes.hpp"
#include "base/errors.hpp"
#include "circuit/array_elements.hpp"

#include <array>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

constexpr IndexedName ground_name{"0"}, power_name{"power"};

/// Where a tile goes as text.
class TextOutput {
public:
    TextOutput(SpiceWriter& writer, const Crossbar& crossbar, const TileCircuit& tile)
        : writer_(writer), crossbar_(crossbar),
          faces_(cell_faces(crossbar.cell, formula_style(writer.dialect()))) {
        for (const CellFace& face : faces_) face_names_.push_back(tile.cell + face.suffix);
    }

    void see(const IndexedName& /*node*/) {}
    void resistor(const IndexedName& name, const IndexedName& a, const IndexedName& b, double resistance) {
        writer_.resistor(name, a, b, resistance);
    }
    void capacitor(const IndexedName& name, const IndexedName& a, const IndexedName& b, double capacitance) {
        writer_.capacitor(name, a, b, capacitance);
    }
    void source(const IndexedName& name, const IndexedName& plus, const IndexedName& minus) {
        writer_.source(name, plus, minus, 0.0);
    }
    void power(const IndexedName& name, const IndexedName& node, const IndexedName& source) {
        formula_ = "v(";
        node.append_to(formula_);
        formula_ += ")*i(";
        source.append_to(formula_);
        formula_ += ')';
        writer_.formula(name, ground_name, power_name, false, formula_);
    }
    void amplifier(const IndexedName& name, const IndexedName& out, const IndexedName& in, double gain) {
        writer_.amplifier(name, {out, ground_name, in, ground_name}, gain);
    }
    void call(const IndexedName& name, std::span<const IndexedName> nodes, std::string_view subcircuit) {
        writer_.call(name, nodes, subcircuit);
    }
    void cell(Index r, Index l, const IndexedName& w, const IndexedName& b) {
        if (faces_.empty()) return own_formula(r, l, w, b);
        const CellFaceCall call = call_cell_face(crossbar_.cell, crossbar_.g(r, l), crossbar_.shape_at(r, l));
        const CellFace& face = faces_[call.face];
        std::array<std::pair<std::string_view, double>, 2> values;
        for (std::size_t k = 0; k < face.parameters.size(); ++k)
            values[k] = {face.parameters[k], call.values[k]};
        writer_.call({"xcell", r, l}, std::array{w, b}, face_names_[call.face],
                     std::span(values).first(face.parameters.size()));
    }

private:
    /// A cell whose law has no faces.
    void own_formula(Index r, Index l, const IndexedName& w, const IndexedName& b) {
        const std::string v = "v(" + w.text() + "," + b.text() + ")";
        const std::string current =
            spice_current(crossbar_.cell, crossbar_.g(r, l), crossbar_.shape_at(r, l), v);
        writer_.formula({"bcell", r, l}, w, b, false, with_power_sign(current, writer_.dialect()));
    }

    SpiceWriter& writer_;
    const Crossbar& crossbar_;
    std::vector<CellFace> faces_;
    std::vector<std::string> face_names_;
    std::string formula_;
};

/// Where a tile goes as a value.
class CircuitOutput {
public:
    CircuitOutput(Circuit& circuit, const Crossbar& crossbar) : circuit_(circuit), crossbar_(crossbar) {}

    NodeId see(const IndexedName& node) { return circuit_.node(node.text()); }
    void resistor(const IndexedName& name, const IndexedName& a, const IndexedName& b, double resistance) {
        circuit_.add(name.text(), Resistor{see(a), see(b), resistance});
    }
    void capacitor(const IndexedName& name, const IndexedName& a, const IndexedName& b, double capacitance) {
        circuit_.add(name.text(), Capacitor{see(a), see(b), capacitance});
    }
    void source(const IndexedName& name, const IndexedName& plus, const IndexedName& minus) {
        circuit_.add(name.text(), VoltageSource{see(plus), see(minus), 0.0});
    }
    void power(const IndexedName& name, const IndexedName& node, const IndexedName& source) {
        const Expression product{{{Operation::voltage, 0.0, node.text(), "0"},
                                  {Operation::current, 0.0, source.text(), ""},
                                  {Operation::multiply, 0.0, "", ""}}};
        circuit_.add(name.text(), BehaviouralSource{ground, see(power_name), false, product});
    }
    void amplifier(const IndexedName& name, const IndexedName& out, const IndexedName& in, double gain) {
        circuit_.add(name.text(), VoltageAmplifier{see(out), ground, see(in), ground, gain});
    }
    void call(const IndexedName& name, std::span<const IndexedName> nodes, std::string_view subcircuit) {
        SubcircuitCall call{std::string(subcircuit), {}};
        for (const IndexedName& node : nodes) call.nodes.push_back(see(node));
        circuit_.add(name.text(), std::move(call));
    }
    void cell(Index r, Index l, const IndexedName& w, const IndexedName& b) {
        circuit_.add(IndexedName{"bcell", r, l}.text(),
                     Cell{see(w), see(b), crossbar_.cell, crossbar_.g(r, l), crossbar_.shape_at(r, l)});
    }

private:
    Circuit& circuit_;
    const Crossbar& crossbar_;
};

/// Sink of ArrayElements: a tile as a subcircuit.
template <class Output>
class TileSink {
public:
    TileSink(Output& output, const Crossbar& crossbar)
        : output_(output), crossbar_(crossbar), places_(crossbar),
          is_ohmic_(std::holds_alternative<LinearCell>(crossbar.cell)) {}

    void see(const ArrayNode& node) { output_.see(name(node)); }
    void resistor(const IndexedName& element, const ArrayNode& a, const ArrayNode& b, double resistance) {
        output_.resistor(element, name(a), name(b), resistance);
    }
    void capacitor(const IndexedName& element, const ArrayNode& a, const ArrayNode& b, double capacitance) {
        output_.capacitor(element, name(a), name(b), capacitance);
    }
    void ground_capacitor(const IndexedName& element, const ArrayNode& a, double capacitance) {
        output_.capacitor(element, name(a), ground_name, capacitance);
    }
    void row_end(Index r, const ArrayNode& terminal) {
        const IndexedName in{"in", r}, source{"vrow", r};
        output_.source(source, in, name(terminal));
        output_.power({"bpower", r}, in, source);
    }
    void line_end(Index /*l*/, const ArrayNode& /*terminal*/) {}
    void cell(Index r, Index l, const ArrayNode& w, const ArrayNode& b) {
        if (is_ohmic_) {
            output_.resistor({"rcell", r, l}, name(w), name(b), 1.0 / crossbar_.g(r, l));
        } else {
            output_.cell(r, l, name(w), name(b));
        }
    }

private:
    [[nodiscard]] IndexedName name(const ArrayNode& node) const { return name_of(node, places_); }

    Output& output_;
    const Crossbar& crossbar_;
    ArrayPlaces places_;
    bool is_ohmic_;
};

/// Subcircuit that site s calls.
std::string stage_name(const TileCircuit& tile, Index s) {
    return tile.stages_differ ? IndexedName{tile.stage, s}.text() : tile.stage;
}

template <class Output>
void emit_tile(Output& output, const Crossbar& crossbar, const TileCircuit& tile) {
    const ArrayNodes nodes = join_nodes(crossbar);
    require_separate_terminals(nodes, ArrayPlaces(crossbar));
    TileSink<Output> sink(output, crossbar);
    ArrayElements(crossbar, nodes, sink).emit();
    if (tile.stage.empty()) return;
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const IndexedName out{"o", s}, before{"u", s};
        std::vector<IndexedName> ports;
        for (Index k = 0; k < crossbar.lines_per_site; ++k)
            ports.push_back({"col", s * crossbar.lines_per_site + k});
        ports.push_back(tile.scale == 1.0 ? out : before);
        ports.push_back(power_name);
        output.call({"xstage", s}, ports, stage_name(tile, s));
        if (tile.scale != 1.0) output.amplifier({"escale", s}, out, before, tile.scale);
    }
}

std::vector<std::string> port_names(const Crossbar& crossbar, const TileCircuit& tile) {
    std::vector<std::string> ports;
    for (Index r = 0; r < crossbar.rows(); ++r) ports.push_back(IndexedName{"in", r}.text());
    const Index outputs = tile.stage.empty() ? crossbar.lines() : crossbar.sites();
    for (Index o = 0; o < outputs; ++o)
        ports.push_back(IndexedName{tile.stage.empty() ? "col" : "o", o}.text());
    ports.emplace_back("power");
    return ports;
}

} // namespace

void write_tile(SpiceWriter& writer, const Crossbar& crossbar, const TileCircuit& tile) {
    validate(crossbar);
    writer.begin_subcircuit(tile.name, port_names(crossbar, tile));
    TextOutput output(writer, crossbar, tile);
    emit_tile(output, crossbar, tile);
    writer.end_subcircuit(tile.name);
}

Subcircuit make_tile(const Crossbar& crossbar, const TileCircuit& tile) {
    validate(crossbar);
    Subcircuit made{tile.name, {}, {}};
    for (const std::string& port : port_names(crossbar, tile)) made.ports.push_back(made.body.node(port));
    for (Index s = 0; s < crossbar.sites() && !tile.stage.empty(); ++s)
        made.body.declare_subcircuit(stage_name(tile, s), crossbar.lines_per_site + 2);
    CircuitOutput output(made.body, crossbar);
    emit_tile(output, crossbar, tile);
    return made;
}

void write_cell_faces(SpiceWriter& writer, const CellModel& law, std::string_view stem) {
    for (const CellFace& face : cell_faces(law, formula_style(writer.dialect()))) {
        const std::string name = std::string(stem) + face.suffix;
        std::vector<std::pair<std::string_view, double>> defaults;
        for (const std::string& parameter : face.parameters) defaults.emplace_back(parameter, 1.0);
        const std::vector<std::string> ports{"top", "bottom"};
        writer.begin_subcircuit(name, ports, defaults);
        writer.formula({"bcell"}, {"top"}, {"bottom"}, false, face.current);
        writer.end_subcircuit(name);
    }
}

} // namespace ohmloom
