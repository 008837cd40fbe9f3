#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace ohmloom {

std::string subcircuit_name(const Card& card) {
    const std::string stem =
        card.name.ends_with(".toml") ? std::filesystem::path(card.name).stem().string() : card.name;
    std::string name = "ohmloom_";
    for (const char c : stem) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool legal = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        name += upper ? static_cast<char>(c - 'A' + 'a') : legal ? c : '_';
    }
    return name;
}

std::vector<std::string> face_notes(const Card& card) {
    std::vector<std::string> notes{card.title};
    std::string placeholders;
    for (const CardValue& value : card.values) {
        if (value.placeholder) placeholders += (placeholders.empty() ? "" : ", ") + value.name;
    }
    if (!placeholders.empty()) notes.push_back("placeholders, to be calibrated: " + placeholders);
    return notes;
}

SpiceFace still_face(const Card& card, const CellModel& law, const CellNumbers& cell) {
    SpiceFace face{subcircuit_name(card), face_notes(card), {"top", "bottom"}, ""};
    if (slope_scales_with_g(law)) {
        face.notes.push_back("g: conductance at zero bias in S");
        face.text =
            fmt::format(".subckt {} top bottom g={:.17g}\nbcell top bottom i={{g}}*({})\n.ends {}\n",
                        face.name, cell.g, spice_current(law, 1.0, cell.shape, "v(top,bottom)"), face.name);
    } else {
        face.text = fmt::format(".subckt {} top bottom\nbcell top bottom i={}\n.ends {}\n", face.name,
                                spice_current(law, cell.g, cell.shape, "v(top,bottom)"), face.name);
    }
    return face;
}

} // namespace ohmloom
