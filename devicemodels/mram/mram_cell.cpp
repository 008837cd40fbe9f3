#include "devicemodels/mram/mram_cell.hpp"

#include "devicemodels/cell_model.hpp"
#include "devicemodels/law_checks.hpp"

#include <fmt/format.h>

namespace ohmloom {

double MramCell::current(double v, double g, double tmr) const {
    return evaluate_cell(*this, g, tmr, v).current;
}

double MramCell::slope(double v, double g, double tmr) const {
    return evaluate_cell(*this, g, tmr, v).slope;
}

void MramCell::validate() const {
    require_positive("v_half of the mram", v_half, "V");
}

namespace {

/// The law as a formula of the voltage, with texts for g·(1 + TMR) and 1 + TMR.
std::string formula(const MramCell& law, std::string_view v, std::string_view g_low, std::string_view ratio) {
    return fmt::format("{1}*{0}*(1+{2}*{0}*{0})/({3}+{2}*{0}*{0})", v, g_low, 1.0 / (law.v_half * law.v_half),
                       ratio);
}

} // namespace

std::string MramCell::spice_current(double g, double tmr, std::string_view v) const {
    return formula(*this, v, fmt::to_string(g * (1.0 + tmr)), fmt::to_string(1.0 + tmr));
}

std::vector<CellFace> MramCell::faces(const FormulaStyle& style) const {
    return {{"", {"g", "tmr"}, formula(*this, cell_face_voltage, style.of("g*(1+tmr)"), style.of("1+tmr"))}};
}

CellFaceCall MramCell::call_face(double g, double tmr) const {
    return {0, {g, tmr}};
}

} // namespace ohmloom
