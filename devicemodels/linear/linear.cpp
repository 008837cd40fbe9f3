#include "devicemodels/linear/linear.hpp"

#include "devicemodels/still_device.hpp"

#include <fmt/format.h>

namespace ohmloom {

std::string LinearCell::spice_current(double g, double /*shape*/, std::string_view v) const {
    return fmt::format("{:.17g}*{}", g, v);
}

namespace {

std::unique_ptr<DeviceModel> make_linear(Card card) {
    const StillDevice::Parameters parameters{LinearCell{}, card.number("g_min"), card.number("g_max"),
                                             card.number_or("sigma_programming", 0.0)};
    return std::make_unique<StillDevice>(std::move(card), parameters);
}

} // namespace

std::vector<DeviceKind> linear_kinds() {
    return {{"linear", "ohmic cell, I = g v", still_parameters(), make_linear}};
}

} // namespace ohmloom
