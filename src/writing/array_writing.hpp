#pragma once

#include "base/progress.hpp"
#include "devicemodels/device_model.hpp"
#include "writing/array_pulse.hpp"

#include <optional>

namespace ohmloom {

/// Which cells get a pulse at one time.
enum class WriteOrder {
    rows, ///< all cells of a row that need the same voltage
    cells ///< one
};

/// What replaces the device's own pulse.
struct PulseChange {
    std::optional<double> v{};     ///< [V]
    std::optional<double> width{}; ///< [s]
};

/// How an array is written.
struct WritingOptions {
    SelectScheme scheme = SelectScheme::half;
    WriteOrder order = WriteOrder::rows;
    PulseChange up{}, down{};   ///< of cells below and above their target
    double tolerance = 0.02;    ///< accepted error, as a part of the device's greatest conductance
    int max_pulses = 50;        ///< of a cell, in one pass
    int passes = 1;             ///< times that the array is gone over; the later ones mend what was disturbed
    double temperature = 300.0; ///< [K]
    std::uint64_t seed = 1;
    std::uint32_t tile = 0; ///< which array it is: devices of different tiles differ
    PulseAccuracy accuracy{};
    Progress progress{}; ///< stage "writing", in rows
};

/// An array after writing. All matrices are [rows x lines].
struct WrittenArray {
    Matrix<double> initial;  ///< [S]
    Matrix<double> target;   ///< [S] 0: no cell
    Matrix<double> verified; ///< [S] when the cell's row was left
    Matrix<double> got;      ///< [S] when all was done
    Matrix<double> disturb;  ///< [S] sum of the changes by pulses that did not address the cell
    Matrix<std::int32_t> pulses;
    Matrix<std::uint8_t> reached; ///< 1: the cell met its target when its row was left
    Matrix<std::uint8_t> met;     ///< 1: it did so when all was done
    Matrix<double> cell_energy;   ///< [J]
    ArrayPower energy;            ///< [J]
    double time = 0.0;            ///< [s] all pulses one after another, without looks
    double shortest_pulse = 0.0;  ///< [s] 0: there was none
    double slowest_line = 0.0;    ///< [s] Elmore delay: pulses are followed as if it were 0
    Index array_pulses = 0;
    Index solutions = 0; ///< of the array
    Index unsolved = 0;  ///< those that did not converge
};

/// Brings the cells of an array to their targets, row by row, by pulses through its wires: a look at each cell of a row, then a pulse to
/// those that do not meet their target, and so on until all of them do or have had their pulses. A look tells a cell's own conductance and
/// takes no time.
///
/// A target of exactly 0 is no cell. `initial` holds where the cells begin, to a thousandth where the device can be brought there; empty: fresh
/// devices. Conductances of `wires` do not matter.
/// @throws InputError naming what is wrong: a target's place, a device without pulses of its own, a pulse of the wrong sign, a law that
/// does not cover the voltages.
WrittenArray write_array(const Crossbar& wires, const Matrix<double>& target, const Matrix<double>& initial,
                         const DeviceModel& device, const WritingOptions& options);

/// How the cells ended, and what was done to them while others were written.
struct WritingSummary {
    Index cells = 0, reached = 0, met = 0;
    double error_mean = 0.0;  ///< [S] magnitude of got − target
    double error_worst = 0.0; ///< [S]
    Index error_row = 0, error_line = 0;
    double disturb_mean = 0.0;  ///< [S] magnitude
    double disturb_worst = 0.0; ///< [S] with its sign
    Index disturb_row = 0, disturb_line = 0;
    double pulses_mean = 0.0;
    std::int32_t pulses_most = 0;
    double imbalance = 0.0; ///< what sources gave less cells, wires and drivers, over what they gave
};
WritingSummary summary_of(const WrittenArray& written);

} // namespace ohmloom
