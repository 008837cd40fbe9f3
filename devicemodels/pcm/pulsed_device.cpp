#include "devicemodels/pcm/pulsed_device.hpp"

#include "base/errors.hpp"

#include <cmath>

namespace ohmloom {

PulsedPcm::PulsedPcm(Card source) : DeviceModel(std::move(source)), conduction_(conduction_of(card())) {
    if (!(card().number("g_min") < conduction_.g_max)) throw InputError("g_min is not below g_max");
    if (!(card().number("v_set") < card().number("v_reset"))) throw InputError("v_set is not below v_reset");
}

double PulsedPcm::current(const DeviceState& state, double v) const {
    return evaluate_cell(conduction_.law, state.g, state.shape, v).current;
}

PulseResult PulsedPcm::pulse(const DeviceState& state, const Pulse& pulse, const DeviceDraws& draws,
                             std::uint32_t event) const {
    const double size = std::abs(pulse.v);
    DeviceState after = state;
    if (pulse.width > 0.0 && size >= card().number("v_reset")) {
        after = reset(draws, event);
    } else if (size >= card().number("v_set")) {
        after = stepped(state, pulse.v > 0.0, pulse.width / card().number("pulse_width"), draws, event);
    }
    const double i = 0.5 * (current(state, pulse.v) + current(after, pulse.v));
    return {after, pulse.v * i * pulse.width};
}

void PulsedPcm::apply(Programmed& result, const Pulse& next, const DeviceDraws& draws,
                      std::uint32_t first) const {
    const PulseResult part =
        pulse(result.state, next, draws, first + static_cast<std::uint32_t>(result.pulses));
    result.state = part.state;
    result.energy += part.energy;
    ++result.pulses;
}

Programmed PulsedPcm::program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                              const DeviceDraws& draws, std::uint32_t event) const {
    require_target(target);
    if (scheme.kind == Programming::single_shot) return open_loop(from, target, draws, event);
    Programmed result{from, target};
    const double accepted = scheme.tolerance * g_max();
    const auto check = [&] { return std::abs(result.state.g - target) <= accepted; };
    while (!(result.reached = check()) && result.pulses < scheme.max_pulses)
        apply(result, result.state.g < target ? set_pulse() : reset_pulse(), draws, event);
    return result;
}

std::vector<ParameterSpec> pulse_parameters() {
    return {{"pulse_width", "s", "nominal SET pulse", 1e-12, 1e-3},
            {"v_set", "V", "least voltage that changes the cell", 1e-3, 100.0},
            {"v_reset", "V", "least voltage that resets it", 1e-3, 100.0},
            {"noise", "", "factor of all noise and spread: 1 as published, 0 for none", 0.0, 10.0}};
}

} // namespace ohmloom
