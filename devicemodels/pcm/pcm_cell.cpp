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

} // namespace ohmloom
