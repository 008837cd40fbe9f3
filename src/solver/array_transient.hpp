#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "devicemodels/device_model.hpp"
#include "solver/array_solver.hpp"

#include <vector>

namespace ohmloom {

/// What the lines of an array are driven with over time, for a batch of independent runs. Row r of run k has the potential
/// v_row(k, r)·curves[curve(k, r)](t): one curve for all rows and their heights for steps, a curve per code for pulse widths, a curve per
/// row for anything else. A curve with the same time twice jumps there; before its first and behind its last time it stays.
struct TransientDrive {
    Matrix<double> v_row;             ///< [batch x rows] [V]
    std::vector<VoltageCurve> curves; ///< relative to v_row, at least one
    Matrix<Index> curve;              ///< [batch x rows] index into `curves`; empty: the first for all
    std::vector<double> v_col;        ///< [lines] [V] potential behind each column line's r_sense; empty: 0
    std::vector<Index> col_curve =
        {}; ///< [lines] index into `curves`, which v_col is multiplied by; empty: columns stand still
};

/// Rows that jump, or rise within `rise` [s], from 0 to their potentials at t = 0.
TransientDrive step_drive(Matrix<double> v_row, double rise = 0.0);

/// Rows that stand at `v` [V] from t = 0 for codes·unit [s] and at 0 before and after: input as pulse widths.
/// @throws InputError if a code is negative or the unit not positive.
TransientDrive pulse_width_drive(const Matrix<Index>& codes, double v, double unit);

/// How to follow an array in time.
struct TransientOptions {
    std::vector<double> times; ///< [s] instants that are reported; >= 0, rising; the last one ends the run
    double tolerance =
        1e-3; ///< local error of every node voltage in a step, relative to the largest potential of the run's terminals
    double kcl_tolerance =
        0.0; ///< largest KCL error of a step relative to the largest line current at full drive; 0: a thousandth of `tolerance`
    double settled_within = 1e-3; ///< settled: within this part of the run's largest final column current; or
    double settled_current =
        0.0;                ///< [A] within this current of the final one, if above 0: a fraction of an LSB
    bool from_zero = false; ///< start with all capacitors empty instead of at the operating point of t = 0-
    int max_steps = 100000;
};

/// An array in time, for a batch of runs.
struct [[nodiscard]] TransientSolution {
    std::vector<Matrix<double>> i_col;      ///< [times] of [batch x lines] [A] into the sense potential
    std::vector<Matrix<double>> i_row;      ///< [times] of [batch x rows] [A] delivered by the row source
    std::vector<Matrix<double>> charge_col; ///< [times] of [batch x lines] [C] since t = 0
    std::vector<Matrix<double>> charge_row; ///< [times] of [batch x rows] [C]
    Matrix<double>
        settled; ///< [batch x lines] [s] last time that a column was further from its final current than asked; infinite if
    ///< the run ends before it stays within
    Matrix<double> i_final;     ///< [batch x lines] [A] operating point at the final potentials
    std::vector<double> energy; ///< [batch] [J] delivered by all sources together
    std::vector<double>
        residual; ///< [batch] largest KCL error of all steps, over the largest line current at full drive
    std::vector<SolveStatus> status;   ///< [batch] converged: all steps within `kcl_tolerance`
    int steps = 0;                     ///< largest number of accepted time steps of a part of the batch
    int rejected = 0;                  ///< of refused ones
    Engine engine = Engine::automatic; ///< lines; mna where the array is no system of chains
    std::vector<Index> fallbacks{};    ///< runs that mna solved instead of lines
};

/// Currents of an array with its capacitances over time: TR-BDF2 with step control, up to lane_count runs side by side.
///
/// Arrays that are no chains (shorted cells, lines joined in part, cut-off parts) are followed as circuits by `mna`, run by run, which takes
/// much longer; the result says so, and its `residual` is the largest imbalance of charge, over what the largest line current carries.
///
/// Capacitances at ideal sources (a driver's without r_source) take no part: they cost their source C·v·dv and change nothing else.
/// Source: Hosea, Shampine, "Analysis and implementation of TR-BDF2", Appl. Numer. Math. 20, 1996. doi:10.1016/0168-9274(95)00115-8
/// @throws InputError as solve_array(), or if a time, curve or tolerance is out of range.
TransientSolution solve_transient(const Crossbar& crossbar, const TransientDrive& drive,
                                  const TransientOptions& options);

} // namespace ohmloom
