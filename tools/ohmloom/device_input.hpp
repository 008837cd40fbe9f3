#pragma once

#include "devicemodels/card.hpp"

#include <string>
#include <vector>

namespace ohmloom::cli {

/// The card that options name: `changes` are NAME=VALUE; `temperature` [K], "" if not given, is that of devices which have one of their
/// own, unless a change names it.
/// @throws InputError for an unknown card or value.
Card card_of(const std::string& name, const std::vector<std::string>& changes,
             const std::string& temperature);

/// A temperature of an option [K]; 300 if it is "". @throws InputError unless it is above 0.
double temperature_or_room(const std::string& text);

} // namespace ohmloom::cli
