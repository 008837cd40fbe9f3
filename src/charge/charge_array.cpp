#include "charge/charge_array.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "base/si.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

constexpr double boltzmann = 1.380649e-23; // [J/K], exact in the SI
constexpr std::uint32_t injection_row = 0xffffffff;

void require(bool holds, std::string_view field, double value, std::string_view expected) {
    if (!holds)
        throw InputError(fmt::format("a charge array's {} is {}: expected {}", field, value, expected));
}

std::vector<double> sides(std::int32_t code, const ChargeArrayDesign& design) {
    std::vector<double> all;
    for (Index bit = 0; bit < design.cell.bits; ++bit) all.push_back(branch_side(code, bit, design.drive));
    return all;
}

double quadratic(const Matrix<double>& form, std::span<const double> x) {
    double sum = 0.0;
    for (Index i = 0; i < form.rows(); ++i)
        sum +=
            x[static_cast<std::size_t>(i)] * std::inner_product(x.begin(), x.end(), form.row(i).begin(), 0.0);
    return sum;
}

} // namespace

std::string_view name_of(ChargeDrive drive) {
    return drive == ChargeDrive::differential ? "differential" : "single-ended";
}

void validate(const ChargeArrayDesign& design) {
    validate(design.cell);
    require(design.column_capacitance >= 0.0 && std::isfinite(design.column_capacitance),
            "column_capacitance", design.column_capacitance, "at least 0 F");
    require(design.temperature >= 0.0 && std::isfinite(design.temperature), "temperature", design.temperature,
            "at least 0 K");
    require(std::isfinite(design.injection), "injection", design.injection, "a charge in C");
    require(design.injection_sigma >= 0.0 && std::isfinite(design.injection_sigma), "injection_sigma",
            design.injection_sigma, "at least 0 C");
}

std::string describe(const ChargeArrayDesign& design) {
    return fmt::format("{}, {} bit, {}", name_of(design.cell.kind), design.cell.bits,
                       format_si(design.cell.unit, "F"));
}

ChargeArray make_charge_array(const ChargeArrayDesign& design, const Matrix<std::int32_t>& codes,
                              std::uint64_t seed, std::uint32_t tile) {
    validate(design);
    const std::int32_t highest = (std::int32_t{1} << design.cell.bits) - 1;
    for (Index c = 0; c < codes.rows(); ++c) {
        for (Index r = 0; r < codes.cols(); ++r) {
            if (codes(c, r) < 0 || codes(c, r) > highest)
                throw InputError(
                    fmt::format("the code {} of row {}, column {} is not within 0 and {}, which {} "
                                "bits can hold",
                                codes(c, r), r, c, highest, design.cell.bits));
        }
    }
    ChargeArray array{design, codes, {}, {}};
    array.cells.resize(codes.values().size());
    array.injection.resize(static_cast<std::size_t>(codes.rows()));
    const RandomStream stream(seed, RandomPurpose::device_variation);
    parallel_for(codes.rows(), [&](Index c) {
        const auto column = static_cast<std::uint32_t>(c);
        for (Index r = 0; r < codes.cols(); ++r) {
            const auto drawn = [&](std::uint32_t draw) {
                return stream.normal(tile, static_cast<std::uint32_t>(r), column, draw);
            };
            array.cells[static_cast<std::size_t>(c * codes.cols() + r)] = draw_capacitors(design.cell, drawn);
        }
        array.injection[static_cast<std::size_t>(c)] =
            design.injection + (design.injection_sigma == 0.0
                                    ? 0.0
                                    : design.injection_sigma * stream.normal(tile, injection_row, column));
    });
    return array;
}

double branch_side(std::int32_t code, Index bit, ChargeDrive drive) {
    if ((code >> bit & 1) != 0) return 1.0;
    return drive == ChargeDrive::differential ? -1.0 : 0.0;
}

double weight_of(std::int32_t code, const ChargeArrayDesign& design) {
    const double count = std::ldexp(1.0, design.cell.bits);
    return design.drive == ChargeDrive::differential ? (2.0 * code - count + 1.0) / count : code / count;
}

std::int32_t code_for(double w, const ChargeArrayDesign& design) {
    const double count = std::ldexp(1.0, design.cell.bits);
    const double code =
        design.drive == ChargeDrive::differential ? 0.5 * (w * count + count - 1.0) : w * count;
    return static_cast<std::int32_t>(std::clamp(std::floor(code + 0.5), 0.0, count - 1.0));
}

