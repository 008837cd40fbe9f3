#include "devicemodels/still_device.hpp"

#include "base/errors.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

StillDevice::StillDevice(Card card, Parameters parameters)
    : DeviceModel(std::move(card)), parameters_(std::move(parameters)) {
    if (!(parameters_.g_min < parameters_.g_max)) {
        throw InputError(fmt::format("g_min is {} S and g_max is {} S: g_min must be below",
                                     parameters_.g_min, parameters_.g_max));
    }
    validate(parameters_.law);
}

CellModel StillDevice::law(double /*temperature*/) const {
    return parameters_.law;
}

DeviceState StillDevice::fresh(const DeviceDraws& /*draws*/) const {
    return {.g = parameters_.g_min};
}

PulseResult StillDevice::pulse(const DeviceState& state, const Pulse& pulse, const DeviceDraws& /*draws*/,
                               std::uint32_t /*event*/) const {
    const double power = pulse.v * evaluate_cell(parameters_.law, state.g, state.shape, pulse.v).current;
    return {state, power * pulse.width};
}

Programmed StillDevice::program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                                const DeviceDraws& draws, std::uint32_t event) const {
    require_target(target);
    Programmed result;
    result.state = from;
    result.asked = target;
    const int attempts = scheme.kind == Programming::single_shot ? 1 : scheme.max_pulses;
    while (result.pulses < attempts && !result.reached) {
        const double error = parameters_.sigma * g_max() *
                             draws.normal(RandomPurpose::device_programming,
                                          event + static_cast<std::uint32_t>(result.pulses));
        result.state.g = std::clamp(target + error, g_min(), g_max());
        ++result.pulses;
        result.reached = scheme.kind == Programming::write_verify &&
                         std::abs(result.state.g - target) <= scheme.tolerance * g_max();
    }
    return result;
}

CellNumbers StillDevice::aged(const DeviceState& state, const ReadCondition& /*condition*/) const {
    return {state.g, state.shape};
}

double StillDevice::read_noise(const DeviceState& /*state*/, const ReadCondition& /*condition*/) const {
    return 0.0;
}

SpiceFace StillDevice::spice(const DeviceState& state, double temperature) const {
    return still_face(card(), law(temperature), {state.g, state.shape});
}

std::vector<ParameterSpec> still_parameters() {
    return {{"g_min", "S", "least conductance that is programmed", 0.0, 1e3},
            {"g_max", "S", "greatest conductance", 1e-15, 1e3},
            {"sigma_programming", "", "standard deviation of the programmed conductance, as a part of g_max",
             0.0, 1.0, false}};
}

} // namespace ohmloom
