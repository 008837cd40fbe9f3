#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"
#include "solver/array_solver.hpp"

namespace ohmloom {

/// Charge that the ports of a linear array take beyond the currents that stay, per volt of their jumps, once all has settled, [ports x ports] [F]; ports
/// are the row sources, then the sense potentials, as in PortMatrix.
///
/// The first term of the admittance in s, Y(s) = Y + s·K + …. A network of conductances and capacitances is reciprocal, so (Tellegen)
///
///     K = Vᵀ·C·V,    V: settled voltages of all nodes per volt at a port, C: capacitance matrix of the nodes
///
/// @throws InputError if the crossbar is not valid, has cells that are not linear, or no chains.
Matrix<double> port_capacitance(const Crossbar& crossbar, const SolveOptions& options = {});

} // namespace ohmloom
