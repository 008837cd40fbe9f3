#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "devicemodels/device_model.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace ohmloom {

/// How an array of devices is programmed and read.
struct ProgrammingOptions {
    ProgrammingScheme scheme{};
    ReadCondition read{};   ///< when after programming, and how warm
    bool read_noise = true; ///< the error that stays for one read-out
    std::uint64_t seed = 1;
    std::uint32_t tile = 0;        ///< which array it is: devices of different tiles differ
    std::uint32_t read_number = 0; ///< read-outs of one programming differ by it
};

/// The cells of an array right after programming: what neither time, temperature nor read-out has touched. All matrices are [rows x lines].
struct ProgrammedCells {
    Matrix<double> asked; ///< [S]
    Matrix<DeviceState> state;
    Matrix<std::int32_t> pulses;
    Matrix<double> energy;        ///< [J] of programming
    Matrix<std::uint8_t> reached; ///< 1 where write-verify ended within its tolerance
};

/// An array after programming, as it is found at the time of reading. All matrices are [rows x lines].
struct ProgrammedArray {
    CellModel cell;       ///< law of every cell at the temperature of reading
    Matrix<double> asked; ///< [S]
    Matrix<double> got;   ///< [S] right after programming
    Matrix<double> g;     ///< [S] at the time of reading
    Matrix<double> shape; ///< second number of each cell's law; empty if all are 0
    Matrix<std::int32_t> pulses;
    Matrix<double> energy;        ///< [J] of programming
    Matrix<std::uint8_t> reached; ///< 1 where write-verify ended within its tolerance
};

/// Programs every cell of an array towards its target and reads it.
///
/// A target of exactly 0 is no cell: nothing is programmed and nothing conducts there. Targets outside the device's
/// range are refused, or brought to its ends if `cut` is set; a device with two states takes the nearer one.
/// All chance depends on seed, tile, row and line alone: any number of threads gives the same array.
/// @throws InputError naming the place of a target that is not finite, negative or out of range.
ProgrammedArray program_array(const Matrix<double>& target, const DeviceModel& device,
                              const ProgrammingOptions& options, bool cut = false);

/// The first half of program_array(): of the options only scheme, seed and tile matter. @throws InputError likewise.
ProgrammedCells program_cells(const Matrix<double>& target, const DeviceModel& device,
                              const ProgrammingOptions& options, bool cut = false);

/// The other half: cells of the same device as they are found at the time of reading. `options` as they were programmed with, but for
/// time, temperature and what concerns the read-out.
ProgrammedArray read_cells(const ProgrammedCells& cells, const DeviceModel& device,
                           const ProgrammingOptions& options);

/// Checks that a device can be programmed to every conductance of an array; 0 is no cell. With `cut` those out of range are let through.
/// @throws InputError naming the place of the first one that cannot be, as the `what` conductance.
void require_targets(const Matrix<double>& target, const DeviceModel& device, bool cut = false,
                     std::string_view what = "target");

/// The crossbar with its cells replaced by programmed ones.
Crossbar with_devices(Crossbar crossbar, ProgrammedArray programmed);

/// How far the conductances at the time of reading are from those asked, over the cells that are there.
struct ConductanceError {
    Index cells = 0;
    double mean = 0.0;   ///< [S] of g − asked
    double spread = 0.0; ///< [S] standard deviation
    double worst = 0.0;  ///< [S] largest magnitude
    Index worst_row = 0, worst_line = 0;
    double energy = 0.0; ///< [J] of programming, all cells
    double pulses = 0.0; ///< mean per cell
};
ConductanceError conductance_error(const ProgrammedArray& programmed);

/// The errors of several arrays as one; the place of the worst is that in its own array.
ConductanceError join_errors(std::span<const ConductanceError> errors);

/// Factor by which an array's outputs are multiplied so that what has drifted away comes back in the mean: the sum of
/// all conductances right after programming over that at the time of reading, which is what reading the array with all
/// inputs at one voltage tells. The denominator is floored at 1e-4 of the numerator.
double drift_compensation(const ProgrammedArray& programmed);

} // namespace ohmloom
