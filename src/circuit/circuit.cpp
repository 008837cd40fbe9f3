#include "circuit/circuit.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789_.+-#!:[]<>%@~";

/// One bit per character, for names by the million.
constexpr std::array<bool, 256> name_table = [] {
    std::array<bool, 256> table{};
    for (const char c : name_characters) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

void require_name(std::string_view what, std::string_view name) {
    if (!is_legal_name(name)) {
        throw InputError(fmt::format("{} name \"{}\": expected lower-case letters, digits and _ . + - # ! : "
                                     "[ ] < > % @ ~, the first of them "
                                     "none of + - .",
                                     what, name));
    }
}

void require_finite(const std::string& element, std::string_view what, double value) {
    if (!std::isfinite(value)) {
        throw InputError(fmt::format("element {}: {} is {}, expected a finite number", element, what, value));
    }
}

void require_positive(const std::string& element, std::string_view what, double value) {
    require_finite(element, what, value);
    if (value <= 0.0) {
        throw InputError(fmt::format("element {}: {} is {}, expected more than 0", element, what, value));
    }
}

void require_not_negative(const std::string& element, std::string_view what, double value) {
    require_finite(element, what, value);
    if (value < 0.0) {
        throw InputError(fmt::format("element {}: {} is {}, expected 0 or more", element, what, value));
    }
}

/// Least and greatest number of a waveform's arguments.
std::pair<std::size_t, std::size_t> argument_range(WaveformKind kind) {
    switch (kind) {
    case WaveformKind::none:
        return {0, 0};
    case WaveformKind::pulse:
        return {2, 7};
    case WaveformKind::sine:
    case WaveformKind::exp:
        return {2, 6};
    case WaveformKind::pwl:
        break;
    }
    return {2, std::size_t{1} << 40};
}

void require_stimulus(const std::string& element, const Stimulus& stimulus) {
    require_finite(element, "AC magnitude", stimulus.ac_magnitude);
    require_finite(element, "AC phase", stimulus.ac_phase);
    const std::vector<double>& arguments = stimulus.waveform.arguments;
    const auto [least, most] = argument_range(stimulus.waveform.kind);
    if (arguments.size() < least || arguments.size() > most) {
        throw InputError(fmt::format("element {}: its waveform has {} arguments, expected {} to {}", element,
                                     arguments.size(), least, most));
    }
    for (const double value : arguments) require_finite(element, "an argument of its waveform", value);
    if (stimulus.waveform.kind != WaveformKind::pwl) return;
    if (arguments.size() % 2 != 0) {
        throw InputError(fmt::format("element {}: its PWL has a time without a value", element));
    }
    for (std::size_t i = 2; i < arguments.size(); i += 2) {
        if (arguments[i] <= arguments[i - 2]) {
            throw InputError(fmt::format("element {}: its PWL times do not rise: {} after {}", element,
                                         arguments[i], arguments[i - 2]));
        }
    }
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
    void operator()(const Capacitor& capacitor) const {
        require_node(capacitor.a);
        require_node(capacitor.b);
        require_finite(name, "capacitance", capacitor.capacitance);
        if (capacitor.initial) require_finite(name, "initial voltage", *capacitor.initial);
    }
    void operator()(const Inductor& inductor) const {
        require_node(inductor.a);
        require_node(inductor.b);
        require_finite(name, "inductance", inductor.inductance);
        if (inductor.initial) require_finite(name, "initial current", *inductor.initial);
        if (inductor.inductance == 0.0) {
            throw InputError(
                fmt::format("element {}: inductance is 0 H; give both ends one node instead", name));
        }
    }
    void operator()(const VoltageSource& source) const {
        require_node(source.plus);
        require_node(source.minus);
        require_finite(name, "voltage", source.dc);
        require_stimulus(name, source.stimulus);
    }
    void operator()(const CurrentSource& source) const {
        require_node(source.plus);
        require_node(source.minus);
        require_finite(name, "current", source.dc);
        require_stimulus(name, source.stimulus);
    }
    void operator()(const VoltageAmplifier& amplifier) const {
        require_node(amplifier.plus);
        require_node(amplifier.minus);
        require_node(amplifier.control_plus);
        require_node(amplifier.control_minus);
        require_finite(name, "gain", amplifier.gain);
    }
    void operator()(const Transconductor& element) const {
        require_node(element.plus);
        require_node(element.minus);
        require_node(element.control_plus);
        require_node(element.control_minus);
        require_finite(name, "transconductance", element.transconductance);
    }
    void operator()(const CurrentAmplifier& element) const {
        require_node(element.plus);
        require_node(element.minus);
        require_name("controlling source", element.control);
        require_finite(name, "gain", element.gain);
    }
    void operator()(const Transresistor& element) const {
        require_node(element.plus);
        require_node(element.minus);
        require_name("controlling source", element.control);
        require_finite(name, "transresistance", element.transresistance);
    }
    void operator()(const Diode& diode) const {
        require_node(diode.anode);
        require_node(diode.cathode);
        require_positive(name, "area", diode.area);
        require_model(diode.model, "diode", [](ModelKind kind) { return kind == ModelKind::diode; });
    }
    void operator()(const Mosfet& mosfet) const {
        for (const NodeId node : {mosfet.drain, mosfet.gate, mosfet.source, mosfet.bulk}) require_node(node);
        require_positive(name, "length", mosfet.length);
        require_positive(name, "width", mosfet.width);
        require_positive(name, "multiplier", mosfet.multiplier);
        for (const double value : {mosfet.drain_area, mosfet.source_area, mosfet.drain_perimeter,
                                   mosfet.source_perimeter, mosfet.drain_squares, mosfet.source_squares}) {
            require_not_negative(name, "an area, a perimeter or a number of squares", value);
        }
        require_model(mosfet.model, "NMOS or PMOS",
                      [](ModelKind kind) { return kind == ModelKind::nmos || kind == ModelKind::pmos; });
    }
    void operator()(const Switch& element) const {
        for (const NodeId node : {element.a, element.b, element.control_plus, element.control_minus}) {
            require_node(node);
        }
        require_model(element.model, "switch",
                      [](ModelKind kind) { return kind == ModelKind::voltage_switch; });
    }
    void operator()(const BehaviouralSource& source) const {
        require_node(source.plus);
        require_node(source.minus);
        std::size_t depth = 0;
        for (const ExpressionStep& step : source.value.steps) {
            const auto operands = static_cast<std::size_t>(operand_count(step.operation));
            if (depth < operands) depth = source.value.steps.size(); // not postfix: refused below
            depth = depth - operands + 1;
            require_finite(name, "a number of its formula", step.value);
        }
        if (depth != 1) throw InputError(fmt::format("element {}: its formula is not complete", name));
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
        const std::optional<Index> ports = circuit.ports_of(call.subcircuit);
        if (!ports) {
            throw InputError(fmt::format("element {} calls subcircuit \"{}\": add it to the circuit first",
                                         name, call.subcircuit));
        }
        if (static_cast<Index>(call.nodes.size()) != *ports) {
            throw InputError(fmt::format("element {} gives subcircuit {} {} nodes, expected {}", name,
                                         call.subcircuit, call.nodes.size(), *ports));
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

    template <class Fits>
    void require_model(const std::string& model, std::string_view what, Fits&& fits) const {
        const std::optional<ModelKind> kind = circuit.model_kind(model);
        if (!kind) {
            throw InputError(
                fmt::format("element {} names model \"{}\": add it to the circuit first", name, model));
        }
        if (!fits(*kind)) {
            throw InputError(
                fmt::format("element {} names model {}, which is of kind {}: expected a {} model", name,
                            model, model_word(*kind), what));
        }
    }
};

/// Visits the nodes of each kind of element.
struct NodeVisit {
    const std::function<void(NodeId&)>& visit;

    template <class TwoEnded>
    void ends(TwoEnded& element) const {
        visit(element.a);
        visit(element.b);
    }
    template <class Source>
    void output(Source& element) const {
        visit(element.plus);
        visit(element.minus);
    }
    template <class Controlled>
    void control(Controlled& element) const {
        visit(element.control_plus);
        visit(element.control_minus);
    }
    void operator()(Resistor& element) const { ends(element); }
    void operator()(Capacitor& element) const { ends(element); }
    void operator()(Inductor& element) const { ends(element); }
    void operator()(SinhConductance& element) const { ends(element); }
    void operator()(Cell& element) const { ends(element); }
    void operator()(VoltageSource& element) const { output(element); }
    void operator()(CurrentSource& element) const { output(element); }
    void operator()(CurrentAmplifier& element) const { output(element); }
    void operator()(Transresistor& element) const { output(element); }
    void operator()(BehaviouralSource& element) const { output(element); }
    void operator()(VoltageAmplifier& element) const {
        output(element);
        control(element);
    }
    void operator()(Transconductor& element) const {
        output(element);
        control(element);
    }
    void operator()(Switch& element) const {
        ends(element);
        control(element);
    }
    void operator()(Diode& element) const {
        visit(element.anode);
        visit(element.cathode);
    }
    void operator()(Mosfet& element) const {
        for (NodeId* node : {&element.drain, &element.gate, &element.source, &element.bulk}) visit(*node);
    }
    void operator()(SubcircuitCall& element) const {
        for (NodeId& node : element.nodes) visit(node);
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
        char operator()(const Capacitor&) const { return 'c'; }
        char operator()(const Inductor&) const { return 'l'; }
        char operator()(const Transconductor&) const { return 'g'; }
        char operator()(const CurrentAmplifier&) const { return 'f'; }
        char operator()(const Transresistor&) const { return 'h'; }
        char operator()(const Diode&) const { return 'd'; }
        char operator()(const Mosfet&) const { return 'm'; }
        char operator()(const Switch&) const { return 's'; }
        char operator()(const BehaviouralSource&) const { return 'b'; }
    };
    return std::visit(Letter{}, kind);
}

bool has_branch_current(const ElementKind& kind) {
    const auto* behavioural = std::get_if<BehaviouralSource>(&kind);
    return std::holds_alternative<VoltageSource>(kind) || std::holds_alternative<Inductor>(kind) ||
           std::holds_alternative<VoltageAmplifier>(kind) || std::holds_alternative<Transresistor>(kind) ||
           (behavioural != nullptr && behavioural->is_voltage);
}

void for_each_node(ElementKind& kind, const std::function<void(NodeId&)>& visit) {
    std::visit(NodeVisit{visit}, kind);
}

std::string_view model_word(ModelKind kind) {
    switch (kind) {
    case ModelKind::diode:
        return "d";
    case ModelKind::nmos:
        return "nmos";
    case ModelKind::pmos:
        return "pmos";
    case ModelKind::voltage_switch:
        break;
    }
    return "sw";
}

std::span<const std::string> model_parameters(ModelKind kind) {
    static const std::vector<std::string> diode{"is",  "rs", "n",  "tt",  "cjo", "vj", "m", "eg",
                                                "xti", "fc", "bv", "ibv", "nbv", "kf", "af"};
    static const std::vector<std::string> mosfet{
        "vto", "kp",   "gamma", "phi",  "lambda", "rd",  "rs", "cbd",  "cbs",  "is",
        "pb",  "cgso", "cgdo",  "cgbo", "rsh",    "cj",  "mj", "cjsw", "mjsw", "js",
        "tox", "ld",   "uo",    "nsub", "tpg",    "nss", "fc", "kf",   "af"};
    static const std::vector<std::string> voltage_switch{"vt", "vh", "ron", "roff"};
    if (kind == ModelKind::diode) return diode;
    return kind == ModelKind::voltage_switch ? voltage_switch : mosfet;
}

bool is_legal_name(std::string_view name) {
    constexpr std::string_view never_first = "+-.";
    return !name.empty() && never_first.find(name.front()) == std::string_view::npos &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return name_table[static_cast<unsigned char>(c)]; });
}

Circuit::Circuit() : node_names_{"0"} {
    node_index_.insert("0", 0);
}

NodeId Circuit::node(std::string_view name) {
    if (const auto known = find_node(name)) return *known;
    require_name("node", name);
    const NodeId id{static_cast<std::int32_t>(node_names_.size())};
    node_index_.insert(name, node_names_.size());
    node_names_.emplace_back(name);
    return id;
}

std::optional<NodeId> Circuit::find_node(std::string_view name) const {
    const auto found =
        node_index_.find(name, [&](std::size_t place) -> const std::string& { return node_names_[place]; });
    if (!found) return std::nullopt;
    return NodeId{static_cast<std::int32_t>(*found)};
}

const std::string& Circuit::node_name(NodeId node) const {
    OHMLOOM_ASSERT(static_cast<Index>(node) >= 0 && static_cast<Index>(node) < node_count());
    return node_names_[static_cast<std::size_t>(node)];
}

void Circuit::reserve(std::size_t elements) {
    elements_.reserve(elements);
    element_index_.reserve(elements);
    node_names_.reserve(elements);
    node_index_.reserve(elements);
}

void Circuit::add(std::string name, ElementKind kind) {
    require_name("element", name);
    if (name.front() != spice_letter(kind)) {
        throw InputError(fmt::format("element name \"{}\": expected \"{}\" as its first letter", name,
                                     spice_letter(kind)));
    }
    std::visit(ElementCheck{name, *this}, kind);
    if (find_element(name) != nullptr) {
        throw InputError(fmt::format("element name \"{}\" is taken: choose another one", name));
    }
    element_index_.insert(name, elements_.size());
    elements_.push_back({std::move(name), std::move(kind)});
}

const Element* Circuit::find_element(std::string_view name) const {
    const auto found = element_index_.find(
        name, [&](std::size_t place) -> const std::string& { return elements_[place].name; });
    return found ? &elements_[*found] : nullptr;
}

void Circuit::add(Model model) {
    require_name("model", model.name);
    const std::span<const std::string> known = model_parameters(model.kind);
    for (auto parameter = model.parameters.begin(); parameter != model.parameters.end(); ++parameter) {
        const std::string& name = parameter->first;
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            const std::string nearest = nearest_word(name, known);
            throw InputError(fmt::format("model {}: unknown parameter {} of a model of kind {}{}", model.name,
                                         name, model_word(model.kind),
                                         nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
        }
        if (std::any_of(model.parameters.begin(), parameter,
                        [&](const auto& before) { return before.first == name; })) {
            throw InputError(fmt::format("model {}: parameter {} is given twice", model.name, name));
        }
        if (!std::isfinite(parameter->second)) {
            throw InputError(fmt::format("model {}: parameter {} is {}, expected a finite number", model.name,
                                         name, parameter->second));
        }
    }
    if (find_model(model.name) != nullptr) {
        throw InputError(fmt::format("model name \"{}\" is taken: choose another one", model.name));
    }
    model_index_.insert(model.name, models_.size());
    models_.push_back(std::move(model));
}

const Model* Circuit::find_model(std::string_view name) const {
    const auto found =
        model_index_.find(name, [&](std::size_t place) -> const std::string& { return models_[place].name; });
    return found ? &models_[*found] : nullptr;
}

void Circuit::add(Subcircuit subcircuit) {
    require_name("subcircuit", subcircuit.name);
    if (find_subcircuit(subcircuit.name) != nullptr) {
        throw InputError(fmt::format("subcircuit name \"{}\" is taken: choose another one", subcircuit.name));
    }
    for (const NodeId port : subcircuit.ports) {
        if (static_cast<Index>(port) <= 0 || static_cast<Index>(port) >= subcircuit.body.node_count()) {
            throw InputError(fmt::format("subcircuit {}: port {} is not one of its nodes, or is ground",
                                         subcircuit.name, static_cast<Index>(port)));
        }
    }
    for (const auto& [name, ports] : subcircuit.body.declared_subcircuits_) {
        if (ports_of(name) != ports) {
            throw InputError(
                fmt::format("subcircuit {} counts on a subcircuit {} with {} ports: add that first",
                            subcircuit.name, name, ports));
        }
    }
    for (const auto& [name, kind] : subcircuit.body.declared_models_) {
        if (model_kind(name) != kind) {
            throw InputError(fmt::format("subcircuit {} counts on a model {} of kind {}: add that first",
                                         subcircuit.name, name, model_word(kind)));
        }
    }
    subcircuit_index_.insert(subcircuit.name, subcircuits_.size());
    subcircuits_.push_back(std::move(subcircuit));
}

std::span<const Subcircuit> Circuit::subcircuits() const {
    return subcircuits_;
}

const Subcircuit* Circuit::find_subcircuit(std::string_view name) const {
    const auto found = subcircuit_index_.find(
        name, [&](std::size_t place) -> const std::string& { return subcircuits_[place].name; });
    return found ? &subcircuits_[*found] : nullptr;
}

void Circuit::declare_subcircuit(std::string name, Index ports) {
    declared_subcircuits_.insert_or_assign(std::move(name), ports);
}

void Circuit::declare_model(std::string name, ModelKind kind) {
    declared_models_.insert_or_assign(std::move(name), kind);
}

std::optional<Index> Circuit::ports_of(std::string_view subcircuit) const {
    if (const Subcircuit* own = find_subcircuit(subcircuit)) return static_cast<Index>(own->ports.size());
    const auto found = declared_subcircuits_.find(subcircuit);
    if (found == declared_subcircuits_.end()) return std::nullopt;
    return found->second;
}

std::optional<ModelKind> Circuit::model_kind(std::string_view model) const {
    if (const Model* own = find_model(model)) return own->kind;
    const auto found = declared_models_.find(model);
    if (found == declared_models_.end()) return std::nullopt;
    return found->second;
}

void Circuit::set_initial(NodeId node, double voltage) {
    const Index index = static_cast<Index>(node);
    if (index <= 0 || index >= node_count()) {
        throw InputError(
            fmt::format("initial voltage: node {} is not one of the circuit's, or is ground", index));
    }
    require_finite("of an initial voltage", "voltage", voltage);
    initial_voltages_.push_back({node, voltage});
}

void Circuit::require_complete(const Element& element) const {
    const auto require_branch = [&](const std::string& control, bool only_source) {
        const Element* found = find_element(control);
        const bool fits = found != nullptr && (std::holds_alternative<VoltageSource>(found->kind) ||
                                               (!only_source && has_branch_current(found->kind)));
        if (!fits) {
            throw InputError(
                fmt::format("element {} is controlled by the current of \"{}\": expected a voltage "
                            "source of the same circuit",
                            element.name, control));
        }
    };
    if (const auto* f = std::get_if<CurrentAmplifier>(&element.kind)) require_branch(f->control, true);
    if (const auto* h = std::get_if<Transresistor>(&element.kind)) require_branch(h->control, true);
    const auto* source = std::get_if<BehaviouralSource>(&element.kind);
    if (source == nullptr) return;
    for (const ExpressionStep& step : source->value.steps) {
        if (step.operation == Operation::current) require_branch(step.plus, false);
        if (step.operation != Operation::voltage) continue;
        for (const std::string& node : {step.plus, step.minus}) {
            if (!find_node(node)) {
                throw InputError(
                    fmt::format("element {}: its formula names node \"{}\", which the circuit does "
                                "not have",
                                element.name, node));
            }
        }
    }
}

void Circuit::require_complete() const {
    for (const Element& element : elements_) require_complete(element);
}

bool operator==(const Circuit& left, const Circuit& right) {
    if (left.models_ != right.models_ || left.subcircuits_ != right.subcircuits_ ||
        left.elements_.size() != right.elements_.size() ||
        left.initial_voltages_.size() != right.initial_voltages_.size()) {
        return false;
    }
    // Nodes of the right circuit by the left one's numbers; a name that is missing there equals none.
    std::vector<NodeId> same(left.node_names_.size(), NodeId{-1});
    for (std::size_t i = 0; i < same.size(); ++i) {
        if (const auto found = right.find_node(left.node_names_[i])) same[i] = *found;
    }
    const auto rename = [&](NodeId& node) { node = same[static_cast<std::size_t>(node)]; };
    for (std::size_t i = 0; i < left.initial_voltages_.size(); ++i) {
        InitialVoltage renamed = left.initial_voltages_[i];
        rename(renamed.node);
        if (renamed != right.initial_voltages_[i]) return false;
    }
    for (std::size_t i = 0; i < left.elements_.size(); ++i) {
        if (left.elements_[i].name != right.elements_[i].name) return false;
        ElementKind renamed = left.elements_[i].kind;
        for_each_node(renamed, rename);
        if (renamed != right.elements_[i].kind) return false;
    }
    return true;
}

bool operator==(const Subcircuit& left, const Subcircuit& right) {
    if (left.name != right.name || left.ports.size() != right.ports.size()) return false;
    for (std::size_t i = 0; i < left.ports.size(); ++i) {
        if (left.body.node_name(left.ports[i]) != right.body.node_name(right.ports[i])) return false;
    }
    return left.body == right.body;
}

} // namespace ohmloom
