#pragma once

#include "array/device_array.hpp"
#include "solver/array_transient.hpp"

#include <cstdint>
#include <vector>

namespace ohmloom {

/// How the devices of an array are followed in time.
struct MovingOptions {
    /// Each run is one event in the life of every device, for its noise; run k is the event first_event + k.
    std::uint32_t first_event = first_free_event;
    bool conductances = false; ///< report those of all cells at every instant
};

/// An array in time whose devices change, for a batch of runs that all begin with the same states.
struct [[nodiscard]] MovingSolution {
    TransientSolution currents; ///< `i_final` and `settled`: with the devices as they are at the end
    std::vector<Matrix<DeviceState>> state; ///< [batch] of [rows x lines] after the run
    Matrix<double> g_final;                 ///< [batch x rows*lines] [S] right after the run, at zero bias
    std::vector<Matrix<double>> g;          ///< [times] of [batch x rows*lines] [S]; empty unless asked for
    Matrix<double> cell_energy;             ///< [batch x rows*lines] [J] taken up by the devices
};

/// solve_transient() for devices that change with the voltages they see: write pulses, disturb.
///
/// In every stage of a step the conductances follow the voltages until both agree, from copies of the devices as they were when the step
/// began; between the stages a device sees straight lines. Steps are as long as the local errors of node voltages and of devices (the part
/// by which a conductance, or an inner variable, is wrong) both allow. What happens at once, as a junction's reversal by heat, is
/// placed to within a part `tolerance`/10 of the time between two bends of the drive. Devices whose conductance changes by less than
/// the tolerance keep it in the array; their own lives go on with the voltages they see. All devices are in their states at t = 0.
/// Conductances of `wires`, and its cells' law, do not matter.
/// @throws InputError as solve_transient().
MovingSolution solve_moving_transient(const Crossbar& wires, const DeviceArray& devices,
                                      const TransientDrive& drive, const TransientOptions& options,
                                      const MovingOptions& moving = {});

} // namespace ohmloom
