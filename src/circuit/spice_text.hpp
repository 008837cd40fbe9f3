#pragma once

#include "circuit/circuit.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace ohmloom {

/// Simulators whose SPICE differs in more than taste.
enum class SpiceDialect {
    ngspice, ///< ngspice 39 and later
};

/// What stands around the circuit in a deck.
struct SpiceTextOptions {
    SpiceDialect dialect = SpiceDialect::ngspice;
    std::string title = "OhmLoom netlist";  ///< the deck's first line
    std::vector<std::string> provenance;    ///< where the circuit comes from: one comment line each
    std::vector<std::string> control_cards; ///< cards before `.end`, such as ".options reltol=1e-9" or ".op"
};

/// Writes a circuit as a SPICE deck that the dialect's simulator runs as it is.
///
/// The same circuit and options give the same bytes. Numbers keep their full double precision (17 significant
/// digits). Written in pieces: memory does not grow with the circuit.
/// @throws InputError if the title, a comment or a card holds a line break; FileError if the stream fails.
void write_spice(std::ostream& stream, const Circuit& circuit, const SpiceTextOptions& options = {});

} // namespace ohmloom
