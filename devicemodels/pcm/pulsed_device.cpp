#include "devicemodels/pcm/pulsed_device.hpp"

#include "base/errors.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

PulsedPcm::PulsedPcm(Card source) : DeviceModel(std::move(source)), conduction_(conduction_of(card())) {
    if (!(card().number("g_min") < conduction_.g_max)) throw InputError("g_min is not below g_max");
    if (!(card().number("v_set") < card().number("v_reset"))) throw InputError("v_set is not below v_reset");
    if (!(card().number("v_set") <= write_v_set() && write_v_set() < card().number("v_reset")))
        throw InputError("write_v_set is not between v_set and v_reset");
    if (!(card().number("v_reset") <= write_v_reset())) throw InputError("write_v_reset is below v_reset");
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

void PulsedPcm::advance(DeviceEvent& event, const VoltagePiece& piece, const DeviceDraws& draws) const {
    // The model's own: peak [V] and length [s] of the excursion under way, which began in `from`, and how many were before.
    double &peak = event.own[0], &length = event.own[1], &before = event.own[2];
    const double v_set = card().number("v_set");
    const auto leave = [&] {
        if (length > 0.0) before += 1.0;
        event.from = event.state;
        peak = length = 0.0;
    };
    const auto enter = [&](double part, double v) {
        length += part * piece.width;
        if (std::abs(v) > std::abs(peak)) peak = v;
        const auto number = event.number + static_cast<std::uint32_t>(before);
        if (length > 0.0) event.state = pulse(event.from, {peak, length}, draws, number).state;
    };
    const double middle = 0.5 * (piece.from + piece.to), current_before = current(event.state, middle);
    const double first =
        piece.from > piece.to ? 1.0 : -1.0; // the side that the piece is on before it crosses 0
    for (const double sign : {first, -first}) {
        const double a = sign * piece.from - v_set, b = sign * piece.to - v_set;
        if (a < 0.0 && b < 0.0) {
            if (peak * sign > 0.0) leave();
            continue;
        }
        if (a < 0.0) leave();
        enter(a >= 0.0 && b >= 0.0 ? 1.0 : std::max(a, b) / std::abs(b - a),
              sign * std::max(sign * piece.from, sign * piece.to));
        if (b < 0.0) leave();
    }
    event.energy += 0.5 * middle * (current_before + current(event.state, middle)) * piece.width;
}

std::optional<Pulse> PulsedPcm::write_pulse(const DeviceState& state, double target) const {
    return state.g < target ? set_pulse() : reset_pulse();
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
    if (scheme.kind == Programming::write_verify)
        return program_by_pulses(from, target, scheme, draws, event);
    require_target(target);
    return open_loop(from, target, draws, event);
}

std::vector<ParameterSpec> pulse_parameters() {
    return {
        {"pulse_width", "s", "nominal SET pulse", 1e-12, 1e-3},
        {"v_set", "V", "least voltage that changes the cell", 1e-3, 100.0},
        {"v_reset", "V", "least voltage that resets it", 1e-3, 100.0},
        {"write_v_set", "V", "voltage of SET pulses, below v_reset; v_set if left out", 1e-3, 100.0, false},
        {"write_v_reset", "V", "voltage of RESET pulses; v_reset if left out", 1e-3, 100.0, false},
        {"noise", "", "factor of all noise and spread: 1 as published, 0 for none", 0.0, 10.0}};
}

} // namespace ohmloom
