#include "charge/charge_cell.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ohmloom {

namespace {

constexpr std::uint32_t series_draw = 32, termination_draw = 64; // numbers of draws; a branch's is its bit

void require(bool holds, std::string_view field, double value, std::string_view expected) {
    if (!holds)
        throw InputError(fmt::format("a charge cell's {} is {}: expected {}", field, value, expected));
}

/// Number of units in a bit's branch.
double branch_units(const ChargeCellDesign& design, Index bit) {
    return design.kind == ChargeCellKind::c2c_ladder ? 1.0 : std::ldexp(1.0, static_cast<int>(bit));
}

/// A source in series with a capacitor that is a share of all bits' voltages, and what its inside takes from the bits' sources.
struct Source {
    std::vector<double> share; ///< [bits] of the open voltage
    double capacitance = 0.0;  ///< [F]
    Matrix<double> energy;     ///< [bits x bits] [F] delivered with the end open
};

/// Adds q·v, the work of a charge that two shares make, q = capacitance·(a − b)·v, at the voltage a·v.
void add_work(std::span<const double> a, std::span<const double> b, double capacitance,
              Matrix<double>& energy) {
    for (Index i = 0; i < energy.rows(); ++i) {
        for (Index j = 0; j < energy.cols(); ++j) {
            const auto at_i = static_cast<std::size_t>(i), at_j = static_cast<std::size_t>(j);
            energy(i, j) += capacitance * a[at_i] * (a[at_j] - b[at_j]);
        }
    }
}

/// Joins a bit's branch to what the lower bits are so far, seen through a capacitance.
Source with_bit(const Source& lower, double through, std::size_t bit, double branch, double parasitic) {
    Source joined = lower;
    joined.capacitance = through + branch + parasitic;
    for (double& share : joined.share) share *= through / joined.capacitance;
    joined.share[bit] = branch / joined.capacitance;
    std::vector<double> own(lower.share.size(), 0.0);
    own[bit] = 1.0;
    add_work(lower.share, joined.share, through, joined.energy);
    add_work(own, joined.share, branch, joined.energy);
    return joined;
}

} // namespace

std::string_view name_of(ChargeCellKind kind) {
    return kind == ChargeCellKind::c2c_ladder ? "c2c" : "binary";
}

void validate(const ChargeCellDesign& design) {
    require(design.bits >= 1 && design.bits <= 16, "bits", design.bits, "1 to 16");
    require(std::isfinite(design.unit) && design.unit > 0.0, "unit capacitor", design.unit,
            "a capacitance above 0 F");
    require(std::isfinite(design.series) && design.series > 0.0, "series", design.series,
            "a number of units above 0");
    require(std::isfinite(design.termination) && design.termination >= 0.0, "termination", design.termination,
            "a number of units, at least 0");
    require(design.node_parasitic >= 0.0 && std::isfinite(design.node_parasitic), "node_parasitic",
            design.node_parasitic, "a part of the unit, at least 0");
    require(design.bottom_parasitic >= 0.0 && std::isfinite(design.bottom_parasitic), "bottom_parasitic",
            design.bottom_parasitic, "a part of the unit, at least 0");
    require(design.unit_sigma >= 0.0 && std::isfinite(design.unit_sigma), "unit_sigma", design.unit_sigma,
            "a part of the unit, at least 0");
}

CellCapacitors draw_capacitors(const ChargeCellDesign& design,
                               const std::function<double(std::uint32_t)>& drawn) {
    const auto capacitor = [&](double units, std::uint32_t draw) {
        if (design.unit_sigma == 0.0 || units == 0.0) return units * design.unit;
        const double found = units * (1.0 + design.unit_sigma / std::sqrt(units) * drawn(draw));
        if (!(found > 0.0)) {
            throw InputError(fmt::format("a capacitor of {:.3g} instead of {} units was drawn: a unit sigma "
                                         "of {} is too much; expected capacitors above 0",
                                         found, units, design.unit_sigma));
        }
        return found * design.unit;
    };
    const bool is_ladder = design.kind == ChargeCellKind::c2c_ladder;
    CellCapacitors capacitors;
    for (Index bit = 0; bit < design.bits; ++bit) {
        const auto number = static_cast<std::uint32_t>(bit);
        capacitors.branch.push_back(capacitor(branch_units(design, bit), number));
        if (is_ladder)
            capacitors.series.push_back(bit == 0 ? 0.0 : capacitor(design.series, series_draw + number));
    }
    if (is_ladder) capacitors.termination = capacitor(design.termination, termination_draw);
    return capacitors;
}

