#pragma once

#include "circuit/spice_cursor.hpp"
#include "circuit/spice_deck.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ohmloom {

struct SpiceReadOptions;

/// A level of a deck before its cards are understood: the top, or the body of a subcircuit.
struct SpiceScope {
    std::string name; ///< of the subcircuit; "" at the top
    SpiceCard header; ///< `.subckt …`
    std::vector<SpiceCard> elements;
    std::vector<SpiceCard> parameters; ///< `.param …`
    std::vector<SpiceCard> models;     ///< `.model …`
    std::vector<SpiceCard> initials;   ///< `.ic …`
    std::vector<SpiceCard> controls;   ///< analyses, measures and options
    std::vector<std::unique_ptr<SpiceScope>> subcircuits;
    std::map<std::string, const SpiceScope*, std::less<>> subcircuit_names;
};

/// The cards of a deck and of all files that it includes, sorted by what they are.
struct SpiceCards {
    std::string title;
    std::vector<std::unique_ptr<SpiceText>> texts; ///< what the cards point into
    std::unique_ptr<SpiceFunctions> functions = std::make_unique<SpiceFunctions>();
    std::set<std::string, std::less<>> globals; ///< nodes that are the same in every subcircuit
    SpiceScope top;
};

/// Text of a file of at most `most` bytes. @throws FileError.
std::string read_deck_text(const std::filesystem::path& file, std::size_t most);

/// Collects cards: first pass of the reader, which follows inclusions and subcircuits and leaves the rest.
SpiceCards collect_cards(std::string text, const std::string& name, const SpiceReadOptions& options);

} // namespace ohmloom
