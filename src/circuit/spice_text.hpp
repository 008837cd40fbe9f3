#pragma once

#include "circuit/spice_deck.hpp"
#include "circuit/spice_dialect.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace ohmloom {

/// What stands around the circuit in a deck.
struct SpiceTextOptions {
    SpiceDialect dialect = SpiceDialect::ngspice;
    std::string title = "OhmLoom netlist";  ///< the deck's first line
    std::vector<std::string> provenance;    ///< where the circuit comes from: one comment line each
    std::vector<std::string> control_cards; ///< cards before `.end`, such as ".options reltol=1e-9" or ".op"
};

/// Writes a circuit as a SPICE deck that the dialect's simulator runs as it is.
///
/// The same circuit and options give the same bytes. Numbers are the shortest that bring a double back unchanged. Written in pieces: memory does not grow with the circuit.
/// @throws InputError if the title, a comment or a card holds a line break; FileError if the stream fails.
/// What is written, read_spice() reads back as an equal circuit, but for one kind of element: a Cell is written as
/// the formula of its law and comes back as a BehaviouralSource.
void write_spice(std::ostream& stream, const Circuit& circuit, const SpiceTextOptions& options = {});

/// Writes a deck: its circuit, options, analyses and measures. read_spice() reads back an equal one.
/// @throws InputError and FileError as above.
void write_spice(std::ostream& stream, const SpiceDeck& deck);

/// The card of an analysis: ".dc vin 0 1 0.1".
std::string analysis_card(const Analysis& analysis);

} // namespace ohmloom
