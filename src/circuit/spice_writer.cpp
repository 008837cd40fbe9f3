#include "circuit/spice_writer.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <ostream>

namespace ohmloom {

namespace {

constexpr std::size_t piece = std::size_t{1} << 16; ///< [bytes] handed over at once
constexpr std::size_t long_line = 100;              ///< where a card goes on in the next line

void require_one_line(std::string_view text) {
    if (text.find_first_of("\r\n") != std::string_view::npos)
        throw InputError("a line of a SPICE deck holds a line break: give one line each");
}

std::string_view waveform_word(WaveformKind kind) {
    if (kind == WaveformKind::pulse) return "pulse";
    if (kind == WaveformKind::sine) return "sin";
    return kind == WaveformKind::exp ? "exp" : "pwl";
}

} // namespace

void IndexedName::append_to(std::string& text) const {
    text += stem;
    for (const Index number : {first, second}) {
        if (number < 0) break;
        text += '_';
        const fmt::format_int digits(number);
        text.append(digits.data(), digits.size());
    }
    text += ending;
}

std::string IndexedName::text() const {
    std::string name;
    append_to(name);
    return name;
}

template <class... Parts>
void SpiceWriter::write(const Parts&... parts) {
    (write_part(parts), ...);
}

void SpiceWriter::write_part(double value) {
    fmt::format_to(std::back_inserter(buffer_), "{}", value);
}

template <class Word>
void SpiceWriter::write_word(const Word& word) {
    if (buffer_.size() - line_begin_ > long_line) {
        buffer_ += '\n';
        line_begin_ = buffer_.size();
        buffer_ += '+';
    }
    buffer_ += ' ';
    write_part(word);
}

void SpiceWriter::write_parameters(Parameters values) {
    if (values.empty()) return;
    if (dialect_ == SpiceDialect::xyce) write_word(std::string_view("params:"));
    for (const auto& [name, value] : values) {
        write_word(name);
        write('=', value);
    }
}

void SpiceWriter::end_line() {
    buffer_ += '\n';
    if (buffer_.size() >= piece) flush();
}

void SpiceWriter::end_element() {
    ++elements_;
    end_line();
}

void SpiceWriter::flush() {
    stream_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
    if (!stream_) throw FileError("writing a SPICE deck failed: is the disk full?");
}

void SpiceWriter::line(std::string_view text) {
    require_one_line(text);
    buffer_ += text;
    end_line();
}

void SpiceWriter::comment(std::string_view text) {
    require_one_line(text);
    write("* ", text);
    end_line();
}

void SpiceWriter::include(std::string_view file) {
    require_one_line(file);
    const char quote = dialect_ == SpiceDialect::hspice ? '\'' : '"';
    write(".include ", quote, file, quote);
    end_line();
}

void SpiceWriter::card(std::string_view word, std::span<const std::string> others) {
    begin_card();
    write(word);
    for (const std::string& other : others) {
        require_one_line(other);
        write_word(std::string_view(other));
    }
    end_line();
}

void SpiceWriter::begin_subcircuit(std::string_view name, std::span<const std::string> ports,
                                   Parameters defaults) {
    begin_card();
    write(".subckt ", name);
    for (const std::string& port : ports) write_word(std::string_view(port));
    write_parameters(defaults);
    end_line();
}

void SpiceWriter::end_subcircuit(std::string_view name) {
    write(".ends ", name);
    end_line();
}

void SpiceWriter::resistor(const IndexedName& name, const IndexedName& a, const IndexedName& b,
                           double resistance) {
    write(name, ' ', a, ' ', b, ' ', resistance);
    end_element();
}

void SpiceWriter::capacitor(const IndexedName& name, const IndexedName& a, const IndexedName& b,
                            double capacitance) {
    write(name, ' ', a, ' ', b, ' ', capacitance);
    end_element();
}

void SpiceWriter::source(const IndexedName& name, const IndexedName& plus, const IndexedName& minus,
                         double dc) {
    write(name, ' ', plus, ' ', minus, " dc ", dc);
    end_element();
}

void SpiceWriter::formula(const IndexedName& name, const IndexedName& plus, const IndexedName& minus,
                          bool is_voltage, std::string_view value) {
    write_formula(name, plus, minus, is_voltage, value);
    end_element();
}

void SpiceWriter::write_formula(const IndexedName& name, const IndexedName& plus, const IndexedName& minus,
                                bool is_voltage, std::string_view value) {
    if (dialect_ == SpiceDialect::hspice) write(is_voltage ? 'e' : 'g');
    write(name, ' ', plus, ' ', minus, ' ');
    switch (dialect_) {
    case SpiceDialect::ngspice:
        write(is_voltage ? "v=" : "i=", value);
        break;
    case SpiceDialect::xyce:
        write(is_voltage ? "v={" : "i={", value, '}');
        break;
    case SpiceDialect::hspice:
        write(is_voltage ? "vol='" : "cur='", value, '\'');
        break;
    }
}

void SpiceWriter::amplifier(const IndexedName& name, const std::array<IndexedName, 4>& nodes, double gain) {
    write(name);
    for (const IndexedName& node : nodes) write(' ', node);
    write(' ', gain);
    end_element();
}

void SpiceWriter::call(const IndexedName& name, std::span<const IndexedName> nodes,
                       std::string_view subcircuit, Parameters values) {
    begin_card();
    write(name);
    for (const IndexedName& node : nodes) write_word(node);
    write_word(subcircuit);
    write_parameters(values);
    end_element();
}

/// The card of one element of a circuit, but for its end.
class SpiceWriter::ElementCard {
public:
    ElementCard(SpiceWriter& writer, const Circuit& circuit, std::string_view name)
        : writer_(writer), circuit_(circuit), name_(name) {}