double node_capacitance(const ChargeCellDesign& design, Index bit) {
    return design.node_parasitic * branch_units(design, bit) * design.unit;
}

double bottom_capacitance(const ChargeCellDesign& design, Index bit) {
    return design.bottom_parasitic * branch_units(design, bit) * design.unit;
}

ChargeCell charge_cell(const ChargeCellDesign& design, const CellCapacitors& capacitors, bool energy) {
    const auto bits = static_cast<std::size_t>(design.bits);
    Source end{std::vector<double>(bits, 0.0), capacitors.termination,
               energy ? Matrix<double>(design.bits, design.bits) : Matrix<double>()};
    for (std::size_t k = 0; k < bits; ++k) {
        const auto bit = static_cast<Index>(k);
        double through = end.capacitance;
        if (design.kind == ChargeCellKind::c2c_ladder && k > 0) {
            const double series = capacitors.series[k];
            through = series * end.capacitance / (series + end.capacitance);
        }
        end = with_bit(end, through, k, capacitors.branch[k], node_capacitance(design, bit));
        if (energy) end.energy(bit, bit) += bottom_capacitance(design, bit);
    }
    // A column at 0 V takes the charge capacitance·(share·v).
    add_work(end.share, std::vector<double>(bits, 0.0), end.capacitance, end.energy);
    for (double& share : end.share) share *= end.capacitance;
    return {std::move(end.share), end.capacitance, std::move(end.energy)};
}

std::vector<double> open_cell_weights(const ChargeCell& cell) {
    std::vector<double> weights = cell.coupling;
    for (double& weight : weights) weight /= cell.capacitance;
    return weights;
}

std::vector<double> code_levels(std::span<const double> weights) {
    std::vector<double> levels{0.0};
    levels.reserve(std::size_t{1} << weights.size());
    for (const double weight : weights) { // the upper half of the codes has one bit more
        const std::size_t lower = levels.size();
        for (std::size_t code = 0; code < lower; ++code) levels.push_back(levels[code] + weight);
    }
    return levels;
}

std::vector<double> integral_nonlinearity(std::span<const double> levels) {
    const double step = (levels.back() - levels.front()) / static_cast<double>(levels.size() - 1);
    std::vector<double> inl(levels.size());
    for (std::size_t code = 0; code < levels.size(); ++code)
        inl[code] = (levels[code] - levels.front()) / step - static_cast<double>(code);
    return inl;
}

double largest_nonlinearity(const ChargeCell& cell) {
    double largest = 0.0;
    for (const double inl : integral_nonlinearity(code_levels(open_cell_weights(cell))))
        largest = std::max(largest, std::abs(inl));
    return largest;
}

double best_series(ChargeCellDesign design) {
    if (design.kind != ChargeCellKind::c2c_ladder || design.bits < 2)
        throw InputError("only ladders of two bits or more have series capacitors");
    design.unit_sigma = 0.0;
    const auto error = [&design](double series) {
        design.series = series;
        return largest_nonlinearity(charge_cell(design, draw_capacitors(design, {})));
    };
    // The largest nonlinearity falls to its least value and rises again: ratios below 1/2 make the upper bits too heavy, others too light.
    const double golden = 0.5 * (std::sqrt(5.0) - 1.0);
    double low = 1.0, high = 4.0 * (1.0 + design.node_parasitic);
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double error_left = error(left), error_right = error(right);
    while (high - low > 1e-9 * high) {
        if (error_left <= error_right) {
            high = right;
            right = left;
            error_right = error_left;
            left = high - golden * (high - low);
            error_left = error(left);
        } else {
            low = left;
            left = right;
            error_left = error_right;
            right = low + golden * (high - low);
            error_right = error(right);
        }
    }
    return 0.5 * (low + high);
}

} // namespace ohmloom
