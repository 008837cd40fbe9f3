#pragma once

#include "solver/array_transient.hpp"

#include <vector>

namespace ohmloom {

/// Checks a drive against its array.
/// @throws InputError naming what has the wrong shape, is not finite or does not rise.
void validate(const TransientDrive& drive, const Crossbar& crossbar);

/// Value of a curve right after, and right before, the time t.
double value_after(const VoltageCurve& curve, double t);
double value_before(const VoltageCurve& curve, double t);

/// When some of a drive's curves bend or jump.
struct DriveEvent {
    double time = 0.0; ///< [s]
    bool jumps = false;
};

/// The events of a drive from t = 0 on, in order.
std::vector<DriveEvent> events_of(const TransientDrive& drive);

/// Row potentials [batch x rows] [V] that the values of the curves stand for.
Matrix<double> row_potentials(const TransientDrive& drive, const std::vector<double>& curve_values);

/// Likewise right before t = 0, and after the last event.
Matrix<double> first_potentials(const TransientDrive& drive);
Matrix<double> final_potentials(const TransientDrive& drive);

/// Potentials behind the columns [lines] [V] when the curves have these values, and after the last event; empty: all 0.
std::vector<double> column_potentials(const TransientDrive& drive, const std::vector<double>& curve_values);
std::vector<double> final_columns(const TransientDrive& drive);

/// The largest potential [V] of each run's terminals at any time, [batch].
std::vector<double> largest_potentials(const TransientDrive& drive);

} // namespace ohmloom
