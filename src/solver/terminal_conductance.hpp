#pragma once

#include "solver/array_solver.hpp"

namespace ohmloom {

/// What an array is to circuits around it, from its port matrix alone. All follow from eliminating terminals of
/// i = y·v; lines that are tied at both ends, and series resistances given in the crossbar, are inside the port matrix
/// already.

/// Effective conductances of an array: with G = this matrix, row voltages v and column lines held at 0 V, the currents into
/// the sense nodes are Gᵀ·v. Without wire resistance they are the cells' own. Shape [rows x lines], unit S.
[[nodiscard]] Matrix<double> effective_conductance(const PortMatrix& ports);

/// Resistances that are put in series with terminals of an array from outside.
struct SeriesResistances {
    std::vector<double> rows;  ///< [rows] [Ohm] >= 0; empty means 0
    std::vector<double> lines; ///< [lines] [Ohm] >= 0; empty means 0
};

/// The array with more resistance in series at its terminals: (1 + y·R)⁻¹·y. For lines that are tied at one end this is what
/// the same resistance in the crossbar gives; a line tied at both ends gets one resistance for both of its ends together.
/// @throws InputError if a list has another length than there are terminals, or a resistance is negative or not finite.
[[nodiscard]] PortMatrix with_series_resistances(const PortMatrix& ports, const SeriesResistances& series);

/// A linear circuit around an array, seen from the array's terminals: v = source − impedance·i, where i flows into the
/// array. A driver's output resistance is a diagonal element; an amplifier whose output depends on another line's current is
/// one off the diagonal, of any sign.
struct PeripheralCircuit {
    Matrix<double> impedance; ///< [ports x ports] [Ohm]
    Matrix<double> source;    ///< [ports x batch] [V] terminal voltages while no current flows
};

/// Terminal voltages and currents of an array in a peripheral circuit.
struct TerminalState {
    Matrix<double> v; ///< [ports x batch] [V]
    Matrix<double> i; ///< [ports x batch] [A] into the array
};

/// Solves the array against its peripheral circuit, exactly: (1 + y·Z)·i = y·v₀.
/// @throws InputError if a shape does not fit or a number is not finite; BackendError if array and circuit together have no
///         unique solution.
[[nodiscard]] TerminalState solve_against(const PortMatrix& ports, const PeripheralCircuit& circuit);

} // namespace ohmloom
