#pragma once

#include "converters/adc_bank.hpp"

namespace ohmloom {

/// What is known of every converter when its codes are turned into values.
enum class CalibrationKind {
    none,        ///< nothing: codes stand for the middle of their ideal piece
    offset,      ///< the mean error around the middle of the range
    offset_gain, ///< the line of least squares through known inputs and their codes
    table,       ///< the mean of the known inputs that gave each code
};

/// How a calibration is made, and what its digital part costs. Sources of the costs: README of this folder.
struct Calibration {
    CalibrationKind kind = CalibrationKind::none;
    Index points = 16;                ///< known inputs for each converter; for a table, for each code
    int guard_bits = 2;               ///< corrected values are kept to LSB / 2^guard_bits
    double area_per_bit = 0.127e-12;  ///< [m²] of memory
    double add_energy = 0.03e-12;     ///< [J] of one addition
    double multiply_energy = 0.2e-12; ///< [J] of one multiplication
    double read_energy = 0.16e-12;    ///< [J] of reading one bit of a table
};

/// @throws InputError naming a value that is out of range.
void validate(const Calibration& calibration);

/// What a calibration takes, for all columns of a bank. Columns that share converter and range share its calibration.
struct CalibrationCost {
    Index conversions = 0; ///< of known inputs
    double time =
        0.0; ///< [s] once: ranges of one converter one after the other, all converters at the same time
    double energy = 0.0;              ///< [J] once
    double energy_per_conversion = 0; ///< [J] of the correction of one code, ever after
    Index stored_bits = 0;
    double area = 0.0; ///< [m²] of what is stored
};

/// Values that the codes of each column stand for.
class CodeValues {
public:
    CodeValues(Index columns, std::int32_t lowest_code, Index codes)
        : lowest_(lowest_code), values_(columns, codes) {}

    [[nodiscard]] double value(Index column, std::int32_t code) const {
        return values_(column, code - lowest_);
    }
    double& value(Index column, std::int32_t code) { return values_(column, code - lowest_); }
    [[nodiscard]] std::int32_t lowest_code() const { return lowest_; }
    /// [columns × codes], from the lowest code on.
    [[nodiscard]] const Matrix<double>& values() const { return values_; }
    /// Values of `codes` [batch × columns].
    [[nodiscard]] Matrix<double> apply(const Matrix<std::int32_t>& codes) const;

private:
    std::int32_t lowest_;
    Matrix<double> values_;
};

struct CalibratedCodes {
    CodeValues values;
    CalibrationCost cost;
};

/// First of the sample numbers that calibrations convert: far from those of an inference, so that both have noise of their own.
constexpr Index calibration_sample = Index{1} << 31;

/// Calibrates a bank as a tester would: it converts known inputs, noise included, and sees nothing but the codes. Codes that no known
/// input gives are put between their neighbours.
CalibratedCodes calibrate(const AdcBank& bank, const Calibration& calibration);

} // namespace ohmloom
