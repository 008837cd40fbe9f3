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

std::string PcmCell::spice_current(double g, double alpha, std::string_view v) const {
    std::string text = alpha > smallest_alpha ? fmt::format("{:.17g}*sinh({:.17g}*{})", g / alpha, alpha, v)
                                              : fmt::format("{:.17g}*{}", g, v);
    if (c3 != 0.0 || c5 != 0.0)
        text += fmt::format("+{0}*{0}*{0}*({1:.17g}+{2:.17g}*{0}*{0})", v, g * c3, g * c5);
    return text;
}

std::vector<CellFace> PcmCell::faces(const FormulaStyle& style) const {
    const std::string_view v = cell_face_voltage;
    const std::string odd = c3 == 0.0 && c5 == 0.0
                                ? ""
                                : fmt::format("+{0}*{1}*{1}*{1}*({2}+{3}*{1}*{1})", style.of("g"), v, c3, c5);
    return {{"_ohmic", {"g"}, fmt::format("{}*{}{}", style.of("g"), v, odd)},
            {"",
             {"g", "alpha"},
             fmt::format("{}*sinh({}*{}){}", style.of("g/alpha"), style.of("alpha"), v, odd)}};
}

CellFaceCall PcmCell::call_face(double g, double alpha) const {
    if (alpha > smallest_alpha) return {1, {g, alpha}};
    return {0, {g, 0.0}};
}

} // namespace ohmloom
