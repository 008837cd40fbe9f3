#include "resistance_sum/discharge.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "resistance_sum/ladder_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

using ladder_kernel::lane_count;

/// One number for every lane.
struct AlignedLanes {
    alignas(64) std::array<double, static_cast<std::size_t>(lane_count)> values;
};

/// Σ of parts of the modes at a time.
double decayed(const std::vector<double>& rate, const std::vector<double>& part, double t) {
    double sum = 0.0;
    for (std::size_t j = 0; j < rate.size(); ++j) sum += part[j] * std::exp(-rate[j] * t);
    return sum;
}

/// The next ln t from ln D against ln t: Halley's step, held to a factor of e.
double log_step(double wanted, double fall, double slope, double curvature) {
    // Contours meet numbers below their rounding, and 1 within it, at times that are far off.
    if (!(fall > 1e-9)) return 1.0;
    const double distance = std::log(wanted / fall);
    const double first = slope / fall;
    if (!(first > 1e-9)) return distance > 0.0 ? 1.0 : -1.0;
    const double second = (curvature + slope) / fall - first * first;
    const double newton = distance / first;
    const double bend = 1.0 + 0.5 * second * newton / first;
    return std::clamp(bend > 0.5 ? newton / bend : newton, -1.0, 1.0);
}

} // namespace

DischargeModes discharge_modes(const SeriesColumnDesign& design, std::span<const double> resistances) {
    const auto cells = resistances.size();
    const NodeCapacitances c = node_capacitances(design, static_cast<Index>(cells));
    if (c.between == 0.0) {
        const double sum = std::accumulate(resistances.begin(), resistances.end(), design.switch_resistance);
        return {{1.0 / (sum * c.sensed)}, {1.0}, {c.sensed}};
    }
    // C^(−1/2)·G·C^(−1/2), whose eigenvalues are the rates.
    std::vector<double> root(cells, std::sqrt(c.between)), diagonal(cells), beside(cells - 1);
    root[0] = std::sqrt(c.sensed);
    double before = 0.0; // conductance towards the sensed end
    for (std::size_t i = 0; i < cells; ++i) {
        const bool is_last = i + 1 == cells;
        const double behind = 1.0 / (resistances[i] + (is_last ? design.switch_resistance : 0.0));
        diagonal[i] = (before + behind) / (root[i] * root[i]);
        if (!is_last) beside[i] = -behind / (root[i] * root[i + 1]);
        before = behind;
    }
    const TridiagonalEigen eigen = tridiagonal_eigen(std::move(diagonal), std::move(beside));
    DischargeModes modes{eigen.values, std::vector<double>(cells), std::vector<double>(cells)};
    for (std::size_t j = 0; j < cells; ++j) {
        const auto vector = eigen.vectors.row(static_cast<Index>(j));
        const double overlap = std::inner_product(root.begin(), root.end(), vector.begin(), 0.0);
        modes.sensed[j] = vector[0] / root[0] * overlap;
        modes.charge[j] = overlap * overlap;
    }
    return modes;
}

double sensed_part(const DischargeModes& modes, double t) {
    return decayed(modes.rate, modes.sensed, t);
}

double charge_taken(const DischargeModes& modes, double t) {
    return std::accumulate(modes.charge.begin(), modes.charge.end(), 0.0) -
           decayed(modes.rate, modes.charge, t);
}