    void operator()(const Resistor& e) const { write(e.a, e.b, e.resistance); }
    void operator()(const Capacitor& e) const {
        write(e.a, e.b, e.capacitance);
        write_initial(e.initial);
    }
    void operator()(const Inductor& e) const {
        write(e.a, e.b, e.inductance);
        write_initial(e.initial);
    }
    void operator()(const VoltageSource& e) const { write_source(e); }
    void operator()(const CurrentSource& e) const { write_source(e); }
    void operator()(const VoltageAmplifier& e) const {
        write(e.plus, e.minus, e.control_plus, e.control_minus, e.gain);
    }
    void operator()(const Transconductor& e) const {
        write(e.plus, e.minus, e.control_plus, e.control_minus, e.transconductance);
    }
    void operator()(const CurrentAmplifier& e) const { write(e.plus, e.minus, e.control, e.gain); }
    void operator()(const Transresistor& e) const { write(e.plus, e.minus, e.control, e.transresistance); }
    void operator()(const Diode& e) const {
        // With its name: ngspice may take a bare number behind the model for a third node.
        write(e.anode, e.cathode, e.model, Named{"area", e.area});
    }
    void operator()(const Mosfet& e) const {
        write(e.drain, e.gate, e.source, e.bulk, e.model, Named{"l", e.length}, Named{"w", e.width},
              Named{"ad", e.drain_area}, Named{"as", e.source_area}, Named{"pd", e.drain_perimeter},
              Named{"ps", e.source_perimeter}, Named{"nrd", e.drain_squares}, Named{"nrs", e.source_squares},
              Named{"m", e.multiplier});
    }
    void operator()(const Switch& e) const {
        if (writer_.dialect_ == SpiceDialect::hspice)
            throw InputError(
                fmt::format("{} is a switch, which HSPICE has not: choose another dialect", name_));
        write(e.a, e.b, e.control_plus, e.control_minus, e.model, e.is_on ? "on" : "off");
    }
    void operator()(const SinhConductance& e) const {
        // No division: simulators guard it with fudge terms. The reader knows the cell by these three factors.
        formula(e.a, e.b, false,
                fmt::format("{}*{}*sinh({}*{})", e.g, 1.0 / e.alpha, e.alpha, between(e.a, e.b)));
    }
    void operator()(const Cell& e) const {
        formula(e.a, e.b, false,
                with_power_sign(spice_current(e.law, e.g, e.shape, fmt::format("v({},{})", at(e.a), at(e.b))),
                                writer_.dialect_));
    }
    void operator()(const BehaviouralSource& e) const {
        formula(e.plus, e.minus, e.is_voltage, with_power_sign(to_text(e.value), writer_.dialect_));
    }
    void operator()(const SubcircuitCall& e) const {
        writer_.write(name_);
        for (const NodeId node : e.nodes) writer_.write_word(std::string_view(at(node)));
        writer_.write_word(std::string_view(e.subcircuit));
    }

private:
    struct Named {
        std::string_view name;
        double value;
    };

