#pragma once

#include "base/dense.hpp"
#include "solver/array_graph.hpp"
#include "solver/array_solver.hpp"

namespace ohmloom {

/// A linear array reduced exactly to its terminals by recursive halving (Kron reduction, nested dissection).
///
/// The array is halved across its shorter seam down to small leaves. A node is eliminated in the smallest
/// block that holds everything it is connected to, by dense Cholesky; what is left of a block is a full
/// conductance matrix between the nodes that other blocks touch. Open line ends have no outside connection
/// and go first. The network has no ground but its terminals, so every row of a reduced matrix sums to zero:
/// the diagonal is set from the off-diagonal elements, which carry no cancellation, and tiny conductances
/// survive beside huge ones.
///
/// The factors are kept, so that the node voltages for any terminal potentials follow by back substitution.
class CondensedArray {
public:
    /// @throws BackendError if rounding destroys positive definiteness.
    CondensedArray(const Crossbar& crossbar, const ArrayGraph& graph);

    /// [ports x ports] [S] current into the array per terminal potential.
    [[nodiscard]] const Matrix<double>& port_conductance() const { return y_; }

    /// Node voltages [nodes x batch] for terminal potentials [ports x batch].
    [[nodiscard]] Matrix<double> node_voltages(const Matrix<double>& ports) const;

private:
    struct Block;
    struct Reduced;
    struct Front;
    class Builder;

    std::vector<Front> fronts_; ///< children before parents
    Index nodes_ = 0;
    Matrix<double> y_;
};

/// Contracts as solve_array() and port_matrix(), for linear cells, whose checks they rely on.
ArraySolution solve_array_condense(const Crossbar& crossbar, const Drive& drive, const SolveOptions& options);
PortMatrix port_matrix_condense(const Crossbar& crossbar, const SolveOptions& options);

} // namespace ohmloom