ChargeResponse charge_response(const ChargeArray& array, bool energy) {
    const Index columns = array.codes.rows(), rows = array.codes.cols();
    const auto count = static_cast<std::size_t>(columns);
    ChargeResponse response{Matrix<double>(columns, rows), std::vector<double>(count),
                            std::vector<double>(count), std::vector<double>(count),
                            energy ? Matrix<double>(rows, rows) : Matrix<double>()};
    Matrix<double> taken(columns, rows); // [F] by each row's drivers with the column at 0 V
    parallel_for(columns, [&](Index c) {
        double capacitance = array.design.column_capacitance;
        for (Index r = 0; r < rows; ++r) {
            const ChargeCell cell = charge_cell(array.design.cell, array.cell(c, r), energy);
            const std::vector<double> side = sides(array.codes(c, r), array.design);
            capacitance += cell.capacitance;
            response.transfer(c, r) =
                std::inner_product(side.begin(), side.end(), cell.coupling.begin(), 0.0); // [F]
            if (energy) taken(c, r) = quadratic(cell.energy, side);
        }
        for (double& coupling : response.transfer.row(c)) coupling /= capacitance;
        const auto at = static_cast<std::size_t>(c);
        response.capacitance[at] = capacitance;
        response.offset[at] = array.injection[at] / capacitance;
        response.noise[at] = std::sqrt(boltzmann * array.design.temperature / capacitance);
    });
    if (!energy) return response;
    // A column at v_c takes C·v_c less charge than one at 0 V, through cells that do v_c of work on it: E = Σ d·v² − C·v_c².
    Matrix<double> weighted = response.transfer;
    for (Index c = 0; c < columns; ++c) {
        for (double& value : weighted.row(c)) value *= -response.capacitance[static_cast<std::size_t>(c)];
        for (Index r = 0; r < rows; ++r) response.energy(r, r) += taken(c, r);
    }
    const Matrix<double> shared = transposed_multiply(weighted, response.transfer);
    std::ranges::transform(response.energy.values(), shared.values(), response.energy.values().begin(),
                           std::plus<>());
    return response;
}

double designed_gain(const ChargeArrayDesign& design, Index rows) {
    ChargeCellDesign even = design.cell;
    even.unit_sigma = 0.0;
    const ChargeCell cell = charge_cell(even, draw_capacitors(even, {}), false);
    double products = 0.0, squares = 0.0;
    for (std::int32_t code = 0; code < std::int32_t{1} << even.bits; ++code) {
        const std::vector<double> side = sides(code, design);
        const double weight = weight_of(code, design);
        products += weight * std::inner_product(side.begin(), side.end(), cell.coupling.begin(), 0.0);
        squares += weight * weight;
    }
    return products / squares / (design.column_capacitance + static_cast<double>(rows) * cell.capacitance);
}

Matrix<double> column_voltages(const ChargeResponse& response, const Matrix<double>& v) {
    Matrix<double> u = multiply_transposed(v, response.transfer);
    for (Index k = 0; k < u.rows(); ++k)
        std::ranges::transform(u.row(k), response.offset, u.row(k).begin(), std::plus<>());
    return u;
}

Matrix<double> column_voltages(const ChargeResponse& response, const Matrix<double>& v,
                               const ChargeNoise& noise) {
    Matrix<double> u = column_voltages(response, v);
    const RandomStream stream(noise.seed, RandomPurpose::device_read);
    parallel_for(u.rows(), [&](Index k) {
        for (Index c = 0; c < u.cols(); ++c) {
            u(k, c) += response.noise[static_cast<std::size_t>(c)] *
                       stream.normal(noise.tile, noise.first_vector + static_cast<std::uint32_t>(k),
                                     static_cast<std::uint32_t>(c));
        }
    });
    return u;
}

ProductError product_error(const ChargeArray& array, const Matrix<double>& v, const Matrix<double>& found,
                           double full_scale) {
    Matrix<double> weights(array.codes.rows(), array.codes.cols());
    std::ranges::transform(array.codes.values(), weights.values().begin(), [&](std::int32_t code) {
        return weight_of(code, array.design) / static_cast<double>(array.codes.cols());
    });
    const Matrix<double> exact = multiply_transposed(v, weights);
    const std::vector<double>&e = exact.values(), &f = found.values();
    ProductError error;
    const double squares = std::inner_product(e.begin(), e.end(), e.begin(), 0.0);
    if (squares > 0.0) error.gain = std::inner_product(e.begin(), e.end(), f.begin(), 0.0) / squares;
    double sum = 0.0;
    for (std::size_t k = 0; k < e.size(); ++k) {
        const double left = (f[k] / error.gain - e[k]) / full_scale;
        sum += left * left;
        error.largest = std::max(error.largest, std::abs(left));
    }
    error.rms = std::sqrt(sum / static_cast<double>(std::max<std::size_t>(e.size(), 1)));
    return error;
}

} // namespace ohmloom
