#include "circuit/spice_reader.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "circuit/spice_cards.hpp"
#include "circuit/spice_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

/// Parameters by name: those of a level and of the levels around it. They may be used before they are defined, so
/// they are worked out when first asked for.
class Parameters {
public:
    explicit Parameters(const Parameters* outer) : outer_(outer) {}

    void set(const std::string& name, double value) { values_.insert_or_assign(name, value); }
    void define(const std::string& name, const SpiceCursor& at) {
        values_.erase(name);
        formulas_.insert_or_assign(name, at);
    }

    /// Value of a parameter; nothing if there is none of that name.
    std::optional<double> find(std::string_view name) const {
        if (const auto known = values_.find(name); known != values_.end()) return known->second;
        if (const auto formula = formulas_.find(name); formula != formulas_.end()) return work_out(*formula);
        return outer_ == nullptr ? std::nullopt : outer_->find(name);
    }

    [[nodiscard]] SpiceCursor::Lookup lookup() const {
        return [this](std::string_view name) { return find(name); };
    }

    void work_out_all() const {
        for (const auto& formula : formulas_) work_out(formula);
    }

private:
    using Formulas = std::map<std::string, SpiceCursor, std::less<>>;

    double work_out(const Formulas::value_type& formula) const {
        const auto& [name, at] = formula;
        if (const auto known = values_.find(name); known != values_.end()) return known->second;
        constexpr std::size_t deepest = 200;
        SpiceCursor cursor = at;
        if (!at_work_.insert(name).second) cursor.refuse(fmt::format("parameter {} depends on itself", name));
        if (at_work_.size() > deepest) cursor.refuse("parameters depend on each other too deeply: sort them");
        const double value = evaluate(cursor.formula("a formula", lookup(), false), {});
        if (!std::isfinite(value)) {
            cursor.refuse(fmt::format("parameter {} is {}, expected a finite number", name, value));
        }
        at_work_.erase(name);
        values_.emplace(name, value);
        return value;
    }

    const Parameters* outer_;
    mutable std::map<std::string, double, std::less<>> values_;
    Formulas formulas_;
    mutable std::set<std::string> at_work_;
};

