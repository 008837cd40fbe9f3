#pragma once

#include "circuit/spice_cursor.hpp"
#include "circuit/spice_deck.hpp"

namespace ohmloom {

/// Reads an analysis, a measure or options into a deck.
/// @throws InputError with file, line and column.
void read_control_card(const SpiceCard& card, const SpiceCursor::Lookup& lookup, SpiceDeck& deck);

} // namespace ohmloom
