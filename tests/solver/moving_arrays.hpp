#pragma once

#include "array/crossbar.hpp"
#include "array/device_array.hpp"

#include <algorithm>
#include <vector>

namespace ohmloom::testing {

/// An array of so many cells on the given wires.
inline Crossbar wires_of(Index rows, Index lines, double r_segment = 0.0, double r_driver = 0.0) {
    Crossbar wires;
    wires.g = Matrix<double>(rows, lines, 1e-5);
    wires.r_row = wires.r_col = r_segment;
    wires.r_source.assign(static_cast<std::size_t>(rows), r_driver);
    wires.r_sense.assign(static_cast<std::size_t>(lines), r_driver);
    return wires;
}

/// Devices in the states that `state(row, line)` says.
template <class State>
DeviceArray devices_of(const DeviceModel& model, Index rows, Index lines, const State& state) {
    DeviceArray devices{&model, Matrix<DeviceState>(rows, lines), Matrix<std::uint8_t>(rows, lines, 1)};
    for (Index r = 0; r < rows; ++r) {
        for (Index l = 0; l < lines; ++l) devices.state(r, l) = state(r, l);
    }
    return devices;
}

inline DeviceArray fresh_devices(const DeviceModel& model, Index rows, Index lines) {
    return devices_of(model, rows, lines, [&](Index r, Index l) {
        return model.fresh({1, {0, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(l)}});
    });
}

/// All kinds of capacitance, of about c [F].
inline ArrayCapacitance some_capacitance(double c) {
    return {.row_ground = c,
            .col_ground = 1.2 * c,
            .row_coupling = 0.3 * c,
            .col_coupling = 0.4 * c,
            .cell = 0.2 * c,
            .driver = 2.0 * c,
            .sense = 3.0 * c};
}

} // namespace ohmloom::testing
