#pragma once

#include "devicemodels/device_model.hpp"
#include "lut/refined_table.hpp"

#include <cstdint>
#include <optional>

namespace ohmloom {

/// How a device is put into a state before it is looked at: brought to a conductance by write-verify, to a ten-thousandth of its greatest one, as
/// well as the model can.
struct DeviceLutOptions {
    double temperature = 300.0;              ///< [K]
    std::optional<double> v_low{}, v_high{}; ///< [V] of I–V; none: what the law covers within ±0.5 V
    Index states = 9;                        ///< nodes that the axis of states begins with
    std::uint32_t seed = 1;
};

/// What a table of kind `iv` is of: current [A] over voltage and state, the device's conductance at zero bias. Devices of two states have these
/// as nodes. The device must live as long as the function. @throws InputError if the law does not cover the voltages.
RefinedFunction device_iv_function(const DeviceModel& device, const DeviceLutOptions& options);

/// Pulses of a table.
struct PulseLutOptions {
    std::vector<double> amplitudes; ///< [V] rising, as nodes
    std::vector<double> widths;     ///< [s] rising, as nodes
    Index devices = 64;             ///< with chance of their own, whose mean and standard deviation are told
};

/// What a table of kind `pulse` is of: mean and standard deviation [S] over devices of the state after a pulse. The state before is the conductance aimed
/// at; what write-verify leaves of an error is taken off, so that the mean is the state before and the mean change. States are 65 conductances over the range. The device must live as long
/// as the function.
RefinedFunction device_pulse_function(const DeviceModel& device, const DeviceLutOptions& options,
                                      const PulseLutOptions& pulses);

/// Table of kind `levels`: conductances aimed at, evenly from the least to the greatest, and what programming makes of them: mean and standard
/// deviation [S] over devices, read noise at the time of programming included.
Lut device_levels_lut(const DeviceModel& device, const DeviceLutOptions& options, Index levels, Index devices,
                      const ProgrammingScheme& scheme);

} // namespace ohmloom
