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

std::string MramCell::spice_current(double g, double tmr, std::string_view v) const {
    const double curvature = 1.0 / (v_half * v_half);
    return fmt::format("{0:.17g}*{1}*(1+{2:.17g}*{1}*{1})/({3:.17g}+{2:.17g}*{1}*{1})", g * (1.0 + tmr), v,
                       curvature, 1.0 + tmr);
}

std::vector<CellFace> MramCell::faces(const FormulaStyle& style) const {
    return {{"",
             {"g", "tmr"},
             fmt::format("{1}*{0}*(1+{2}*{0}*{0})/({3}+{2}*{0}*{0})", cell_face_voltage,
                         style.of("g*(1+tmr)"), 1.0 / (v_half * v_half), style.of("1+tmr"))}};
}

CellFaceCall MramCell::call_face(double g, double tmr) const {
    return {0, {g, tmr}};
}

} // namespace ohmloom
