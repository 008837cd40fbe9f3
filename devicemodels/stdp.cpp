#include "devicemodels/stdp.hpp"

#include <algorithm>

namespace ohmloom {

namespace {

/// Value just before (from the left) or just after a time, which differ at a step.
double side_value(const VoltageCurve& waveform, double t, bool after) {
    const auto& times = waveform.t;
    const auto above = std::upper_bound(times.begin(), times.end(), t),
               at = std::lower_bound(times.begin(), times.end(), t);
    if (at == above) return voltage_at(waveform, t); // no corner here
    const auto index = after ? above - times.begin() - 1 : at - times.begin();
    return waveform.v[static_cast<std::size_t>(index)];
}

} // namespace

VoltageCurve spike_waveform(const SpikeShape& shape, double t_spike) {
    const double end = t_spike + shape.t_peak;
    return {{t_spike, t_spike, end, end, end + shape.t_tail},
            {0.0, shape.v_peak, shape.v_peak, shape.v_tail, 0.0}};
}

VoltageCurve difference(const VoltageCurve& plus, const VoltageCurve& minus) {
    std::vector<double> corners = plus.t;
    corners.insert(corners.end(), minus.t.begin(), minus.t.end());
    std::sort(corners.begin(), corners.end());
    corners.erase(std::unique(corners.begin(), corners.end()), corners.end());
    VoltageCurve result;
    for (const double t : corners) {
        for (const bool after : {false, true}) {
            result.t.push_back(t);
            result.v.push_back(side_value(plus, t, after) - side_value(minus, t, after));
        }
    }
    return result;
}

double spike_pair_change(const DeviceModel& device, const DeviceState& state, const SpikeShape& shape,
                         double delay, const DeviceDraws& draws, std::uint32_t event) {
    const VoltageCurve v = difference(spike_waveform(shape, delay), spike_waveform(shape, 0.0));
    return device.waveform(state, v, draws, event).state.g - state.g;
}

} // namespace ohmloom