    [[nodiscard]] const std::string& at(NodeId node) const { return circuit_.node_name(node); }
    [[nodiscard]] std::string between(NodeId a, NodeId b) const {
        return b == ground ? fmt::format("v({})", at(a)) : fmt::format("v({},{})", at(a), at(b));
    }

    template <class... Parts>
    void write(const Parts&... parts) const {
        writer_.write(name_);
        (write_part(parts), ...);
    }
    void write_part(NodeId node) const { writer_.write(' ', std::string_view(at(node))); }
    void write_part(double value) const { writer_.write(' ', value); }
    void write_part(std::string_view text) const { writer_.write(' ', text); }
    void write_part(const Named& named) const { writer_.write(' ', named.name, '=', named.value); }

    void formula(NodeId plus, NodeId minus, bool is_voltage, std::string_view value) const {
        writer_.write_formula({name_}, {at(plus)}, {at(minus)}, is_voltage, value);
    }
    void write_initial(const std::optional<double>& initial) const {
        if (initial) writer_.write(" ic=", *initial);
    }
    template <class Source>
    void write_source(const Source& e) const {
        write(e.plus, e.minus, std::string_view("dc"), e.dc);
        const Stimulus& stimulus = e.stimulus;
        if (stimulus.ac_magnitude != 0.0 || stimulus.ac_phase != 0.0)
            writer_.write(" ac ", stimulus.ac_magnitude, ' ', stimulus.ac_phase);
        if (stimulus.waveform.kind == WaveformKind::none) return;
        writer_.write(' ', waveform_word(stimulus.waveform.kind), '(');
        bool is_first = true;
        for (const double value : stimulus.waveform.arguments) {
            if (is_first) {
                writer_.write(value);
            } else {
                writer_.write_word(value);
            }
            is_first = false;
        }
        writer_.write(')');
    }

    SpiceWriter& writer_;
    const Circuit& circuit_;
    std::string_view name_;
};

void SpiceWriter::element(const Circuit& circuit, const Element& element) {
    begin_card();
    std::visit(ElementCard(*this, circuit, element.name), element.kind);
    end_element();
}

void SpiceWriter::subcircuit(const Subcircuit& subcircuit) {
    std::vector<std::string> ports;
    for (const NodeId port : subcircuit.ports) ports.push_back(subcircuit.body.node_name(port));
    begin_subcircuit(subcircuit.name, ports);
    body(subcircuit.body);
    end_subcircuit(subcircuit.name);
}

void SpiceWriter::body(const Circuit& circuit) {
    for (const Model& model : circuit.models()) {
        write(".model ", std::string_view(model.name), ' ', model_word(model.kind));
        for (const auto& [name, value] : model.parameters) write(' ', std::string_view(name), '=', value);
        end_line();
    }
    for (const Subcircuit& called : circuit.subcircuits()) subcircuit(called);
    for (const Element& one : circuit.elements()) element(circuit, one);
    for (const InitialVoltage& initial : circuit.initial_voltages()) {
        write(".ic v(", std::string_view(circuit.node_name(initial.node)), ")=", initial.voltage);
        end_line();
    }
}

} // namespace ohmloom
