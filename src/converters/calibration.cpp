#include "converters/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

/// Known inputs of every column [points × columns], evenly over a part of its range around the middle, without its ends.
Matrix<double> known_inputs(const AdcBank& bank, Index points, double part) {
    Matrix<double> x(points, bank.columns());
    for (Index c = 0; c < x.cols(); ++c) {
        const InputRange range = bank.grid(c).range();
        const double middle = 0.5 * range.low + 0.5 * range.high, width = part * (range.high - range.low);
        for (Index p = 0; p < points; ++p)
            x(p, c) = middle + width * ((static_cast<double>(p) + 0.5) / static_cast<double>(points) - 0.5);
    }
    return x;
}

/// value = shift + gain·(ideal value)
struct Line {
    double shift = 0.0, gain = 1.0;
};

double mean_error(const AdcBank& bank, const Matrix<double>& x, const Matrix<std::int32_t>& codes,
                  Index column) {
    double sum = 0.0;
    for (Index p = 0; p < x.rows(); ++p) sum += x(p, column) - bank.code_value(column, codes(p, column));
    return sum / static_cast<double>(x.rows());
}

/// Least squares of the inputs over the ideal values of their codes; without a spread of codes only the shift.
Line fitted_line(const AdcBank& bank, const Matrix<double>& x, const Matrix<std::int32_t>& codes,
                 Index column) {
    const auto count = static_cast<double>(x.rows());
    double mean_x = 0.0, mean_v = 0.0;
    for (Index p = 0; p < x.rows(); ++p) {
        mean_x += x(p, column) / count;
        mean_v += bank.code_value(column, codes(p, column)) / count;
    }
    double squares = 0.0, products = 0.0;
    for (Index p = 0; p < x.rows(); ++p) {
        const double v = bank.code_value(column, codes(p, column)) - mean_v;
        squares += v * v;
        products += v * (x(p, column) - mean_x);
    }
    const double gain = squares > 0.0 && products > 0.0 ? products / squares : 1.0;
    return {mean_x - gain * mean_v, gain};
}

/// Mean input of every code; codes that were not seen lie on the line between their neighbours that were, outer ones an LSB apart.
void fill_table(const AdcBank& bank, const Matrix<double>& x, const Matrix<std::int32_t>& codes, Index column,
                CodeValues& values) {
    const std::int32_t lowest = values.lowest_code();
    const auto count = static_cast<std::size_t>(values.values().cols());
    std::vector<double> sum(count, 0.0), seen(count, 0.0);
    for (Index p = 0; p < x.rows(); ++p) {
        const auto k = static_cast<std::size_t>(codes(p, column) - lowest);
        sum[k] += x(p, column);
        seen[k] += 1.0;
    }
    std::vector<std::size_t> known;
    for (std::size_t k = 0; k < count; ++k)
        if (seen[k] > 0.0) known.push_back(k);
    const auto mean = [&](std::size_t k) { return sum[k] / seen[k]; };
    const double lsb = bank.grid(column).step();
    std::size_t next = 0; // first known code that is not below k
    for (std::size_t k = 0; k < count; ++k) {
        while (next < known.size() && known[next] < k) ++next;
        double& value = values.value(column, lowest + static_cast<std::int32_t>(k));
        if (next == known.size()) {
            value = mean(known.back()) + lsb * static_cast<double>(k - known.back());
        } else if (known[next] == k) {
            value = mean(k);
        } else if (next == 0) {
            value = mean(known.front()) - lsb * static_cast<double>(known.front() - k);
        } else {
            const std::size_t low = known[next - 1], high = known[next];
            const double part = static_cast<double>(k - low) / static_cast<double>(high - low);
            value = mean(low) + part * (mean(high) - mean(low));
        }
    }
}

/// Values as they are stored: whole parts of an LSB away from the ideal value.
void round_to_guard_bits(const AdcBank& bank, int guard_bits, CodeValues& values) {
    for (Index c = 0; c < values.values().rows(); ++c) {
        const double unit = std::ldexp(bank.grid(c).step(), -guard_bits);
        for (Index k = 0; k < values.values().cols(); ++k) {
            const std::int32_t code = values.lowest_code() + static_cast<std::int32_t>(k);
            const double ideal = bank.code_value(c, code);
            double& value = values.value(c, code);
            value = ideal + unit * std::nearbyint((value - ideal) / unit);
        }
    }
}

/// Numbers that are kept of each calibrated converter: words of the converter's bits, a sign and the guard bits.
Index stored_words(CalibrationKind kind, Index codes) {
    switch (kind) {
    case CalibrationKind::none:
        return 0;
    case CalibrationKind::offset:
        return 1;
    case CalibrationKind::offset_gain:
        return 2;
    case CalibrationKind::table:
        break;
    }
    return codes;
}

