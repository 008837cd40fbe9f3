#include "devicemodels/sinh/sinh.hpp"

#include "devicemodels/law_checks.hpp"
#include "devicemodels/still_device.hpp"

#include <fmt/format.h>

namespace ohmloom {

void SinhCell::validate() const {
    require_positive("alpha of the sinh", alpha, "1/V");
}

std::string SinhCell::spice_current(double g, double /*shape*/, std::string_view v) const {
    return fmt::format("{:.17g}*sinh({:.17g}*{})", g / alpha, alpha, v);
}

std::vector<CellFace> SinhCell::faces(const FormulaStyle& style) const {
    // The reader knows the cell by these three factors.
    return {
        {"", {"g"}, fmt::format("{}*{}*sinh({}*{})", style.of("g"), 1.0 / alpha, alpha, cell_face_voltage)}};
}

CellFaceCall SinhCell::call_face(double g, double /*shape*/) const {
    return {0, {g, 0.0}};
}

namespace {

std::unique_ptr<DeviceModel> make_sinh(Card card) {
    const StillDevice::Parameters parameters{SinhCell{card.number("alpha")}, card.number("g_min"),
                                             card.number("g_max"), card.number_or("sigma_programming", 0.0)};
    return std::make_unique<StillDevice>(std::move(card), parameters);
}

} // namespace

std::vector<DeviceKind> sinh_kinds() {
    std::vector<ParameterSpec> parameters = still_parameters();
    parameters.push_back({"alpha", "1/V", "nonlinearity: I = g sinh(alpha v)/alpha", 1e-6, 1e3});
    return {{"sinh", "cell whose current grows as a hyperbolic sine", parameters, make_sinh}};
}

} // namespace ohmloom
