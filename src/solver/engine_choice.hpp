#pragma once

#include "solver/array_solver.hpp"

namespace ohmloom {

/// The native engine that takes least time for a batch of so many vectors on a valid crossbar, as far as measurements tell.
///
/// Nonlinear cells: `lines`. Linear cells: `lines` or `condense`, whose times per cell are estimated from the array's shape and the
/// coupling of its lines; benchmarks/array-engines has the measurements (`crossover`).
Engine choose_engine(const Crossbar& crossbar, Index batch);

} // namespace ohmloom
