#include "devicemodels/cbram/ecm_cell.hpp"

#include "devicemodels/cell_model.hpp"
#include "devicemodels/law_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ohmloom {

double EcmCell::current(double v, double g, double shape) const {
    return evaluate_cell(*this, g, shape, v).current;
}

double EcmCell::slope(double v, double g, double shape) const {
    return evaluate_cell(*this, g, shape, v).slope;
}

void EcmCell::validate() const {
    for (const double i0 : {i0_plus, i0_minus}) require_positive("i0 of the ecm", i0, "A");
    for (const double s : {s_plus, s_minus}) require_not_negative("s of the ecm", s, "1/V^0.5");
    require_positive("v_passive of the ecm", v_passive, "V");
    require_positive("i_limit of the ecm", i_limit, "A");
    for (const double on : {g_on_plus, g_on_minus})
        require_law(on > g_off(), "g_on of the ecm", on, "S", "finite and above the off state's conductance");
}

std::string EcmCell::spice_current(double g, double /*shape*/, std::string_view v) const {
    const double filament = (std::clamp(g, g_off(), g_on()) - g_off()) / (g_on() - g_off());
    const double scale = g < g_off() ? g / g_off() : g > g_on() ? g / g_on() : 1.0;
    const std::string t = fmt::format("tanh({:.17g}*{})", 1.0 / v_passive, v);
    const auto by_polarity = [&](double plus, double minus, double factor) {
        return fmt::format("({:.17g}+{:.17g}*{})", factor * 0.5 * (plus + minus),
                           factor * 0.5 * (plus - minus), t);
    };
    const double off = scale * (1.0 - filament), on = scale * filament;
    const std::string field =
        fmt::format("exp(({0}>=0 ? {1:.17g} : {2:.17g})*sqrt(max(abs({0}),1e-24)))", v, s_plus, s_minus);
    const std::string i = fmt::format("({}*{}*{}+{}*{})", by_polarity(i0_plus, i0_minus, off), field, t,
                                      by_polarity(g_on_plus, g_on_minus, on), v);
    return fmt::format("{0}*(1+(abs({0})*{1:.17g})^16)^(-0.0625)", i, 1.0 / i_limit);
}

std::vector<CellFace> EcmCell::faces(const FormulaStyle& style) const {
    const std::string_view v = cell_face_voltage;
    const std::string t = fmt::format("tanh({}*{})", 1.0 / v_passive, v);
    const auto by_polarity = [&](double plus, double minus) {
        return fmt::format("({}+({})*{})", 0.5 * (plus + minus), 0.5 * (plus - minus), t);
    };
    const std::string field =
        fmt::format("exp(({0}>=0 ? {1} : {2})*sqrt(max(abs({0}),1e-24)))", v, s_plus, s_minus);
    const std::string i =
        fmt::format("({}*{}*{}*{}+{}*{}*{})", style.of("off"), by_polarity(i0_plus, i0_minus), field, t,
                    style.of("on"), by_polarity(g_on_plus, g_on_minus), v);
    return {{"",
             {"off", "on"},
             fmt::format("{0}*(1+(abs({0})*{1}){2}16){2}(-0.0625)", i, 1.0 / i_limit, style.power)}};
}

CellFaceCall EcmCell::call_face(double g, double /*shape*/) const {
    const double filament = (std::clamp(g, g_off(), g_on()) - g_off()) / (g_on() - g_off());
    const double scale = g < g_off() ? g / g_off() : g > g_on() ? g / g_on() : 1.0;
    return {0, {scale * (1.0 - filament), scale * filament}};
}

} // namespace ohmloom
