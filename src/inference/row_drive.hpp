#pragma once

#include "base/matrix.hpp"
#include "converters/dac.hpp"
#include "mapping/plan.hpp"

#include <optional>
#include <vector>

namespace ohmloom {

/// How a number becomes the drive of a row.
enum class RowInput {
    level, ///< a voltage
    pulse_width, ///< full voltage for a part of the read time; the outputs are averaged (charge) before they are converted
    bit_serial, ///< full voltage or none, bit by bit; the outputs of the bits are converted and added digitally
};

/// How numbers reach the rows of a layer.
struct RowCoding {
    RowInput input = RowInput::level;
    std::optional<RowSigns>
        signs;           ///< of numbers in [−1, 1]: in phases or in two's complement; none: in [0, 1]
    double v_full = 0.0; ///< [V] of a row at 1
};

/// What a tile's rows are driven with to give it a set of numbers: one or several sets of voltages, one after the other, each for an equal
/// part of the time.
struct RowDrive {
    struct Phase {
        Matrix<double> v;    ///< [images x rows] [V]
        double weight = 1.0; ///< of its outputs in what is converted
    };
    /// Phases whose outputs are averaged (charge) and converted together.
    struct Conversion {
        std::vector<Phase> phases;
        double weight = 1.0; ///< in the digital sum of all conversions, which `sum_scale` multiplies
        /// [images x rows] with pulse widths on linear arrays, whose outputs over time are those of mean voltages, in one phase: the part
        /// of the time that each row is on. Empty otherwise.
        Matrix<double> on_time;
    };
    std::vector<Conversion> conversions;
    double sum_scale = 1.0;
};

/// Drives the rows of a tile with numbers [images x rows]; those out of range are cut. Without converters the numbers become
/// voltages as they are.
///
/// Level: v = v_full·level(row, code). Pulse width: the levels, cut to [0, 1], are parts of the read time; `linear` arrays need one phase,
/// others one per time slot. Bit-serial: conversions of bit k weigh 2^k of 2^bits − 1.
/// Two phases: all of this for the numbers above 0, then for the magnitudes of those below, whose weights are negative. Two's complement:
/// codes of either sign have one bit more, of weight −2^bits.
/// @throws InputError if bits or time slots are asked for, but there are no converters whose they are, or converters with errors: these
/// are errors of levels; or two's complement of rows that are not driven bit by bit.
RowDrive drive_rows(const Matrix<double>& numbers, const RowCoding& coding, const std::optional<DacBank>& dac,
                    bool linear);

} // namespace ohmloom
