#pragma once

#include "solver/array_graph.hpp"
#include "solver/array_solver.hpp"

namespace ohmloom {

/// A solution of the right shape for a batch, with nothing solved yet. What every engine starts from.
ArraySolution make_solution(const Crossbar& crossbar, Index batch, const SolveOptions& options,
                            Engine engine);

/// Terminal potentials of operating point `k` of a drive, [rows + lines].
std::vector<double> port_potentials(const Crossbar& crossbar, const Drive& drive, Index k);

/// Stores currents, power, residual and status of operating point `k`, driven with the terminal potentials `v` [ports]. Nodes
/// of `currents.net` below `terminals` are terminals, whose current is no error.
void store_currents(const NodeCurrents& currents, Index terminals, std::span<const double> v, Index k,
                    int iterations, const SolveOptions& options, ArraySolution& solution);

/// Stores operating point `k` from its node voltages: currents, power, residual, status and, if asked for,
/// fields.
void store_operating_point(const Crossbar& crossbar, const ArrayGraph& graph, std::span<const double> v,
                           Index k, int iterations, const SolveOptions& options, ArraySolution& solution);

/// Copies operating point `from_k` of one solution over operating point `to_k` of another of the same array.
void copy_operating_point(const ArraySolution& from, Index from_k, ArraySolution& to, Index to_k);

} // namespace ohmloom
