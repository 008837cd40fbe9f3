#include "circuit/circuit.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void require_name(std::string_view what, std::string_view name) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
        throw InputError(fmt::format(
            "{} name \"{}\": expected one or more lower-case letters, digits and underscores", what, name));
    }
}

void require_finite(const std::string& element, std::string_view what, double value) {
    if (!std::isfinite(value)) {
        throw InputError(fmt::format("element {}: {} is {}, expected a finite number", element, what, value));
    }
}

const Subcircuit* find_subcircuit(std::span<const Subcircuit> subcircuits, std::string_view name) {
    const auto found = std::find_if(subcircuits.begin(), subcircuits.end(),
                                    [&](const Subcircuit& known) { return known.name == name; });
    return found == subcircuits.end() ? nullptr : &*found;
}

/// What each kind of element must fulfil before it may join a circuit.
struct ElementCheck {
    const std::string& name;
    const Circuit& circuit;

    void operator()(const Resistor& resistor) const {
        require_node(resistor.a);
        require_node(resistor.b);
        require_finite(name, "resistance", resistor.resistance);
        if (resistor.resistance == 0.0) {
            throw InputError(
                fmt::format("element {}: resistance is 0 Ohm; give both ends one node instead", name));
        }
    }
    void operator()(const VoltageSource& source) const {
        require_node(source.plus);
        require_node(source.minus);
        require_finite(name, "voltage", source.dc);
    }
    void operator()(const CurrentSource& source) const {
        require_node(source.plus);
        require_node(source.minus);
        require_finite(name, "current", source.dc);
    }
    void operator()(const VoltageAmplifier& amplifier) const {
        require_node(amplifier.plus);
        require_node(amplifier.minus);
        require_node(amplifier.control_plus);
        require_node(amplifier.control_minus);
        require_finite(name, "gain", amplifier.gain);
    }
    void operator()(const SinhConductance& cell) const {
        require_node(cell.a);
        require_node(cell.b);
        require_finite(name, "conductance", cell.g);
        require_finite(name, "alpha", cell.alpha);
        if (cell.alpha <= 0.0) {
            throw InputError(
                fmt::format("element {}: alpha is {} 1/V, expected more than 0", name, cell.alpha));
        }
    }
    void operator()(const Cell& cell) const {
        require_node(cell.a);
        require_node(cell.b);
        require_finite(name, "conductance", cell.g);
        require_finite(name, "shape", cell.shape);
        validate(cell.law);
    }
    void operator()(const SubcircuitCall& call) const {
        for (const NodeId node : call.nodes) require_node(node);
        const Subcircuit* subcircuit = find_subcircuit(circuit.subcircuits(), call.subcircuit);
        if (subcircuit == nullptr) {
            throw InputError(fmt::format("element {} calls subcircuit \"{}\": add it to the circuit first",
                                         name, call.subcircuit));
        }
        if (call.nodes.size() != subcircuit->ports.size()) {
            throw InputError(fmt::format("element {} gives subcircuit {} {} nodes, expected {}", name,
                                         call.subcircuit, call.nodes.size(), subcircuit->ports.size()));
        }
    }

private:
    void require_node(NodeId node) const {
        const Index index = static_cast<Index>(node);
        if (index < 0 || index >= circuit.node_count()) {
            throw InputError(fmt::format("element {}: node {} is not one of the circuit's {} nodes", name,
                                         index, circuit.node_count()));
        }
    }
};

} // namespace

char spice_letter(const ElementKind& kind) {
    struct Letter {
        char operator()(const Resistor&) const { return 'r'; }
        char operator()(const VoltageSource&) const { return 'v'; }
        char operator()(const CurrentSource&) const { return 'i'; }
        char operator()(const VoltageAmplifier&) const { return 'e'; }
        char operator()(const SinhConductance&) const { return 'b'; }
        char operator()(const Cell&) const { return 'b'; }
        char operator()(const SubcircuitCall&) const { return 'x'; }
    };
    return std::visit(Letter{}, kind);
}

Circuit::Circuit() : node_names_{"0"}, node_ids_{{"0", ground}} {}

NodeId Circuit::node(std::string_view name) {
    if (const auto known = find_node(name)) return *known;
    require_name("node", name);
    const NodeId id{static_cast<std::int32_t>(node_names_.size())};
    node_names_.emplace_back(name);
    node_ids_.emplace(name, id);
    return id;
}

std::optional<NodeId> Circuit::find_node(std::string_view name) const {
    const auto found = node_ids_.find(std::string(name));
    if (found == node_ids_.end()) return std::nullopt;
    return found->second;
}

const std::string& Circuit::node_name(NodeId node) const {
    OHMLOOM_ASSERT(static_cast<Index>(node) >= 0 && static_cast<Index>(node) < node_count());
    return node_names_[static_cast<std::size_t>(node)];
}

void Circuit::add(std::string name, ElementKind kind) {
    require_name("element", name);
    if (name.front() != spice_letter(kind)) {
        throw InputError(fmt::format("element name \"{}\": expected \"{}\" as its first letter", name,
                                     spice_letter(kind)));
    }
    std::visit(ElementCheck{name, *this}, kind);
    if (!element_names_.insert(name).second) {
        throw InputError(fmt::format("element name \"{}\" is taken: choose another one", name));
    }
    elements_.push_back({std::move(name), std::move(kind)});
}

void Circuit::add(Subcircuit subcircuit) {
    require_name("subcircuit", subcircuit.name);
    if (find_subcircuit(subcircuits_, subcircuit.name) != nullptr) {
        throw InputError(fmt::format("subcircuit name \"{}\" is taken: choose another one", subcircuit.name));
    }
    for (const NodeId port : subcircuit.ports) {
        if (static_cast<Index>(port) <= 0 || static_cast<Index>(port) >= subcircuit.body.node_count()) {
            throw InputError(fmt::format("subcircuit {}: port {} is not one of its nodes, or is ground",
                                         subcircuit.name, static_cast<Index>(port)));
        }
    }
    subcircuits_.push_back(std::move(subcircuit));
}

std::span<const Subcircuit> Circuit::subcircuits() const {
    return subcircuits_;
}

bool operator==(const Circuit& left, const Circuit& right) {
    // The look-up tables follow from these.
    return left.node_names_ == right.node_names_ && left.elements_ == right.elements_ &&
           left.subcircuits_ == right.subcircuits_;
}

} // namespace ohmloom
