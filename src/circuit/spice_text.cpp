#include "circuit/spice_text.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <iterator>
#include <ostream>
#include <string_view>
#include <utility>

namespace ohmloom {

namespace {

void require_one_line(std::string_view what, std::string_view text) {
    if (text.find_first_of("\r\n") != std::string_view::npos) {
        throw InputError(fmt::format("{} of a SPICE deck holds a line break: give one line each", what));
    }
}

/// Text on its way to a stream, handed over in pieces.
class SpiceSink {
public:
    explicit SpiceSink(std::ostream& stream) : stream_(stream) {}

    template <class... Arguments>
    void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        fmt::format_to(std::back_inserter(buffer_), format, std::forward<Arguments>(arguments)...);
        buffer_.push_back('\n');
        if (buffer_.size() >= piece) flush();
    }

    void flush() {
        stream_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        buffer_.clear();
        if (!stream_) throw FileError("writing a SPICE deck failed: is the disk full?");
    }

private:
    static constexpr std::size_t piece = std::size_t{1} << 16;
    std::ostream& stream_;
    fmt::memory_buffer buffer_;
};

/// The card of one element; numbers with the 17 digits that bring a double back unchanged.
struct ElementCard {
    SpiceSink& sink;
    const Circuit& circuit;
    const std::string& name;

    void operator()(const Resistor& resistor) const {
        sink.line("{} {} {} {:.17g}", name, at(resistor.a), at(resistor.b), resistor.resistance);
    }
    void operator()(const VoltageSource& source) const {
        sink.line("{} {} {} dc {:.17g}{}", name, at(source.plus), at(source.minus), source.dc,
                  stimulus_text(source.stimulus));
    }
    void operator()(const CurrentSource& source) const {
        sink.line("{} {} {} dc {:.17g}{}", name, at(source.plus), at(source.minus), source.dc,
                  stimulus_text(source.stimulus));
    }
    void operator()(const VoltageAmplifier& amplifier) const {
        sink.line("{} {} {} {} {} {:.17g}", name, at(amplifier.plus), at(amplifier.minus),
                  at(amplifier.control_plus), at(amplifier.control_minus), amplifier.gain);
    }
    void operator()(const SinhConductance& cell) const {
        // No division: simulators guard it with fudge terms. The reader knows the cell by these three factors.
        sink.line("{} {} {} i={:.17g}*{:.17g}*sinh({:.17g}*{})", name, at(cell.a), at(cell.b), cell.g,
                  1.0 / cell.alpha, cell.alpha, between(cell.a, cell.b));
    }
    void operator()(const Cell& cell) const {
        const std::string v = fmt::format("v({},{})", at(cell.a), at(cell.b));
        sink.line("{} {} {} i={}", name, at(cell.a), at(cell.b),
                  spice_current(cell.law, cell.g, cell.shape, v));
    }
    void operator()(const Capacitor& capacitor) const {
        sink.line("{} {} {} {:.17g}{}", name, at(capacitor.a), at(capacitor.b), capacitor.capacitance,
                  initial_text(capacitor.initial));
    }
    void operator()(const Inductor& inductor) const {
        sink.line("{} {} {} {:.17g}{}", name, at(inductor.a), at(inductor.b), inductor.inductance,
                  initial_text(inductor.initial));
    }
    void operator()(const Transconductor& element) const {
        sink.line("{} {} {} {} {} {:.17g}", name, at(element.plus), at(element.minus),
                  at(element.control_plus), at(element.control_minus), element.transconductance);
    }
    void operator()(const CurrentAmplifier& element) const {
        sink.line("{} {} {} {} {:.17g}", name, at(element.plus), at(element.minus), element.control,
                  element.gain);
    }
    void operator()(const Transresistor& element) const {
        sink.line("{} {} {} {} {:.17g}", name, at(element.plus), at(element.minus), element.control,
                  element.transresistance);
    }
    void operator()(const Diode& diode) const {
        // With its name: ngspice may take a bare number behind the model for a third node.
        sink.line("{} {} {} {} area={:.17g}", name, at(diode.anode), at(diode.cathode), diode.model,
                  diode.area);
    }
    void operator()(const Mosfet& mosfet) const {
        sink.line(
            "{} {} {} {} {} {} l={:.17g} w={:.17g} ad={:.17g} as={:.17g} pd={:.17g} ps={:.17g} nrd={:.17g} "
            "nrs={:.17g} m={:.17g}",
            name, at(mosfet.drain), at(mosfet.gate), at(mosfet.source), at(mosfet.bulk), mosfet.model,
            mosfet.length, mosfet.width, mosfet.drain_area, mosfet.source_area, mosfet.drain_perimeter,
            mosfet.source_perimeter, mosfet.drain_squares, mosfet.source_squares, mosfet.multiplier);
    }
    void operator()(const Switch& element) const {
        sink.line("{} {} {} {} {} {} {}", name, at(element.a), at(element.b), at(element.control_plus),
                  at(element.control_minus), element.model, element.is_on ? "on" : "off");
    }
    void operator()(const BehaviouralSource& source) const {
        sink.line("{} {} {} {}={}", name, at(source.plus), at(source.minus), source.is_voltage ? 'v' : 'i',
                  to_text(source.value));
    }
    void operator()(const SubcircuitCall& call) const {
        std::string nodes;
        for (const NodeId node : call.nodes) nodes += at(node) + " ";
        sink.line("{} {}{}", name, nodes, call.subcircuit);
    }

private:
    [[nodiscard]] const std::string& at(NodeId node) const { return circuit.node_name(node); }

