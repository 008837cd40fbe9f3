#pragma once

#include "base/matrix.hpp"
#include "converters/dac.hpp"

#include <optional>
#include <vector>

namespace ohmloom {

/// How a number becomes the drive of a row.
enum class RowInput {
    level, ///< a voltage
    pulse_width, ///< full voltage for a part of the read time; the outputs are averaged (charge) before they are converted
    bit_serial, ///< full voltage or none, bit by bit; the outputs of the bits are converted and added digitally
};

/// What a tile's rows are driven with to give it a set of numbers: one or several sets of voltages, one after the other, each for an equal
/// part of the time.
struct RowDrive {
    struct Phase {
        Matrix<double> v;    ///< [images x rows] [V]
        double weight = 1.0; ///< of its outputs in the sum of all phases, which `sum_scale` multiplies
    };
    std::vector<Phase> phases;
    bool convert_each =
        false; ///< every phase has a conversion of its own, and the sum is digital: weights are whole numbers
    double sum_scale = 1.0;
    /// [images x rows] with pulse widths on linear arrays, whose outputs over time are those of mean voltages, in one phase: the part of
    /// the time that each row is on. Empty otherwise.
    Matrix<double> on_time;
};

/// Drives the rows of a tile with numbers in [0, 1], [images x rows]; those outside are cut. Without converters the numbers become
/// voltages as they are.
///
/// Level: v = v_full·level(row, code). Pulse width: the levels, cut to [0, 1], are parts of the read time; `linear` arrays need one phase,
/// others one per time slot. Bit-serial: phases of bit k weigh 2^k of 2^bits − 1.
/// @throws InputError if bits or time slots are asked for, but there are no converters whose they are, or converters with errors: these
/// are errors of levels.
RowDrive drive_rows(const Matrix<double>& numbers, RowInput input, const std::optional<DacBank>& dac,
                    double v_full, bool linear);

} // namespace ohmloom
