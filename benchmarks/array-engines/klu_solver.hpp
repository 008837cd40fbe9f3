#pragma once

#include "direct_solver.hpp"

namespace ohmloom::benchmarks {

/// KLU with its own defaults, called directly: no part of the library's `mna` engine is in its time.
std::unique_ptr<DirectSolver> make_klu_solver();

} // namespace ohmloom::benchmarks
