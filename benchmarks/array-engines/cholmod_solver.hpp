#pragma once

#include "direct_solver.hpp"

namespace ohmloom::benchmarks {

enum class CholmodOrdering { amd, metis };

/// CHOLMOD's supernodal factorisation with one given ordering. Its supernodal part is under the GPL, which is why it is
/// linked into benchmark programs only.
std::unique_ptr<DirectSolver> make_cholmod_solver(CholmodOrdering ordering);

} // namespace ohmloom::benchmarks
