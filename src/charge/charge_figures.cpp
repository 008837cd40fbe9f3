#include "charge/charge_figures.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

constexpr std::uint32_t trial_tile = 0xffffffff; // apart from every tile of a network

double mean_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_energy(const ChargeResponse& response, const Matrix<double>& v) {
    const Matrix<double> moments = transposed_multiply(v, v);
    return std::inner_product(moments.values().begin(), moments.values().end(),
                              response.energy.values().begin(), 0.0) /
           static_cast<double>(v.rows());
}

} // namespace

void validate(const ChargeTrial& trial) {
    const auto require = [](bool holds, std::string_view what, double value, std::string_view expected) {
        if (!holds) throw InputError(fmt::format("{} is {}: expected {}", what, value, expected));
    };
    require(trial.rows >= 1, "rows", static_cast<double>(trial.rows), "at least 1");
    require(trial.columns >= 1, "columns", static_cast<double>(trial.columns), "at least 1");
    require(trial.vectors >= 1, "vectors", static_cast<double>(trial.vectors), "at least 1");
    require(trial.supply > 0.0 && std::isfinite(trial.supply), "supply", trial.supply, "a voltage above 0 V");
}

Matrix<std::int32_t> random_codes(const ChargeTrial& trial, const ChargeArrayDesign& design) {
    const RandomStream stream(trial.seed, RandomPurpose::weight_initialisation);
    Matrix<std::int32_t> codes(trial.columns, trial.rows);
    for (Index c = 0; c < trial.columns; ++c) {
        for (Index r = 0; r < trial.rows; ++r)
            codes(c, r) = static_cast<std::int32_t>(std::ldexp(
                stream.uniform(trial_tile, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c)),
                design.cell.bits));
    }
    return codes;
}

Matrix<double> random_inputs(const ChargeTrial& trial, ChargeDrive drive) {
    const RandomStream stream(trial.seed, RandomPurpose::test_generation);
    Matrix<double> v(trial.vectors, trial.rows);
    for (Index k = 0; k < v.rows(); ++k) {
        for (Index r = 0; r < v.cols(); ++r) {
            const double part =
                stream.uniform(trial_tile, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(r));
            v(k, r) = trial.supply * (drive == ChargeDrive::differential ? 2.0 * part - 1.0 : part);
        }
    }
    return v;
}

ChargeFigures charge_figures(const ChargeArray& array, const ChargeTrial& trial) {
    validate(trial);
    const ChargeCellDesign& cell = array.design.cell;
    ChargeFigures figures;
    ChargeCellDesign even = cell;
    even.unit_sigma = 0.0;
    figures.cell_inl = largest_nonlinearity(charge_cell(even, draw_capacitors(even, {})));
    for (const CellCapacitors& drawn : array.cells)
        figures.cell_inl_drawn +=
            largest_nonlinearity(charge_cell(cell, drawn)) / static_cast<double>(array.cells.size());
    ChargeResponse response = charge_response(array);
    figures.capacitance = mean_of(response.capacitance);
    figures.noise = mean_of(response.noise);
    figures.offset = mean_of(response.offset);
    for (double& offset : response.offset)
        offset -= figures.offset; // what all columns have is no error once the range is set
    const Matrix<double> v = random_inputs(trial, array.design.drive);
    figures.products = product_error(array, v, column_voltages(response, v), trial.supply);
    figures.noisy_products =
        product_error(array, v, column_voltages(response, v, {trial.seed, trial_tile, 0}), trial.supply);
    figures.cycle_energy = mean_energy(response, v);
    figures.energy_per_product = figures.cycle_energy / static_cast<double>(array.codes.values().size());
    return figures;
}

} // namespace ohmloom