CalibrationCost cost_of(const AdcBank& bank, const Calibration& calibration, Index points) {
    const AdcDesign& design = bank.design();
    const Index word = design.bits + 1 + calibration.guard_bits;
    CalibrationCost cost;
    // A converter is calibrated once for each of the ranges that its columns give it.
    std::vector<Index> calibrations(static_cast<std::size_t>((bank.columns() - 1) / design.sharing + 1), 0);
    for (Index c = 0; c < bank.columns(); ++c)
        calibrations[static_cast<std::size_t>(c / design.sharing)] += bank.first_alike(c) == c ? 1 : 0;
    const Index all = std::accumulate(calibrations.begin(), calibrations.end(), Index{0});
    cost.conversions = points * all;
    cost.time =
        static_cast<double>(points * *std::ranges::max_element(calibrations)) / design.cost.sample_rate;
    cost.energy = static_cast<double>(cost.conversions) * conversion_energy(design.cost, design.bits);
    cost.stored_bits = all * stored_words(calibration.kind, design.grid().count()) * word;
    cost.area = static_cast<double>(cost.stored_bits) * calibration.area_per_bit;
    switch (calibration.kind) {
    case CalibrationKind::none:
        break;
    case CalibrationKind::offset:
        cost.energy_per_conversion = calibration.add_energy;
        break;
    case CalibrationKind::offset_gain:
        cost.energy_per_conversion = calibration.add_energy + calibration.multiply_energy;
        break;
    case CalibrationKind::table:
        cost.energy_per_conversion = static_cast<double>(word) * calibration.read_energy;
        break;
    }
    return cost;
}

} // namespace

void validate(const Calibration& calibration) {
    if (calibration.points < 1 || calibration.points > 100000)
        throw InputError(
            fmt::format("the calibration has {} points: expected 1 to 100000", calibration.points));
    if (calibration.kind == CalibrationKind::offset_gain && calibration.points < 2)
        throw InputError("a calibration of offset and gain has 1 point: expected at least 2");
    if (calibration.guard_bits < 0 || calibration.guard_bits > 16)
        throw InputError(
            fmt::format("the calibration has {} guard bits: expected 0 to 16", calibration.guard_bits));
    for (const double cost : {calibration.area_per_bit, calibration.add_energy, calibration.multiply_energy,
                              calibration.read_energy})
        if (!std::isfinite(cost) || cost < 0.0)
            throw InputError(
                fmt::format("a cost of the calibration is {}: expected numbers of at least 0", cost));
}

Matrix<double> CodeValues::apply(const Matrix<std::int32_t>& codes) const {
    Matrix<double> values(codes.rows(), codes.cols());
    for (Index r = 0; r < codes.rows(); ++r)
        for (Index c = 0; c < codes.cols(); ++c) values(r, c) = value(c, codes(r, c));
    return values;
}

CalibratedCodes calibrate(const AdcBank& bank, const Calibration& calibration) {
    validate(calibration);
    const CodeGrid grid = bank.design().grid();
    CodeValues values(bank.columns(), grid.lowest_code(), grid.highest_code() - grid.lowest_code() + 1);
    for (Index c = 0; c < bank.columns(); ++c)
        for (std::int32_t code = grid.lowest_code(); code <= grid.highest_code(); ++code)
            values.value(c, code) = bank.code_value(c, code);
    if (calibration.kind == CalibrationKind::none) return {std::move(values), {}};

    const Index points = calibration.points * (calibration.kind == CalibrationKind::table ? grid.count() : 1);
    // An offset is seen around the middle, over four codes; a line over nine tenths, where nothing clips yet.
    const double part = calibration.kind == CalibrationKind::offset
                            ? std::min(1.0, 4.0 / static_cast<double>(grid.count()))
                        : calibration.kind == CalibrationKind::offset_gain ? 0.9
                                                                           : 1.0;
    const Matrix<double> x = known_inputs(bank, points, part);
    const Matrix<std::int32_t> codes = bank.convert(x, calibration_sample);
    for (Index c = 0; c < bank.columns(); ++c) {
        if (const Index alike = bank.first_alike(c); alike != c) {
            for (std::int32_t code = grid.lowest_code(); code <= grid.highest_code(); ++code)
                values.value(c, code) = values.value(alike, code);
            continue;
        }
        if (calibration.kind == CalibrationKind::table) {
            fill_table(bank, x, codes, c, values);
            continue;
        }
        const Line line = calibration.kind == CalibrationKind::offset
                              ? Line{mean_error(bank, x, codes, c), 1.0}
                              : fitted_line(bank, x, codes, c);
        for (std::int32_t code = grid.lowest_code(); code <= grid.highest_code(); ++code)
            values.value(c, code) = line.shift + line.gain * bank.code_value(c, code);
    }
    round_to_guard_bits(bank, calibration.guard_bits, values);
    return {std::move(values), cost_of(bank, calibration, points)};
}

} // namespace ohmloom
