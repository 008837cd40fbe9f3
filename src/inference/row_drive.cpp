#include "inference/row_drive.hpp"

#include "base/errors.hpp"
#include "converters/input_coding.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

namespace ohmloom {

namespace {

using NumberOf = std::function<double(Index image, Index row)>;

Matrix<double> matrix_of(const Matrix<double>& shape, const NumberOf& number) {
    Matrix<double> values(shape.rows(), shape.cols());
    for (Index k = 0; k < shape.rows(); ++k) {
        for (Index r = 0; r < shape.cols(); ++r) values(k, r) = number(k, r);
    }
    return values;
}

Matrix<std::int32_t> codes_of(const Matrix<double>& numbers, const DacBank& dac) {
    Matrix<std::int32_t> codes(numbers.rows(), numbers.cols());
    std::ranges::transform(numbers.values(), codes.values().begin(),
                           [&](double x) { return dac.encode(std::clamp(x, 0.0, 1.0)); });
    return codes;
}

/// Bits and time slots are exact; an error of a level means nothing to them.
void require_ideal_levels(const DacBank& dac) {
    for (Index r = 0; r < dac.rows(); ++r) {
        for (std::int32_t code = 0; code <= dac.highest_code(); ++code) {
            if (dac.level(r, code) != static_cast<double>(code) / dac.highest_code()) {
                throw InputError("rows driven bit by bit, or slot by slot for cells that are not linear, "
                                 "have no levels that could "
                                 "be wrong: expected [dac] without a curve and without sigmas");
            }
        }
    }
}

/// Bit after bit; codes of `is_signed` numbers in two's complement.
RowDrive bits_of(const Matrix<double>& numbers, const DacBank& dac, double v_full, bool is_signed) {
    require_ideal_levels(dac);
    Matrix<std::int32_t> codes = codes_of(numbers, dac);
    auto bits = static_cast<int>(std::bit_width(static_cast<std::uint32_t>(dac.highest_code())));
    if (is_signed) {
        const Matrix<std::int32_t> below = codes_of(split_signs(numbers).negative, dac);
        std::ranges::transform(codes.values(), below.values(), codes.values().begin(), std::minus<>{});
        ++bits;
    }
    RowDrive drive;
    for (const Matrix<std::int32_t>& plane : bit_planes(codes, bits, is_signed)) {
        const auto on = [&](Index k, Index r) { return plane(k, r) != 0 ? v_full : 0.0; };
        const auto bit = static_cast<int>(drive.conversions.size());
        const double sign = is_signed && bit + 1 == bits ? -1.0 : 1.0;
        drive.conversions.push_back({{{matrix_of(numbers, on), 1.0}}, std::ldexp(sign, bit), {}});
    }
    drive.sum_scale = 1.0 / dac.highest_code();
    return drive;
}

/// One phase for every time slot: rows are on until their code is reached.
RowDrive slots_of(const Matrix<double>& numbers, const DacBank& dac, double v_full) {
    require_ideal_levels(dac);
    const Matrix<std::int32_t> codes = codes_of(numbers, dac);
    RowDrive::Conversion conversion;
    for (std::int32_t slot = 0; slot < dac.highest_code(); ++slot) {
        const auto on = [&](Index k, Index r) { return codes(k, r) > slot ? v_full : 0.0; };
        conversion.phases.push_back({matrix_of(numbers, on), 1.0 / dac.highest_code()});
    }
    RowDrive drive;
    drive.conversions.push_back(std::move(conversion));
    return drive;
}

/// All at once, as voltages or as times.
RowDrive levels_of(const Matrix<double>& numbers, RowInput input, const std::optional<DacBank>& dac,
                   double v_full) {
    Matrix<double> part = numbers;
    for (double& x : part.values()) x = std::clamp(x, 0.0, 1.0);
    if (dac) {
        const Matrix<std::int32_t> codes = codes_of(numbers, *dac);
        part = matrix_of(numbers, [&](Index k, Index r) { return dac->level(r, codes(k, r)); });
    }
    // A pulse lasts no less than no time, and no longer than the read time.
    for (double& x : part.values()) x = input == RowInput::pulse_width ? std::clamp(x, 0.0, 1.0) : x;
    RowDrive::Conversion conversion;
    conversion.phases.push_back(
        {matrix_of(part, [&](Index k, Index r) { return v_full * part(k, r); }), 1.0});
    if (input == RowInput::pulse_width) conversion.on_time = std::move(part);
    RowDrive drive;
    drive.conversions.push_back(std::move(conversion));
    return drive;
}

/// Drives rows with numbers in [0, 1].
RowDrive drive_magnitudes(const Matrix<double>& numbers, const RowCoding& coding,
                          const std::optional<DacBank>& dac, bool linear) {
    if (coding.input == RowInput::bit_serial) return bits_of(numbers, *dac, coding.v_full, false);
    if (coding.input == RowInput::pulse_width && !linear) return slots_of(numbers, *dac, coding.v_full);
    return levels_of(numbers, coding.input, dac, coding.v_full);
}

RowDrive drive_two_phases(const Matrix<double>& numbers, const RowCoding& coding,
                          const std::optional<DacBank>& dac, bool linear) {
    const SignPhases parts = split_signs(numbers);
    RowDrive drive = drive_magnitudes(parts.positive, coding, dac, linear);
    for (RowDrive::Conversion& conversion :
         drive_magnitudes(parts.negative, coding, dac, linear).conversions) {
        conversion.weight = -conversion.weight;
        drive.conversions.push_back(std::move(conversion));
    }
    return drive;
}

void require_converters(const RowCoding& coding, bool has_dac, bool linear) {
    if (coding.input == RowInput::bit_serial && !has_dac)
        throw InputError("bit-serial rows need the bits of a converter, but there is none: give [dac] bits");
    if (coding.input == RowInput::pulse_width && !linear && !has_dac) {
        throw InputError("pulse widths on cells that are not linear need the time slots of a converter, "
                         "but there is none: "
                         "give [dac] bits");
    }
    if (coding.signs == RowSigns::twos_complement && coding.input != RowInput::bit_serial) {
        throw InputError(
            "two's complement is of rows that are driven bit by bit: expected bit-serial rows, or "
            "signs by two phases or row pairs");
    }
}

} // namespace

RowDrive drive_rows(const Matrix<double>& numbers, const RowCoding& coding, const std::optional<DacBank>& dac,
                    bool linear) {
    require_converters(coding, dac.has_value(), linear);
    if (coding.signs == RowSigns::two_phases) return drive_two_phases(numbers, coding, dac, linear);
    if (coding.signs == RowSigns::twos_complement) return bits_of(numbers, *dac, coding.v_full, true);
    return drive_magnitudes(numbers, coding, dac, linear);
}

} // namespace ohmloom
