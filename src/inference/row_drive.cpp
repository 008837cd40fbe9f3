#include "inference/row_drive.hpp"

#include "base/errors.hpp"
#include "converters/input_coding.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

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

RowDrive one_phase(Matrix<double> v) {
    RowDrive drive;
    drive.phases.push_back({std::move(v), 1.0});
    return drive;
}

RowDrive bits_of(const Matrix<double>& numbers, const DacBank& dac, double v_full) {
    require_ideal_levels(dac);
    const Matrix<std::int32_t> codes = codes_of(numbers, dac);
    RowDrive drive;
    drive.convert_each = true;
    const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint32_t>(dac.highest_code())));
    const std::vector<Matrix<std::int32_t>> planes = bit_planes(codes, bits, false);
    for (std::size_t bit = 0; bit < planes.size(); ++bit) {
        const auto on = [&](Index k, Index r) { return planes[bit](k, r) != 0 ? v_full : 0.0; };
        drive.phases.push_back({matrix_of(numbers, on), std::ldexp(1.0, static_cast<int>(bit))});
    }
    drive.sum_scale = 1.0 / dac.highest_code();
    return drive;
}

/// One phase for every time slot: rows are on until their code is reached.
RowDrive slots_of(const Matrix<double>& numbers, const DacBank& dac, double v_full) {
    require_ideal_levels(dac);
    const Matrix<std::int32_t> codes = codes_of(numbers, dac);
    RowDrive drive;
    for (std::int32_t slot = 0; slot < dac.highest_code(); ++slot) {
        const auto on = [&](Index k, Index r) { return codes(k, r) > slot ? v_full : 0.0; };
        drive.phases.push_back({matrix_of(numbers, on), 1.0 / dac.highest_code()});
    }
    return drive;
}

} // namespace

RowDrive drive_rows(const Matrix<double>& numbers, RowInput input, const std::optional<DacBank>& dac,
                    double v_full, bool linear) {
    if (input == RowInput::bit_serial) {
        if (!dac)
            throw InputError(
                "bit-serial rows need the bits of a converter, but there is none: give [dac] bits");
        return bits_of(numbers, *dac, v_full);
    }
    if (input == RowInput::pulse_width && !linear) {
        if (!dac) {
            throw InputError("pulse widths on cells that are not linear need the time slots of a converter, "
                             "but there is none: "
                             "give [dac] bits");
        }
        return slots_of(numbers, *dac, v_full);
    }
    Matrix<double> part = numbers;
    for (double& x : part.values()) x = std::clamp(x, 0.0, 1.0);
    if (dac) {
        const Matrix<std::int32_t> codes = codes_of(numbers, *dac);
        part = matrix_of(numbers, [&](Index k, Index r) { return dac->level(r, codes(k, r)); });
    }
    // A pulse lasts no less than no time, and no longer than the read time.
    for (double& x : part.values()) x = input == RowInput::pulse_width ? std::clamp(x, 0.0, 1.0) : x;
    RowDrive drive = one_phase(matrix_of(part, [&](Index k, Index r) { return v_full * part(k, r); }));
    if (input == RowInput::pulse_width) drive.on_time = std::move(part);
    return drive;
}

} // namespace ohmloom
