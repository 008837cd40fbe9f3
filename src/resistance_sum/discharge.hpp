#pragma once

#include "resistance_sum/series_column.hpp"

#include <array>
#include <span>
#include <vector>

namespace ohmloom {

/// How the sensed end of one column falls, as a sum of exponentials: v(t) / precharge = Σ_j sensed_j·exp(−rate_j·t). Exact: the column's
/// eigenmodes. Likewise the charge that is left on all nodes.
struct DischargeModes {
    std::vector<double> rate;   ///< [1/s] ascending
    std::vector<double> sensed; ///< parts of the precharge voltage, Σ = 1
    std::vector<double> charge; ///< [F] charge left per volt of precharge, Σ = all capacitance
};

/// @param resistances  [cells] [Ohm] from the sensed end on
DischargeModes discharge_modes(const SeriesColumnDesign& design, std::span<const double> resistances);

/// v(t) / precharge of the sensed end.
double sensed_part(const DischargeModes& modes, double t);

/// Charge that has left the column by t, per volt of precharge. [F]
double charge_taken(const DischargeModes& modes, double t);

/// Time of the crossing by bisection on the modes, to the last bits. [s]
double crossing_time(const SeriesColumnDesign& design, const DischargeModes& modes);

/// Elmore delay: Σ_i R_i · (all capacitance on the sensed side of cell i), the first moment of the fall. [s]
double elmore_delay(const SeriesColumnDesign& design, std::span<const double> resistances);

/// Quick estimate of the crossing: as if the column were one capacitor with its Elmore delay as time constant, t = T·ln(precharge/threshold).
/// Exact where all capacitance is at the sensed end; of a uniform column without it, far too early for a threshold near the precharge.
double single_pole_estimate(const SeriesColumnDesign& design, std::span<const double> resistances);

/// Crossing times of many columns of the same design, exact to 1e-9.
///
/// The fall D(t) = 1 − v/precharge has the Laplace transform 1 / (s·α(s)), where α is built up along the column from its sensed end,
///
///     α_0 = 1,  Q_0 = s·C_0;      α_(i+1) = α_i + R_(i+1)·Q_i,    Q_(i+1) = Q_i + s·C·α_(i+1),
///
/// without divisions. D, D' and D'' at a time are sums over ten points of a contour in the complex plane (cotangent contour, error 3.89^−20), and
/// Halley's step on ln D(ln t) meets the threshold within a few of them. Columns are worked on side by side in SIMD lanes.
/// Source of the contour: L. N. Trefethen, J. A. C. Weideman, T. Schmelzer, "Talbot quadratures and rational approximations", BIT 46, 653, 2006.
class ColumnDischarge {
public:
    /// @throws InputError if the design is not valid or there are no cells.
    ColumnDischarge(const SeriesColumnDesign& design, Index cells);

    [[nodiscard]] const SeriesColumnDesign& design() const { return design_; }
    [[nodiscard]] Index cells() const { return cells_; }

    /// Of columns with the given resistances [columns x cells] [Ohm], from the sensed end on. [s]
    [[nodiscard]] std::vector<double> crossing_times(const Matrix<double>& resistances) const;

    /// Of all columns of an array, for input vectors [vectors x cells]: [vectors x columns] [s].
    [[nodiscard]] Matrix<double> crossing_times(const SeriesArray& array, const Signs& inputs) const;

    /// Of a column without spread that has so many mismatches, evenly mixed: every cell has the mean resistance. [s]
    [[nodiscard]] double nominal_time(double mismatches) const;

private:
    void solve_block(double* resistances, double* times) const;

    SeriesColumnDesign design_;
    Index cells_;
    NodeCapacitances capacitance_;
    double drop_; ///< D at the threshold
    double per_elmore_ =
        1.0; ///< crossing time of a uniform column in its Elmore delays: where searches begin
};

} // namespace ohmloom
