#include "devicemodels/pcm/pcm_cell.hpp"

#include "devicemodels/cell_model.hpp"
#include "devicemodels/law_checks.hpp"

#include <fmt/format.h>

namespace ohmloom {

double PcmCell::current(double v, double g, double alpha) const {
    return evaluate_cell(*this, g, alpha, v).current;
}

double PcmCell::slope(double v, double g, double alpha) const {
    return evaluate_cell(*this, g, alpha, v).slope;
}

void PcmCell::validate() const {
    require_not_negative("c3 of the pcm", c3, "1/V^2");
    require_not_negative("c5 of the pcm", c5, "1/V^4");
}

namespace {

/// The odd powers of the law with a text for g; nothing if it has none.
std::string odd_powers(const PcmCell& law, std::string_view v, std::string_view g) {
    if (law.c3 == 0.0 && law.c5 == 0.0) return "";
    return fmt::format("+{0}*{1}*{1}*{1}*({2}+{3}*{1}*{1})", g, v, law.c3, law.c5);
}

/// The law of an ohmic and of a bent cell, with texts for g, g/alpha and alpha.
std::string ohmic_formula(const PcmCell& law, std::string_view v, std::string_view g) {
    return fmt::format("{}*{}{}", g, v, odd_powers(law, v, g));
}
std::string bent_formula(const PcmCell& law, std::string_view v, std::string_view g,
                         std::string_view g_over_alpha, std::string_view alpha) {
    return fmt::format("{}*sinh({}*{}){}", g_over_alpha, alpha, v, odd_powers(law, v, g));
}

} // namespace

std::string PcmCell::spice_current(double g, double alpha, std::string_view v) const {
    if (alpha > smallest_alpha)
        return bent_formula(*this, v, fmt::to_string(g), fmt::to_string(g / alpha), fmt::to_string(alpha));
    return ohmic_formula(*this, v, fmt::to_string(g));
}

std::vector<CellFace> PcmCell::faces(const FormulaStyle& style) const {
    const std::string_view v = cell_face_voltage;
    return {
        {"_ohmic", {"g"}, ohmic_formula(*this, v, style.of("g"))},
        {"", {"g", "alpha"}, bent_formula(*this, v, style.of("g"), style.of("g/alpha"), style.of("alpha"))}};
}

CellFaceCall PcmCell::call_face(double g, double alpha) const {
    if (alpha > smallest_alpha) return {1, {g, alpha}};
    return {0, {g, 0.0}};
}

} // namespace ohmloom
