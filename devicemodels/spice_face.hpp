#pragma once

#include "devicemodels/device_model.hpp"

#include <string>

namespace ohmloom {

/// Name of the subcircuit of a card: "ohmloom_pcm_hermes_1"; of a card file, its stem.
std::string subcircuit_name(const Card& card);

/// Notes that every face begins with: the card's title, and which values are placeholders.
std::vector<std::string> face_notes(const Card& card);

/// Face of a device whose current law is all there is to it. Where the current is proportional to g, the subcircuit
/// has g as a parameter; otherwise its numbers are fixed.
SpiceFace still_face(const Card& card, const CellModel& law, const CellNumbers& cell);

} // namespace ohmloom
