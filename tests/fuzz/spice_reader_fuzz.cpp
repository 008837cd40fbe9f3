#include "tests/fuzz/spice_reader_fuzz.hpp"

#include "base/errors.hpp"
#include "circuit/flat_circuit.hpp"
#include "circuit/spice_reader.hpp"
#include "circuit/spice_text.hpp"

#include <sstream>
#include <stdexcept>
#include <string>

namespace ohmloom::testing {

void read_any_bytes(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    SpiceReadOptions options;
    options.limits = {
        .bytes = 1 << 20, .files = 20, .include_depth = 5, .subcircuit_depth = 20, .elements = 5000};
    options.open = [&](const std::filesystem::path&) { return text; };
    SpiceDeck deck;
    try {
        deck = parse_spice(text, "fuzz.cir", options);
    } catch (const InputError&) {
        return;
    }
    std::ostringstream written;
    write_spice(written, deck);
    // What was taken must be taken again: only its variants and files have become cards of their own.
    SpiceReadOptions generous = options;
    generous.limits = {};
    if (parse_spice(written.str(), "again.cir", generous) != deck) {
        throw std::logic_error("written and read back, a deck is another one");
    }
    try {
        static_cast<void>(flatten(deck.circuit, 5000));
    } catch (const InputError&) {
        return; // too many elements
    }
}

} // namespace ohmloom::testing
