#include "devicemodels/device_model.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

PulseResult DeviceModel::waveform(const DeviceState& state, const VoltageCurve& waveform,
                                  const DeviceDraws& draws, std::uint32_t event) const {
    DeviceEvent under_way = begin_event(state, draws, event);
    for (std::size_t k = 0; k + 1 < waveform.t.size(); ++k)
        advance(under_way, {waveform.v[k], waveform.v[k + 1], waveform.t[k + 1] - waveform.t[k]}, draws);
    return {end_event(under_way, draws), under_way.energy};
}

DeviceEvent DeviceModel::begin_event(const DeviceState& state, const DeviceDraws& /*draws*/,
                                     std::uint32_t event) const {
    return {event, state, state};
}

void DeviceModel::advance(DeviceEvent& event, const VoltagePiece& piece, const DeviceDraws& draws) const {
    // The error of the mean voltage falls with the square of the number of steps.
    const int steps = piece.from == piece.to ? 1 : 64;
    const double width = piece.width / steps;
    for (int step = 0; step < steps && width > 0.0; ++step) {
        const double v = piece.from + (step + 0.5) / steps * (piece.to - piece.from);
        const PulseResult part = pulse(event.state, {v, width}, draws, event.number);
        event.state = part.state;
        event.energy += part.energy;
    }
}

DeviceState DeviceModel::end_event(const DeviceEvent& event, const DeviceDraws& /*draws*/) const {
    return event.state;
}

std::optional<Pulse> DeviceModel::write_pulse(const DeviceState& /*state*/, double /*target*/) const {
    return std::nullopt;
}

bool DeviceModel::meets(const DeviceState& state, double target, double tolerance) const {
    return std::abs(state.g - target) <= tolerance * g_max();
}

Programmed DeviceModel::program_by_pulses(const DeviceState& from, double target,
                                          const ProgrammingScheme& scheme, const DeviceDraws& draws,
                                          std::uint32_t event) const {
    require_target(target);
    Programmed result{from, target};
    const bool looks = scheme.kind == Programming::write_verify;
    const int most = looks ? scheme.max_pulses : 1;
    while (!(result.reached = looks && meets(result.state, target, scheme.tolerance)) &&
           result.pulses < most) {
        const std::optional<Pulse> next = write_pulse(result.state, target);
        OHMLOOM_ASSERT(next.has_value());
        const PulseResult part =
            pulse(result.state, *next, draws, event + static_cast<std::uint32_t>(result.pulses));
        result.state = part.state;
        result.energy += part.energy;
        ++result.pulses;
    }
    return result;
}

void DeviceModel::require_target(double target) const {
    // A target that came through other units may be a rounding error outside.
    constexpr double slack = 1e-9;
    if (!(target >= g_min() * (1.0 - slack) && target <= g_max() * (1.0 + slack))) {
        throw InputError(fmt::format("the target conductance {} S is out of reach: {} goes from {} S to {} S",
                                     target, card().name, g_min(), g_max()));
    }
}

CellNumbers read_device(const DeviceModel& model, const DeviceState& state, const ReadCondition& condition,
                        const DeviceDraws& draws, std::uint32_t read) {
    CellNumbers numbers = model.aged(state, condition);
    const double sigma = model.read_noise(state, condition);
    if (sigma > 0.0)
        numbers.g = std::max(0.0, numbers.g + sigma * draws.normal(RandomPurpose::device_read, read));
    return numbers;
}

double voltage_at(const VoltageCurve& waveform, double t) {
    if (waveform.t.empty()) return 0.0;
    const auto above = std::upper_bound(waveform.t.begin(), waveform.t.end(), t);
    if (above == waveform.t.begin()) return waveform.v.front();
    if (above == waveform.t.end()) return waveform.v.back();
    const auto k = static_cast<std::size_t>(above - waveform.t.begin());
    const double along = (t - waveform.t[k - 1]) / (waveform.t[k] - waveform.t[k - 1]);
    return waveform.v[k - 1] + along * (waveform.v[k] - waveform.v[k - 1]);
}

} // namespace ohmloom
