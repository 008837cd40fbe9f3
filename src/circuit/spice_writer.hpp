#pragma once

#include "base/matrix.hpp"
#include "circuit/circuit.hpp"
#include "circuit/spice_dialect.hpp"

#include <array>
#include <cstddef>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ohmloom {

/// A name made of a stem, up to two numbers and an ending, "rrow_3_0" or "row_3_first": spelled only when it is written.
struct IndexedName {
    std::string_view stem;
    Index first = -1, second = -1; ///< −1: none
    std::string_view ending{};     ///< behind the numbers, "" or "_first"

    void append_to(std::string& text) const;
    [[nodiscard]] std::string text() const;
};

/// Cards on their way to a stream, in one dialect. Text is handed over in pieces: memory does not grow with the deck.
///
/// Numbers are the shortest that bring a double back unchanged; long cards go on in lines that begin with `+`.
/// Every function throws FileError if the stream fails.
class SpiceWriter {
public:
    using Parameters = std::span<const std::pair<std::string_view, double>>;

    SpiceWriter(std::ostream& stream, SpiceDialect dialect) : stream_(stream), dialect_(dialect) {}

    [[nodiscard]] SpiceDialect dialect() const { return dialect_; }
    [[nodiscard]] std::size_t elements() const { return elements_; } ///< element cards written so far

    /// A line as it is. @throws InputError if it holds a line break.
    void line(std::string_view text);
    /// A comment. @throws InputError if it holds a line break.
    void comment(std::string_view text);
    void include(std::string_view file);
    /// A card of many words.
    void card(std::string_view word, std::span<const std::string> others);

    void begin_subcircuit(std::string_view name, std::span<const std::string> ports,
                          Parameters defaults = {});
    void end_subcircuit(std::string_view name);

    void resistor(const IndexedName& name, const IndexedName& a, const IndexedName& b, double resistance);
    void capacitor(const IndexedName& name, const IndexedName& a, const IndexedName& b, double capacitance);
    /// v(plus) − v(minus) = dc.
    void source(const IndexedName& name, const IndexedName& plus, const IndexedName& minus, double dc);
    /// A formula in the dialect's own words: the voltage from plus to minus, or the current through the element.
    void formula(const IndexedName& name, const IndexedName& plus, const IndexedName& minus, bool is_voltage,
                 std::string_view value);
    /// v(nodes[0]) − v(nodes[1]) = gain·(v(nodes[2]) − v(nodes[3])).
    void amplifier(const IndexedName& name, const std::array<IndexedName, 4>& nodes, double gain);
    void call(const IndexedName& name, std::span<const IndexedName> nodes, std::string_view subcircuit,
              Parameters values = {});
    /// Any element of a circuit.
    void element(const Circuit& circuit, const Element& element);
    /// Models, subcircuits, elements and initial voltages.
    void body(const Circuit& circuit);
    void subcircuit(const Subcircuit& subcircuit);

    /// Hands over what is left. To be called last.
    void flush();

private:
    class ElementCard;

    template <class... Parts>
    void write(const Parts&... parts);
    void write_part(const IndexedName& name) { name.append_to(buffer_); }
    void write_part(std::string_view text) { buffer_ += text; }
    void write_part(char c) { buffer_ += c; }
    void write_part(double value);
    /// Words of a list, each behind a blank or, where the line grows long, on the next one.
    template <class Word>
    void write_word(const Word& word);
    void write_parameters(Parameters values);
    void begin_card() { line_begin_ = buffer_.size(); }
    void write_formula(const IndexedName& name, const IndexedName& plus, const IndexedName& minus,
                       bool is_voltage, std::string_view value);
    void end_line();
    void end_element();

    std::ostream& stream_;
    SpiceDialect dialect_;
    std::string buffer_;
    std::size_t line_begin_ = 0; ///< of the line being written
    std::size_t elements_ = 0;
};

} // namespace ohmloom