/// Steps over `name = formula` and gives the name and the place of the formula.
std::pair<std::string, SpiceCursor> take_definition(SpiceCursor& cursor, std::string_view what) {
    std::string name = cursor.word(what);
    const bool is_word =
        std::all_of(name.begin(), name.end(),
                    [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
        (name.front() < '0' || name.front() > '9');
    if (!is_word) cursor.refuse_last(what);
    cursor.expect('=', "'=' and a value");
    if (cursor.at_end()) cursor.refuse_next("a value");
    SpiceCursor at = cursor;
    cursor.formula(
        "a formula", [](std::string_view) { return 1.0; }, false);
    return {std::move(name), at};
}

/// A level under construction: the top circuit, or one variant of a subcircuit's body.
struct Level {
    const SpiceScope& scope;
    Level* outer;
    Parameters parameters;
    Circuit circuit;
    /// Names of the variants of the subcircuits defined here, by definition and values of its parameters.
    std::map<std::pair<const SpiceScope*, std::vector<double>>, std::string> variants;

    Level(const SpiceScope& its_scope, Level* around)
        : scope(its_scope), outer(around), parameters(around == nullptr ? nullptr : &around->parameters) {}
};

class CircuitBuilder {
public:
    CircuitBuilder(const SpiceReadLimits& limits, const std::set<std::string, std::less<>>& globals)
        : limits_(limits), globals_(globals) {}

    /// Fills a level's circuit from its cards. Its own parameters are set already.
    void build(Level& level) {
        for (const SpiceCard& card : level.scope.parameters) {
            charge(card);
            define_parameters(level, card);
        }
        level.parameters.work_out_all();
        for (const SpiceCard& card : level.scope.models) {
            charge(card);
            add_model(level, card);
        }
        for (const auto& definition : level.scope.subcircuits) {
            SpiceCursor cursor(definition->header);
            variant(level, *definition, {}, cursor);
        }
        level.circuit.reserve(level.scope.elements.size());
        for (const SpiceCard& card : level.scope.elements) {
            if (++elements_ > limits_.elements) {
                SpiceCursor(card).refuse(fmt::format("the deck has more than {} elements", limits_.elements));
            }
            charge(card);
            SpiceCursor cursor(card);
            with_place(cursor, [&] { add_element(level, cursor); });
        }
        for (const SpiceCard& card : level.scope.initials) {
            charge(card);
            set_initials(level, card);
        }
        require_complete(level);
    }

private:
    /// What the circuit refuses gets a place in the text.
    template <class Body>
    static void with_place(const SpiceCursor& cursor, Body&& body) {
        const SpiceCursor begin = cursor;
        try {
            body();
        } catch (const SpiceError&) {
            throw;
        } catch (const InputError& error) {
            begin.refuse(error.what());
        }
    }

    /// Counts what is read, variants of a subcircuit each for itself.
    void charge(const SpiceCard& card) {
        work_ += card.end - card.begin;
        if (work_ > limits_.bytes) SpiceCursor(card).refuse("the deck's subcircuits have too many variants");
    }

    /// What elements name may stand behind them: looked for when all are there, with the place of the element.
    static void require_complete(const Level& level) {
        const auto elements = level.circuit.elements();
        for (std::size_t i = 0; i < elements.size(); ++i) {
            if (std::holds_alternative<Resistor>(elements[i].kind)) continue; // names nothing, by the million
            with_place(SpiceCursor(level.scope.elements[i]),
                       [&] { level.circuit.require_complete(elements[i]); });
        }
    }

    static void define_parameters(Level& level, const SpiceCard& card) {
        SpiceCursor cursor(card);
        cursor.word("a card");
        do {
            auto [name, at] = take_definition(cursor, "the name of a parameter");
            level.parameters.define(name, at);
            cursor.accept(',');
        } while (!cursor.at_end());
    }

    static void add_model(Level& level, const SpiceCard& card) {
        SpiceCursor cursor(card);
        with_place(cursor, [&] {
            const auto lookup = level.parameters.lookup();
            cursor.word("a card");
            Model model;
            model.name = cursor.name("the name of a model");
            const std::string kind = cursor.word("d, nmos, pmos or sw");
            if (kind == "d") {
                model.kind = ModelKind::diode;
            } else if (kind == "nmos" || kind == "pmos") {
                model.kind = kind == "nmos" ? ModelKind::nmos : ModelKind::pmos;
            } else if (kind == "sw") {
                model.kind = ModelKind::voltage_switch;
            } else {
                cursor.refuse_last("d, nmos, pmos or sw");
            }
            for (cursor.skip_separators(); !cursor.at_end(); cursor.skip_separators()) {
                std::string parameter = canonical(model.kind, cursor.word("a parameter"));
                const auto known = model_parameters(model.kind);
                if (parameter != "level" && std::find(known.begin(), known.end(), parameter) == known.end()) {
                    cursor.refuse_last(fmt::format("a parameter of a model of kind {}: {}",
                                                   model_word(model.kind), join_words(known)));
                }
                cursor.expect('=', "'=' and a value");
                const SpiceCursor at = cursor;
                const double value = cursor.number("a value", lookup);
                if (parameter == "level") {
                    if (value != 1.0) SpiceCursor(at).refuse_next("1, the level that is read");
                    continue;
                }
                model.parameters.emplace_back(std::move(parameter), value);
            }
            level.circuit.add(std::move(model));
        });
    }

    /// One name of a parameter that has several.
    static std::string canonical(ModelKind kind, std::string name) {
        if (kind == ModelKind::diode) {
            if (name == "cj0" || name == "cj") return "cjo";
            if (name == "pb") return "vj";
            if (name == "mj") return "m";
        } else if (kind != ModelKind::voltage_switch) {
            if (name == "vt0") return "vto";
            if (name == "u0") return "uo";
        }
        return name;
    }

    static void set_initials(Level& level, const SpiceCard& card) {
        SpiceCursor cursor(card);
        with_place(cursor, [&] {
            cursor.word("a card");
            do {
                if (cursor.word("v(node)=value") != "v") cursor.refuse_last("v(node)=value");
                cursor.expect('(', "'(' and a node");
                const NodeId node = take_node(level, cursor);
                cursor.expect(')', "')'");
                cursor.expect('=', "'=' and a voltage");
                level.circuit.set_initial(node, cursor.number("a voltage [V]", level.parameters.lookup()));
            } while (!cursor.at_end());
        });
    }

    /// Name of the variant of a subcircuit with these parameters (its own where not given), in `home`'s circuit.
    std::string variant(Level& home, const SpiceScope& definition,
                        const std::vector<std::pair<std::string, double>>& given, SpiceCursor& caller) {
        if (std::find(at_work_.begin(), at_work_.end(), &definition) != at_work_.end()) {
            caller.refuse(fmt::format("subcircuit {} contains itself", definition.name));
        }
        if (static_cast<int>(at_work_.size()) >= limits_.subcircuit_depth) {
            caller.refuse(
                fmt::format("subcircuits call each other more than {} deep", limits_.subcircuit_depth));
        }
        Level body(definition, &home);
        const bool is_own = take_header(body, given, caller);
        std::vector<double> values;
        for (const std::string& name : header_names_) values.push_back(*body.parameters.find(name));
        header_ports_[&definition] = ports_.size();
        const auto [place, is_new] = home.variants.try_emplace({&definition, values}, "");
        if (!is_new) return place->second;
        std::string name = definition.name;
        for (std::size_t k = home.variants.size(); !is_own && is_taken(home, name); ++k) {
            name = fmt::format("{}_{}", definition.name, k);
        }
        place->second = name;
        std::vector<NodeId> ports = ports_;
        at_work_.push_back(&definition);
        build(body);
        at_work_.pop_back();
        add_global_ports(body.circuit, ports);
        with_place(SpiceCursor(definition.header), [&] {
            home.circuit.add(Subcircuit{name, std::move(ports), std::move(body.circuit)});
        });
        return name;
    }

    /// Global nodes that a body uses are ports of it, behind those of its header.
    void add_global_ports(const Circuit& body, std::vector<NodeId>& ports) const {
        for (const std::string& name : globals_) {
            const auto node = body.find_node(name);
            if (node && *node != ground && std::find(ports.begin(), ports.end(), *node) == ports.end())
                ports.push_back(*node);
        }
    }

    static bool is_taken(const Level& home, const std::string& name) {
        return home.scope.subcircuit_names.contains(name) || home.circuit.find_subcircuit(name) != nullptr;
    }

    /// Reads ports and parameters of a definition into its body, and into ports_ and header_names_. True if the
    /// parameters are the definition's own.
    bool take_header(Level& body, const std::vector<std::pair<std::string, double>>& given,
                     SpiceCursor& caller) {
        SpiceCursor cursor(body.scope.header);
        cursor.word("a card");
        cursor.word("a name");
        ports_.clear();
        header_names_.clear();
        bool is_own = true;
        while (!cursor.at_end()) {
            cursor.skip_separators();
            if (cursor.at_end()) break;
            SpiceCursor ahead = cursor;
            const std::string word = ahead.word("a port");
            if (word == "params:") {
                cursor = ahead;
            } else if (ahead.peek() == '=') {
                auto [name, at] = take_definition(cursor, "the name of a parameter");
                const auto value =
                    std::find_if(given.begin(), given.end(),
                                 [&, &key = name](const auto& pair) { return pair.first == key; });
                SpiceCursor own = at;
                const double default_value =
                    evaluate(own.formula("a formula", body.outer->parameters.lookup(), false), {});
                const double chosen = value == given.end() ? default_value : value->second;
                if (!std::isfinite(chosen)) own.refuse("the parameter is not finite");
                is_own = is_own && chosen == default_value;
                body.parameters.set(name, chosen);
                header_names_.push_back(std::move(name));
            } else {
                ports_.push_back(take_port(body, cursor));
            }
        }
        for (const auto& [name, value] : given) {
            if (std::find(header_names_.begin(), header_names_.end(), name) == header_names_.end()) {
                caller.refuse(fmt::format("subcircuit {} has no parameter {}", body.scope.name, name));
            }
        }
        return is_own;
    }

    NodeId take_port(Level& body, SpiceCursor& cursor) const {
        const NodeId node = take_node(body, cursor);
        if (node == ground) cursor.refuse_last("a port, which is not ground");
        if (std::find(ports_.begin(), ports_.end(), node) != ports_.end()) {
            cursor.refuse_last("a port that is not there already");
        }
        return node;
    }

    static NodeId take_node(Level& level, SpiceCursor& cursor) {
        cursor.skip_separators();
        const std::string name = cursor.name("a node");
        return name == "gnd" ? ground : level.circuit.node(name);
    }

    static double take_number(Level& level, SpiceCursor& cursor, std::string_view what) {
        return cursor.number(what, level.parameters.lookup());
    }

    void add_element(Level& level, SpiceCursor& cursor) {
        std::string name = cursor.name("the name of an element");
        ElementKind kind = take_kind(level, cursor, name.front());
        cursor.skip_separators();
        if (!cursor.at_end()) cursor.refuse_next("the end of the card");
        level.circuit.add(std::move(name), std::move(kind));
    }

    ElementKind take_kind(Level& level, SpiceCursor& cursor, char letter) {
        switch (letter) {
        case 'r':
            return take_resistor(level, cursor);
        case 'c':
            return take_capacitor(level, cursor);
        case 'l':
            return take_inductor(level, cursor);
        case 'v': {
            const NodeId plus = take_node(level, cursor), minus = take_node(level, cursor);
            const auto [dc, stimulus] = take_source(level, cursor);
            return VoltageSource{plus, minus, dc, stimulus};
        }
        case 'i': {
            const NodeId plus = take_node(level, cursor), minus = take_node(level, cursor);
            const auto [dc, stimulus] = take_source(level, cursor);
            return CurrentSource{plus, minus, dc, stimulus};
        }
        case 'e':
            return take_controlled<VoltageAmplifier>(level, cursor, "a gain [V/V]");
        case 'g':
            return take_controlled<Transconductor>(level, cursor, "a transconductance [S]");
        case 'f':
            return take_current_controlled<CurrentAmplifier>(level, cursor, "a gain [A/A]");
        case 'h':
            return take_current_controlled<Transresistor>(level, cursor, "a transresistance [Ohm]");
        case 'd':
            return take_diode(level, cursor);
        case 'm':
            return take_mosfet(level, cursor);
        case 's':
            return take_switch(level, cursor);
        case 'b':
            return take_behavioural(level, cursor);
        case 'x':
            return take_call(level, cursor);
        default:
            cursor.refuse_last(
                "an element that begins with one of r c l v i e g f h d m s b x, or a card with '.'");
        }
    }

    static Resistor take_resistor(Level& level, SpiceCursor& cursor) {
        const NodeId a = take_node(level, cursor), b = take_node(level, cursor);
        skip_key(cursor, "r");
        const SpiceCursor at = cursor;
        const double resistance = take_number(level, cursor, "a resistance [Ohm]");
        if (resistance == 0.0)
            SpiceCursor(at).refuse_next("a resistance other than 0; give both ends one node instead");
        return {a, b, resistance};
    }

    static Capacitor take_capacitor(Level& level, SpiceCursor& cursor) {
        const NodeId a = take_node(level, cursor), b = take_node(level, cursor);
        skip_key(cursor, "c");
        const double capacitance = take_number(level, cursor, "a capacitance [F]");
        return {a, b, capacitance, take_initial(level, cursor)};
    }

    static Inductor take_inductor(Level& level, SpiceCursor& cursor) {
        const NodeId a = take_node(level, cursor), b = take_node(level, cursor);
        skip_key(cursor, "l");
        const double inductance = take_number(level, cursor, "an inductance [H]");
        return {a, b, inductance, take_initial(level, cursor)};
    }

    /// Steps over `key =`, which may stand before a value.
    static void skip_key(SpiceCursor& cursor, std::string_view key) {
        if (cursor.peek_word() != key) return;
        SpiceCursor ahead = cursor;
        ahead.word("a name");
        if (ahead.accept('=')) cursor = ahead;
    }

    static std::optional<double> take_initial(Level& level, SpiceCursor& cursor) {
        if (cursor.peek_word() != "ic") return std::nullopt;
        skip_key(cursor, "ic");
        return take_number(level, cursor, "an initial value");
    }

    /// DC value, AC value and waveform, in any order.
    static std::pair<double, Stimulus> take_source(Level& level, SpiceCursor& cursor) {
        const auto lookup = level.parameters.lookup();
        std::optional<double> dc;
        Stimulus stimulus;
        bool has_ac = false;
        while (!cursor.at_end()) {
            const std::string word = cursor.peek_word();
            const WaveformKind kind = waveform_kind(word);
            if (kind != WaveformKind::none && stimulus.waveform.kind == WaveformKind::none) {
                cursor.word("a waveform");
                stimulus.waveform = {kind, take_arguments(cursor, lookup)};
            } else if (word == "ac" && !has_ac) {
                cursor.word("ac");
                has_ac = true;
                stimulus.ac_magnitude =
                    cursor.number_follows(lookup) ? cursor.number("a magnitude", lookup) : 1.0;
                if (cursor.number_follows(lookup))
                    stimulus.ac_phase = cursor.number("a phase [degrees]", lookup);
            } else if (!dc && (word == "dc" || cursor.number_follows(lookup))) {
                if (word == "dc") cursor.word("dc");
                cursor.accept('=');
                dc = cursor.number("a DC value", lookup);
            } else {
                cursor.refuse_next("DC, AC, PULSE, SIN, EXP or PWL, each once, or the end of the card");
            }
        }
        if (!dc) dc = value_at_start(stimulus.waveform);
        return {*dc, std::move(stimulus)};
    }

    static WaveformKind waveform_kind(std::string_view word) {
        if (word == "pulse") return WaveformKind::pulse;
        if (word == "sin") return WaveformKind::sine;
        if (word == "exp") return WaveformKind::exp;
        return word == "pwl" ? WaveformKind::pwl : WaveformKind::none;
    }

    static std::vector<double> take_arguments(SpiceCursor& cursor, const SpiceCursor::Lookup& lookup) {
        std::vector<double> arguments;
        const bool is_enclosed = cursor.accept('(');
        for (;;) {
            cursor.accept(',');
            if (is_enclosed ? cursor.accept(')') : !cursor.number_follows(lookup)) break;
            arguments.push_back(cursor.number("a number", lookup));
        }
        return arguments;
    }

    static double value_at_start(const Waveform& waveform) {
        if (waveform.arguments.empty()) return 0.0;
        if (waveform.kind == WaveformKind::pwl)
            return waveform.arguments.size() > 1 ? waveform.arguments[1] : 0.0;
        return waveform.arguments.front();
    }

    template <class Element>
    static Element take_controlled(Level& level, SpiceCursor& cursor, std::string_view what) {
        const NodeId plus = take_node(level, cursor), minus = take_node(level, cursor);
        const NodeId control_plus = take_node(level, cursor), control_minus = take_node(level, cursor);
        cursor.skip_separators();
        return {plus, minus, control_plus, control_minus, take_number(level, cursor, what)};
    }

    template <class Element>
    static Element take_current_controlled(Level& level, SpiceCursor& cursor, std::string_view what) {
        const NodeId plus = take_node(level, cursor), minus = take_node(level, cursor);
        std::string control = cursor.name("a voltage source");
        return {plus, minus, std::move(control), take_number(level, cursor, what)};
    }

    static std::string take_model(Level& level, SpiceCursor& cursor) {
        std::string name = cursor.name("a model");
        for (Level* home = &level; home != nullptr; home = home->outer) {
            const Model* model = home->circuit.find_model(name);
            if (model == nullptr) continue;
            for (Level* user = &level; user != home; user = user->outer) {
                user->circuit.declare_model(name, model->kind);
            }
            return name;
        }
        cursor.refuse_last("the name of a model that a .model card describes");
    }

    static Diode take_diode(Level& level, SpiceCursor& cursor) {
        Diode diode;
        diode.anode = take_node(level, cursor);
        diode.cathode = take_node(level, cursor);
        diode.model = take_model(level, cursor);
        skip_key(cursor, "area");
        if (!cursor.at_end()) diode.area = take_number(level, cursor, "an area");
        return diode;
    }

    static Mosfet take_mosfet(Level& level, SpiceCursor& cursor) {
        Mosfet mosfet;
        for (NodeId* node : {&mosfet.drain, &mosfet.gate, &mosfet.source, &mosfet.bulk}) {
            *node = take_node(level, cursor);
        }
        mosfet.model = take_model(level, cursor);
        const std::vector<std::pair<std::string_view, double*>> parameters{
            {"l", &mosfet.length},           {"w", &mosfet.width},
            {"ad", &mosfet.drain_area},      {"as", &mosfet.source_area},
            {"pd", &mosfet.drain_perimeter}, {"ps", &mosfet.source_perimeter},
            {"nrd", &mosfet.drain_squares},  {"nrs", &mosfet.source_squares},
            {"m", &mosfet.multiplier}};
        while (!cursor.at_end()) {
            const std::string word = cursor.word("a parameter");
            const auto known = std::find_if(parameters.begin(), parameters.end(),
                                            [&](const auto& parameter) { return parameter.first == word; });
            if (known == parameters.end()) cursor.refuse_last("l, w, ad, as, pd, ps, nrd, nrs or m");
            cursor.expect('=', "'=' and a value");
            *known->second = take_number(level, cursor, "a value");
        }
        return mosfet;
    }

    static Switch take_switch(Level& level, SpiceCursor& cursor) {
        Switch element;
        for (NodeId* node : {&element.a, &element.b, &element.control_plus, &element.control_minus}) {
            *node = take_node(level, cursor);
        }
        element.model = take_model(level, cursor);
        if (cursor.at_end()) return element;
        const std::string state = cursor.word("on or off");
        if (state != "on" && state != "off") cursor.refuse_last("on or off");
        element.is_on = state == "on";
        return element;
    }

    static ElementKind take_behavioural(Level& level, SpiceCursor& cursor) {
        BehaviouralSource source;
        source.plus = take_node(level, cursor);
        source.minus = take_node(level, cursor);
        const std::string word = cursor.word("i= or v=");
        if (word != "i" && word != "v") cursor.refuse_last("i= or v=");
        source.is_voltage = word == "v";
        cursor.expect('=', "'=' and a formula");
        source.value = cursor.formula("a formula", level.parameters.lookup(), true);
        for (const ExpressionStep& step : source.value.steps) {
            if (step.operation != Operation::voltage) continue;
            level.circuit.node(step.plus);
            level.circuit.node(step.minus);
        }
        if (const auto cell = as_sinh(level.circuit, source)) return *cell;
        return source;
    }

    /// The cell that write_spice() writes as i=g*(1/alpha)*sinh(alpha*v(a,b)), if the source is one.
    static std::optional<SinhConductance> as_sinh(const Circuit& circuit, const BehaviouralSource& source) {
        const std::vector<ExpressionStep>& steps = source.value.steps;
        constexpr Operation pattern[]{Operation::constant, Operation::constant, Operation::multiply,
                                      Operation::constant, Operation::voltage,  Operation::multiply,
                                      Operation::sinh,     Operation::multiply};
        if (source.is_voltage ||
            !std::equal(steps.begin(), steps.end(), std::begin(pattern), std::end(pattern),
                        [](const auto& step, Operation op) { return step.operation == op; })) {
            return std::nullopt;
        }
        const double alpha = steps[3].value;
        const bool is_across = steps[4].plus == circuit.node_name(source.plus) &&
                               steps[4].minus == circuit.node_name(source.minus);
        if (!is_across || alpha <= 0.0 || steps[1].value != 1.0 / alpha) return std::nullopt;
        return SinhConductance{source.plus, source.minus, steps[0].value, alpha};
    }

    SubcircuitCall take_call(Level& level, SpiceCursor& cursor) {
        std::vector<std::pair<std::string, SpiceCursor>> words; // with the place before each
        std::vector<std::pair<std::string, double>> given;
        for (cursor.skip_separators(); !cursor.at_end(); cursor.skip_separators()) {
            SpiceCursor ahead = cursor;
            std::string word = ahead.word("a node or a subcircuit");
            if (word == "params:") {
                cursor = ahead;
            } else if (ahead.accept('=')) {
                given.emplace_back(std::move(word), ahead.number("a value", level.parameters.lookup()));
                cursor = ahead;
            } else if (!given.empty()) {
                cursor.refuse_next("name=value or the end of the card");
            } else {
                words.emplace_back(std::move(word), cursor);
                cursor = ahead;
            }
        }
        if (words.empty()) cursor.refuse_next("nodes and a subcircuit");
        SubcircuitCall call;
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            call.nodes.push_back(take_node(level, words[i].second));
        }
        auto& [name, at] = words.back();
        for (Level* home = &level; home != nullptr; home = home->outer) {
            const auto definition = home->scope.subcircuit_names.find(name);
            if (definition == home->scope.subcircuit_names.end()) continue;
            call.subcircuit = variant(*home, *definition->second, given, at);
            const Subcircuit* subcircuit = home->circuit.find_subcircuit(call.subcircuit);
            const std::size_t ports = header_ports_.at(definition->second);
            if (ports != call.nodes.size())
                at.refuse(fmt::format("subcircuit {} has {} ports, found {} nodes", name, ports,
                                      call.nodes.size()));
            for (std::size_t k = ports; k < subcircuit->ports.size(); ++k)
                call.nodes.push_back(level.circuit.node(subcircuit->body.node_name(subcircuit->ports[k])));
            for (Level* user = &level; user != home; user = user->outer) {
                user->circuit.declare_subcircuit(call.subcircuit,
                                                 static_cast<Index>(subcircuit->ports.size()));
            }
            return call;
        }
        at.refuse_next("the name of a subcircuit that a .subckt card describes");
    }

    const SpiceReadLimits& limits_;
    const std::set<std::string, std::less<>>& globals_;
    std::map<const SpiceScope*, std::size_t> header_ports_; ///< of definitions, without global nodes
    Index elements_ = 0;
    std::size_t work_ = 0;                   ///< [bytes] read
    std::vector<const SpiceScope*> at_work_; ///< definitions under construction, outermost first
    std::vector<NodeId> ports_;              ///< of the header read last
    std::vector<std::string> header_names_;  ///< parameters of the header read last
};

SpiceDeck build_deck(const SpiceCards& cards, const SpiceReadOptions& options) {
    Level top(cards.top, nullptr);
    CircuitBuilder(options.limits, cards.globals).build(top);
    SpiceDeck deck;
    deck.title = cards.title;
    for (const SpiceCard& card : cards.top.controls) read_control_card(card, top.parameters.lookup(), deck);
    deck.circuit = std::move(top.circuit);
    return deck;
}

} // namespace

SpiceDeck read_spice(const std::filesystem::path& file, const SpiceReadOptions& options) {
    return parse_spice(read_deck_text(file, options.limits.bytes), file.string(), options);
}

SpiceDeck parse_spice(std::string text, const std::string& name, const SpiceReadOptions& options) {
    return build_deck(collect_cards(std::move(text), name, options), options);
}

} // namespace ohmloom
