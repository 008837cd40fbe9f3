#pragma once

#include "array/crossbar.hpp"
#include "array/device_array.hpp"
#include "writing/array_power.hpp"
#include "writing/select_scheme.hpp"

#include <cstdint>
#include <vector>

namespace ohmloom {

/// One pulse from a row to some of its columns. The row stays at v until the last of them is done; a column whose time is over goes
/// where the scheme holds columns that are not addressed.
struct RowPulse {
    Index row = 0;
    double v = 0.0;            ///< [V] from row driver to column driver
    std::vector<double> width; ///< [lines] [s]; 0: not addressed
};

/// How accurately a pulse is followed.
struct PulseAccuracy {
    /// Error of a cell's voltage that a step may make, as a part of the pulse's.
    double voltage = 1e-3;
    /// Error of the array's power that a step may make, as a part of it.
    double power = 1e-2;
    /// Shortest step, as a part of the pulse: sudden changes are placed to within it.
    double shortest_step = 1e-4;
    double residual = 1e-9; ///< KCL error of each solution, relative to its largest line current
};

/// What a pulse has done to an array.
struct PulseOutcome {
    Matrix<DeviceState> state;  ///< [rows x lines]
    ArrayPower energy;          ///< [J]
    Matrix<double> cell_energy; ///< [rows x lines] [J]
    double time = 0.0;          ///< [s] the longest width
    Index solutions = 0;        ///< of the array
    Index unsolved = 0;         ///< those that did not converge
};

/// One pulse through an array's wires, in which every cell sees its own voltage and changes while the pulse lasts. `event` numbers the
/// array's pulses, for the devices' noise; conductances of `wires` do not matter.
///
/// Capacitances are taken for charged all the time: lines are much faster than pulses (slowest_line()). Voltages and devices are
/// brought together step by step: within a step a voltage is a straight line, whose end follows from the array with the conductances
/// that the device, moved along the line, then has (fixed point); steps are as long as the curvature of the voltages allows. A device's
/// pulse stays one event of its life (DeviceEvent), so that its chance is drawn once. Devices that the array does not address are
/// taken along in whole stretches of steady voltage; those that change nevertheless are followed like the others, from the start.
PulseOutcome pulse_array(const Crossbar& wires, const DeviceArray& devices, SelectScheme scheme,
                         const RowPulse& pulse, std::uint32_t event, const PulseAccuracy& accuracy = {});

} // namespace ohmloom
