#include "devicemodels/device_model.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

PulseResult DeviceModel::waveform(const DeviceState& state, const VoltageCurve& waveform,
                                  const DeviceDraws& draws, std::uint32_t event) const {
    constexpr int steps = 64; // per straight piece: the error of the mean voltage falls with their square
    PulseResult result{state, 0.0};
    for (std::size_t k = 0; k + 1 < waveform.t.size(); ++k) {
        const double width = (waveform.t[k + 1] - waveform.t[k]) / steps;
        if (!(width > 0.0)) continue;
        for (int step = 0; step < steps; ++step) {
            const double along = (step + 0.5) / steps;
            const double v = waveform.v[k] + along * (waveform.v[k + 1] - waveform.v[k]);
            const PulseResult part = pulse(result.state, {v, width}, draws, event);
            result = {part.state, result.energy + part.energy};
        }
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