    [[nodiscard]] std::string between(NodeId a, NodeId b) const {
        return b == ground ? fmt::format("v({})", at(a)) : fmt::format("v({},{})", at(a), at(b));
    }
    static std::string initial_text(const std::optional<double>& initial) {
        return initial ? fmt::format(" ic={:.17g}", *initial) : "";
    }
    static std::string stimulus_text(const Stimulus& stimulus) {
        std::string text;
        if (stimulus.ac_magnitude != 0.0 || stimulus.ac_phase != 0.0) {
            text = fmt::format(" ac {:.17g} {:.17g}", stimulus.ac_magnitude, stimulus.ac_phase);
        }
        if (stimulus.waveform.kind == WaveformKind::none) return text;
        text += fmt::format(" {}(", waveform_word(stimulus.waveform.kind));
        for (const double value : stimulus.waveform.arguments) text += fmt::format("{:.17g} ", value);
        text.back() = ')';
        return text;
    }
    static std::string_view waveform_word(WaveformKind kind) {
        if (kind == WaveformKind::pulse) return "pulse";
        if (kind == WaveformKind::sine) return "sin";
        return kind == WaveformKind::exp ? "exp" : "pwl";
    }
};

void write_body(SpiceSink& sink, const Circuit& circuit);

void write_subcircuit(SpiceSink& sink, const Subcircuit& subcircuit) {
    std::string ports;
    for (const NodeId port : subcircuit.ports) ports += " " + subcircuit.body.node_name(port);
    sink.line(".subckt {}{}", subcircuit.name, ports);
    write_body(sink, subcircuit.body);
    sink.line(".ends {}", subcircuit.name);
}

void write_model(SpiceSink& sink, const Model& model) {
    std::string parameters;
    for (const auto& [name, value] : model.parameters) parameters += fmt::format(" {}={:.17g}", name, value);
    sink.line(".model {} {}{}", model.name, model_word(model.kind), parameters);
}

void write_body(SpiceSink& sink, const Circuit& circuit) {
    for (const Model& model : circuit.models()) write_model(sink, model);
    for (const Subcircuit& subcircuit : circuit.subcircuits()) write_subcircuit(sink, subcircuit);
    for (const Element& element : circuit.elements()) {
        std::visit(ElementCard{sink, circuit, element.name}, element.kind);
    }
    for (const InitialVoltage& initial : circuit.initial_voltages()) {
        sink.line(".ic v({})={:.17g}", circuit.node_name(initial.node), initial.voltage);
    }
}

std::string signal_text(const MeasuredSignal& signal) {
    const std::vector<ExpressionStep>& steps = signal.expression.steps;
    const bool is_plain = steps.size() == 1 && (steps.front().operation == Operation::voltage ||
                                                steps.front().operation == Operation::current);
    if (!is_plain) return fmt::format("par('{}')", to_text(signal.expression));
    std::string text = to_text(signal.expression);
    switch (signal.part) {
    case SignalPart::value:
        break;
    case SignalPart::magnitude:
        text.insert(1, "m");
        break;
    case SignalPart::phase:
        text.insert(1, "p");
        break;
    case SignalPart::real:
        text.insert(1, "r");
        break;
    case SignalPart::imaginary:
        text.insert(1, "i");
        break;
    case SignalPart::decibel:
        text.insert(1, "db");
        break;
    }
    return text;
}

std::string crossing_text(const Crossing& crossing, std::string_view before_value) {
    if (crossing.at) return fmt::format("at={:.17g}", *crossing.at);
    std::string text =
        fmt::format("{}{}={:.17g}", signal_text(crossing.signal), before_value, crossing.value);
    if (crossing.delay != 0.0) text += fmt::format(" td={:.17g}", crossing.delay);
    const std::string count = crossing.count == 0 ? "last" : fmt::format("{}", crossing.count);
    if (crossing.edge == CrossingEdge::rise) return text + " rise=" + count;
    if (crossing.edge == CrossingEdge::fall) return text + " fall=" + count;
    return text + " cross=" + count;
}

/// The part of a measure's card behind its name.
struct MeasureText {
    std::string operator()(const MeasureStatistic& statistic) const {
        using Kind = MeasureStatistic::Kind;
        std::string_view word = "avg";
        if (statistic.kind == Kind::minimum) word = "min";
        if (statistic.kind == Kind::maximum) word = "max";
        if (statistic.kind == Kind::peak_to_peak) word = "pp";
        if (statistic.kind == Kind::rms) word = "rms";
        if (statistic.kind == Kind::integral) word = "integ";
        if (statistic.kind == Kind::minimum_at) word = "min_at";
        if (statistic.kind == Kind::maximum_at) word = "max_at";
        std::string text = fmt::format("{} {}", word, signal_text(statistic.signal));
        if (statistic.from) text += fmt::format(" from={:.17g}", *statistic.from);
        if (statistic.to) text += fmt::format(" to={:.17g}", *statistic.to);
        return text;
    }
    std::string operator()(const MeasureCrossing& measure) const {
        const std::string find = measure.find ? fmt::format("find {} ", signal_text(*measure.find)) : "";
        return find + (measure.when.at ? "" : "when ") + crossing_text(measure.when, "");
    }
    std::string operator()(const MeasureInterval& measure) const {
        return fmt::format("trig {} targ {}", crossing_text(measure.trigger, " val"),
                           crossing_text(measure.target, " val"));
    }
};

std::string_view dialect_name(SpiceDialect dialect) {
    switch (dialect) {
    case SpiceDialect::ngspice:
        return "ngspice";
    }
    return "";
}

} // namespace

