#pragma once

#include "devicemodels/device_model.hpp"

#include <vector>

namespace ohmloom {

/// A neuron's voltage around its spike: a rectangular peak, then a tail of its own that fades to 0 along a line.
struct SpikeShape {
    double v_peak = 0.18;   ///< [V]
    double t_peak = 10e-6;  ///< [s] > 0
    double v_tail = -0.15;  ///< [V] right after the peak
    double t_tail = 100e-6; ///< [s] > 0 until it has faded
};

/// Voltage of a neuron that spikes at the time t_spike.
VoltageCurve spike_waveform(const SpikeShape& shape, double t_spike);

/// Difference of two waveforms of straight lines and steps, exact: every corner of either is kept.
VoltageCurve difference(const VoltageCurve& plus, const VoltageCurve& minus);

/// Change [S] of a device's conductance by one pair of spikes, the postsynaptic neuron at its top and the presynaptic one
/// at its bottom, `delay` = t_post − t_pre [s]. Nothing is assumed about plasticity: it is what the two overlapping
/// voltages do to the device.
double spike_pair_change(const DeviceModel& device, const DeviceState& state, const SpikeShape& shape,
                         double delay, const DeviceDraws& draws, std::uint32_t event);

} // namespace ohmloom