double crossing_time(const SeriesColumnDesign& design, const DischargeModes& modes) {
    const double wanted = design.threshold / design.precharge;
    double low = 0.0, high = 1.0 / modes.rate.front();
    while (sensed_part(modes, high) > wanted) high *= 2.0;
    while (high - low > 1e-15 * high) {
        const double middle = 0.5 * (low + high);
        if (middle == low || middle == high) break;
        (sensed_part(modes, middle) > wanted ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

double elmore_delay(const SeriesColumnDesign& design, std::span<const double> resistances) {
    const NodeCapacitances c = node_capacitances(design, static_cast<Index>(resistances.size()));
    double delay = 0.0, capacitance = c.sensed;
    for (const double resistance : resistances) {
        delay += resistance * capacitance;
        capacitance += c.between;
    }
    return delay + design.switch_resistance * (capacitance - c.between);
}

double single_pole_estimate(const SeriesColumnDesign& design, std::span<const double> resistances) {
    return elmore_delay(design, resistances) * std::log(design.precharge / design.threshold);
}

ColumnDischarge::ColumnDischarge(const SeriesColumnDesign& design, Index cells)
    : design_(design), cells_(cells), capacitance_(node_capacitances(design, cells)),
      drop_(1.0 - design.threshold / design.precharge) {
    validate(design);
    if (cells < 1) throw InputError(fmt::format("a series column has {} cells: expected at least 1", cells));
    const std::vector<double> uniform(static_cast<std::size_t>(cells),
                                      0.5 * (design.low.mean + design.high.mean));
    per_elmore_ = crossing_time(design, discharge_modes(design, uniform)) / elmore_delay(design, uniform);
}

void ColumnDischarge::solve_block(double* resistances, double* times) const {
    const ladder_kernel::LadderBlock block{resistances, cells_, capacitance_.sensed, capacitance_.between};
    for (Index lane = 0; lane < lane_count; ++lane) { // the Elmore delays
        double delay = 0.0, capacitance = capacitance_.sensed;
        resistances[(cells_ - 1) * lane_count + lane] += design_.switch_resistance;
        for (Index cell = 0; cell < cells_; ++cell, capacitance += capacitance_.between)
            delay += resistances[cell * lane_count + lane] * capacitance;
        times[lane] = per_elmore_ * delay;
    }
    constexpr int most_steps = 200;
    constexpr double near = 1e-4; // Halley's step leaves about its cube
    ladder_kernel::LadderFall found;
    for (int step = 0; step < most_steps; ++step) {
        ladder_kernel::ladder_fall(block, times, found);
        double largest = 0.0;
        for (std::size_t lane = 0; lane < static_cast<std::size_t>(lane_count); ++lane) {
            const double change = log_step(drop_, found.fall[lane], found.slope[lane], found.curvature[lane]);
            times[lane] *= std::exp(change);
            largest = std::max(largest, std::abs(change));
        }
        if (largest < near) return;
    }
    throw BackendError("the discharge of a series column did not meet its threshold within 200 steps");
}

std::vector<double> ColumnDischarge::crossing_times(const Matrix<double>& resistances) const {
    const Index columns = resistances.rows(), blocks = (columns + lane_count - 1) / lane_count;
    std::vector<double> times(static_cast<std::size_t>(columns));
    parallel_for(blocks, [&](Index block) {
        const Index first = block * lane_count;
        std::vector<AlignedLanes> lanes(static_cast<std::size_t>(cells_));
        for (Index lane = 0; lane < lane_count; ++lane) { // lanes beyond the last column repeat it
            const auto row = resistances.row(std::min(first + lane, columns - 1));
            for (std::size_t cell = 0; cell < lanes.size(); ++cell)
                lanes[cell].values[static_cast<std::size_t>(lane)] = row[cell];
        }
        AlignedLanes found;
        solve_block(lanes.front().values.data(), found.values.data());
        for (Index lane = 0; lane < std::min(lane_count, columns - first); ++lane)
            times[static_cast<std::size_t>(first + lane)] = found.values[static_cast<std::size_t>(lane)];
    });
    return times;
}

Matrix<double> ColumnDischarge::crossing_times(const SeriesArray& array, const Signs& inputs) const {
    const Index vectors = inputs.rows(), blocks = (vectors + lane_count - 1) / lane_count;
    const Index columns = array.weights.rows();
    Matrix<double> times(vectors, columns);
    parallel_for(blocks, [&](Index block) {
        const Index first = block * lane_count;
        const auto cells = static_cast<std::size_t>(cells_);
        std::vector<AlignedLanes> lanes(cells), chosen(cells);
        for (Index lane = 0; lane < lane_count; ++lane) {
            const auto row = inputs.row(std::min(first + lane, vectors - 1));
            for (std::size_t cell = 0; cell < cells; ++cell)
                chosen[cell].values[static_cast<std::size_t>(lane)] = row[cell];
        }
        AlignedLanes found;
        for (Index column = 0; column < columns; ++column) {
            const auto plus = array.plus.row(column), minus = array.minus.row(column);
            for (std::size_t cell = 0; cell < cells; ++cell) {
                const double high = plus[cell], low = minus[cell];
                for (std::size_t lane = 0; lane < static_cast<std::size_t>(lane_count); ++lane)
                    lanes[cell].values[lane] = chosen[cell].values[lane] > 0.0 ? high : low;
            }
            solve_block(lanes.front().values.data(), found.values.data());
            for (Index lane = 0; lane < std::min(lane_count, vectors - first); ++lane)
                times(first + lane, column) = found.values[static_cast<std::size_t>(lane)];
        }
    });
    return times;
}

double ColumnDischarge::nominal_time(double mismatches) const {
    const double part = mismatches / static_cast<double>(cells_);
    const Matrix<double> uniform(
        1, cells_,
        std::vector<double>(static_cast<std::size_t>(cells_),
                            (1.0 - part) * design_.low.mean + part * design_.high.mean));
    return crossing_times(uniform).front();
}

} // namespace ohmloom