void write_spice(std::ostream& stream, const Circuit& circuit, const SpiceTextOptions& options) {
    require_one_line("the title", options.title);
    for (const std::string& comment : options.provenance) require_one_line("a comment", comment);
    for (const std::string& card : options.control_cards) require_one_line("a card", card);

    SpiceSink sink(stream);
    sink.line("* {}", options.title);
    for (const std::string& comment : options.provenance) sink.line("* {}", comment);
    sink.line("* written by OhmLoom: {} dialect, SI units, {} nodes, {} elements",
              dialect_name(options.dialect), circuit.node_count() - 1, circuit.elements().size());
    write_body(sink, circuit);
    for (const std::string& card : options.control_cards) sink.line("{}", card);
    sink.line(".end");
    sink.flush();
}

std::string analysis_card(const Analysis& analysis) {
    struct Card {
        std::string operator()(const OperatingPointAnalysis&) const { return ".op"; }
        std::string operator()(const DcAnalysis& dc) const {
            std::string text = ".dc";
            for (const SourceSweep& sweep : dc.sweeps) {
                text += fmt::format(" {} {:.17g} {:.17g} {:.17g}", sweep.source, sweep.start, sweep.stop,
                                    sweep.step);
            }
            return text;
        }
        std::string operator()(const AcAnalysis& ac) const {
            return fmt::format(".ac {} {} {:.17g} {:.17g}",
                               ac.spacing == FrequencySpacing::decade   ? "dec"
                               : ac.spacing == FrequencySpacing::octave ? "oct"
                                                                        : "lin",
                               ac.points, ac.start, ac.stop);
        }
        std::string operator()(const TransientAnalysis& tran) const {
            std::string text = fmt::format(".tran {:.17g} {:.17g}", tran.step, tran.stop);
            if (tran.start != 0.0 || tran.max_step) text += fmt::format(" {:.17g}", tran.start);
            if (tran.max_step) text += fmt::format(" {:.17g}", *tran.max_step);
            return text + (tran.from_initial ? " uic" : "");
        }
    };
    return std::visit(Card{}, analysis);
}

void write_spice(std::ostream& stream, const SpiceDeck& deck) {
    SpiceTextOptions text;
    text.title = deck.title;
    for (const auto& [name, value] : deck.options) {
        text.control_cards.push_back(fmt::format(".options {}{}{}", name, value.empty() ? "" : "=", value));
    }
    for (const Analysis& analysis : deck.analyses) text.control_cards.push_back(analysis_card(analysis));
    for (const Measure& measure : deck.measures) {
        text.control_cards.push_back(fmt::format(".measure {} {} {}", measure.analysis, measure.name,
                                                 std::visit(MeasureText{}, measure.what)));
    }
    write_spice(stream, deck.circuit, text);
}

} // namespace ohmloom
