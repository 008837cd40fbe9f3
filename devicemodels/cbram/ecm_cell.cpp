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

namespace {

/// How much of the off and of the on state's current a cell of conductance g carries.
struct Shares {
    double off, on;
};

Shares shares_of(const EcmCell& law, double g) {
    const double filament =
        (std::clamp(g, law.g_off(), law.g_on()) - law.g_off()) / (law.g_on() - law.g_off());
    // Beyond both states: more or less area.
    const double scale = g < law.g_off() ? g / law.g_off() : g > law.g_on() ? g / law.g_on() : 1.0;
    return {scale * (1.0 - filament), scale * filament};
}

/// The law as a formula of the voltage, with texts for both shares and the simulator's sign for powers.
std::string formula(const EcmCell& law, std::string_view v, std::string_view off, std::string_view on,
                    std::string_view power) {
    const std::string t = fmt::format("tanh({}*{})", 1.0 / law.v_passive, v);
    const auto by_polarity = [&](double plus, double minus) {
        return fmt::format("({}+({})*{})", 0.5 * (plus + minus), 0.5 * (plus - minus), t);
    };
    const std::string field =
        fmt::format("exp(({0}>=0 ? {1} : {2})*sqrt(max(abs({0}),1e-24)))", v, law.s_plus, law.s_minus);
    const std::string i = fmt::format("({}*{}*{}*{}+{}*{}*{})", off, by_polarity(law.i0_plus, law.i0_minus),
                                      field, t, on, by_polarity(law.g_on_plus, law.g_on_minus), v);
    return fmt::format("{0}*(1+(abs({0})*{1}){2}16){2}(-0.0625)", i, 1.0 / law.i_limit, power);
}

} // namespace

std::string EcmCell::spice_current(double g, double /*shape*/, std::string_view v) const {
    const Shares shares = shares_of(*this, g);
    return formula(*this, v, fmt::to_string(shares.off), fmt::to_string(shares.on), "^");
}

std::vector<CellFace> EcmCell::faces(const FormulaStyle& style) const {
    return {
        {"", {"off", "on"}, formula(*this, cell_face_voltage, style.of("off"), style.of("on"), style.power)}};
}

CellFaceCall EcmCell::call_face(double g, double /*shape*/) const {
    const Shares shares = shares_of(*this, g);
    return {0, {shares.off, shares.on}};
}

} // namespace ohmloom
