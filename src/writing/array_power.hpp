#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "solver/array_solver.hpp"

namespace ohmloom {

/// What an array draws, and where it goes, at one operating point; energies if integrated over time.
struct ArrayPower {
    double sources = 0.0; ///< [W] delivered by all sources
    double cells = 0.0;   ///< [W]
    double wires = 0.0;   ///< [W]
    double drivers = 0.0; ///< [W] in the resistances of the terminals, r_source and r_sense

    ArrayPower& operator+=(const ArrayPower& other);
    friend ArrayPower operator*(double factor, const ArrayPower& power);
};

/// Voltage over every cell, row against column [rows x lines], at the first of some operating points.
Matrix<double> cell_voltages(const Crossbar& crossbar, const NodeVoltages& nodes);

/// Power of every cell [rows x lines] [W] at these voltages.
Matrix<double> cell_powers(const Crossbar& crossbar, const Matrix<double>& v);

/// Where the power of the first operating point goes, which the sources deliver. Each part follows from the voltages over it, not from what
/// the other parts leave.
ArrayPower array_power(const Crossbar& crossbar, const Drive& drive, const NodeVoltages& nodes,
                       double sources, const Matrix<double>& cells);

} // namespace ohmloom
