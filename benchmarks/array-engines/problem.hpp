#pragma once

#include "array/crossbar.hpp"
#include "solver/array_solver.hpp"

#include <string>

namespace ohmloom::benchmarks {

/// One point of the grid that is measured.
///
/// Cells are uniform in conductance between 1 MOhm and 10 kOhm, inputs uniform in [0, v_max]; rows are tied at their left
/// ends, columns at the bottom, with one wire segment and no series resistance.
struct Case {
    Index rows = 0;
    Index cols = 0;
    double r_wire = 1.0;    ///< [Ohm] one segment of a row and of a column
    bool nonlinear = false; ///< sinh cells
    Index vectors = 1;
    double v_max = 0.2; ///< [V]

    friend bool operator==(const Case&, const Case&) = default;
};

/// Nonlinearity of the sinh cells [1/V].
inline constexpr double sinh_alpha = 3.0;

/// A case filled in.
struct Problem {
    Case point;
    Crossbar crossbar;
    Drive drive;
};

/// The same numbers for the same case on every machine.
Problem make_problem(const Case& point);

/// Largest KCL error, relative to the largest line current, that an iterative engine has to reach.
double required_residual(const Case& point);

/// "128x128/1 Ohm/linear/100 vectors"
std::string describe(const Case& point);

} // namespace ohmloom::benchmarks
