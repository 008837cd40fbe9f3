#pragma once

#include "circuit/spice_deck.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace ohmloom {

/// How much a deck may ask for before it is refused: no text makes the reader hang or fill the memory.
struct SpiceReadLimits {
    std::size_t bytes = std::size_t{4} << 30; ///< of all files together, each inclusion counted
    std::size_t files = 1000;                 ///< inclusions
    int include_depth = 20;
    int subcircuit_depth = 100;  ///< definitions and calls inside each other
    Index elements = 50'000'000; ///< in the circuit and its subcircuits, each variant counted
};

struct SpiceReadOptions {
    SpiceReadLimits limits{};
    /// Gives the text of an included file; empty: reads it from the disk.
    std::function<std::string(const std::filesystem::path&)> open{};
};

/// Reads a deck of the SPICE subset below, in the ngspice dialect.
///
/// | cards | |
/// |---|---|
/// | elements | R, C, L (ic=), V, I (DC, AC, PULSE, PWL, SIN, EXP), E, G, F, H (linear), D, M (level 1), S, B (i=, v=), X (parameters) |
/// | structure | .subckt/.ends (nested, parameters), .global, .model (d, nmos, pmos, sw), .param, .func, .include, .lib (call and section), .title, .end |
/// | analyses | .op, .dc (one or two sources), .ac, .tran, .ic v(node)=, .measure (statistics, FIND, WHEN, TRIG/TARG), .options, .temp |
/// | passed over | .print, .plot, .save, .probe, .width: every waveform is kept |
///
/// A global node that a subcircuit uses becomes one more port of it, behind its own. A call of a function becomes the
/// function's formula.
///
/// The first line is the title. Numbers have SPICE's suffixes (`meg` is 1e6, `m` is 1e-3); a formula stands in
/// braces or quotes, and its parameters become numbers here: a subcircuit that is called with other parameters than
/// its own becomes one more subcircuit, `name_2`, `name_3`, …. A source without a DC value has the first value of
/// its waveform. B sources of the form g*(1/alpha)*sinh(alpha*v(a,b)) come back as SinhConductance. An included
/// file is looked for beside the file that names it.
/// @throws InputError "file:line:column: found 'token', expected …"; FileError if a file cannot be read.
SpiceDeck read_spice(const std::filesystem::path& file, const SpiceReadOptions& options = {});

/// Reads a deck from memory; `name` stands in messages, and included files are looked for beside it.
SpiceDeck parse_spice(std::string text, const std::string& name, const SpiceReadOptions& options = {});

} // namespace ohmloom
