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
        sink.line("{} {} {} dc {:.17g}", name, at(source.plus), at(source.minus), source.dc);
    }
    void operator()(const CurrentSource& source) const {
        sink.line("{} {} {} dc {:.17g}", name, at(source.plus), at(source.minus), source.dc);
    }
    void operator()(const VoltageAmplifier& amplifier) const {
        sink.line("{} {} {} {} {} {:.17g}", name, at(amplifier.plus), at(amplifier.minus),
                  at(amplifier.control_plus), at(amplifier.control_minus), amplifier.gain);
    }
    void operator()(const SinhConductance& cell) const {
        // One factor before the sinh: simulators guard divisions with fudge terms.
        sink.line("{} {} {} i={:.17g}*sinh({:.17g}*v({},{}))", name, at(cell.a), at(cell.b),
                  cell.g / cell.alpha, cell.alpha, at(cell.a), at(cell.b));
    }
    void operator()(const Cell& cell) const {
        const std::string v = fmt::format("v({},{})", at(cell.a), at(cell.b));
        sink.line("{} {} {} i={}", name, at(cell.a), at(cell.b),
                  spice_current(cell.law, cell.g, cell.shape, v));
    }
    void operator()(const SubcircuitCall& call) const {
        std::string nodes;
        for (const NodeId node : call.nodes) nodes += at(node) + " ";
        sink.line("{} {}{}", name, nodes, call.subcircuit);
    }

private:
    [[nodiscard]] const std::string& at(NodeId node) const { return circuit.node_name(node); }
};

void write_body(SpiceSink& sink, const Circuit& circuit);

void write_subcircuit(SpiceSink& sink, const Subcircuit& subcircuit) {
    std::string ports;
    for (const NodeId port : subcircuit.ports) ports += " " + subcircuit.body.node_name(port);
    sink.line(".subckt {}{}", subcircuit.name, ports);
    write_body(sink, subcircuit.body);
    sink.line(".ends {}", subcircuit.name);
}

void write_body(SpiceSink& sink, const Circuit& circuit) {
    for (const Subcircuit& subcircuit : circuit.subcircuits()) write_subcircuit(sink, subcircuit);
    for (const Element& element : circuit.elements()) {
        std::visit(ElementCard{sink, circuit, element.name}, element.kind);
    }
}

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

} // namespace ohmloom
