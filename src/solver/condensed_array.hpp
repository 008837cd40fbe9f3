#pragma once

#include "array/crossbar.hpp"
#include "base/matrix.hpp"

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ohmloom {

/// A cell that is to have another conductance.
struct CellChange {
    Index row = 0;
    Index line = 0;
    double g = 0.0; ///< [S] >= 0; infinite is a short
};

/// What a condensed array is to remember.
enum class CondenseKeep {
    factors, ///< to tell what happens inside, given the terminal potentials
    all_parts, ///< also every reduced block, so that a few changed cells do not mean starting over; about twice the memory
};

/// What happens in an array at given terminal potentials.
struct CondensedPoints {
    Matrix<double> i_row;          ///< [batch x rows] [A] as in ArraySolution
    Matrix<double> i_col;          ///< [batch x lines] [A]
    std::vector<double> kcl_error; ///< [batch] [A] largest current that is missing at any node
    std::vector<double>
        rounding;       ///< [batch] [A] KCL error that rounding the node voltages to double alone can leave
    Matrix<double> v_w; ///< [batch x rows*sites] [V] row nodes, if asked for
    Matrix<double> v_b; ///< [batch x rows*lines] [V] column nodes, if asked for
};

/// A linear array reduced exactly to its terminals by recursive halving (Kron reduction, nested dissection).
///
/// The array is halved across its shorter seam down to small leaves. Two halves share the nodes on their seam. A node is
/// eliminated in the smallest block that holds everything it is connected to, by dense Cholesky; what is left of a block is
/// a full conductance matrix between the nodes that other blocks touch. Open line ends have no outside connection and go
/// first. The network has no ground but its terminals, so every row of a reduced matrix sums to zero: the diagonal is set
/// from the off-diagonal elements, which carry no cancellation, and tiny conductances survive beside huge ones.
///
/// The factors are kept as a tree, so that currents and node voltages for any terminal potentials follow by back
/// substitution. The tree is never changed: an array with a few other cells shares all branches that they do not lie in.
/// Results do not depend on the number of threads.
class CondensedArray {
public:
    /// Condenses a valid crossbar with linear cells.
    /// @throws BackendError if rounding destroys positive definiteness; InputError as make_array_graph().
    explicit CondensedArray(const Crossbar& crossbar, CondenseKeep keep = CondenseKeep::factors);

    /// [ports x ports] [S] current into the array per terminal potential: row sources first, then column lines.
    [[nodiscard]] const Matrix<double>& port_conductance() const& { return y_; }
    [[nodiscard]] Matrix<double> port_conductance() && { return std::move(y_); }

    /// The array as it stands: with all changes.
    [[nodiscard]] const Crossbar& crossbar() const { return *crossbar_; }

    /// The same array with some cells changed (of several changes of one cell the last counts): bit for bit what condensing
    /// the changed array afresh gives. Only the blocks that hold a changed cell are condensed again, up to the whole array,
    /// provided that all parts were kept; if not, and where a change joins or parts nodes (a short), everything is.
    /// @throws InputError if a change names no cell or a conductance that is negative or NaN; as the constructor.
    [[nodiscard]] CondensedArray with_cells(std::span<const CellChange> changes) const;

    /// port_conductance() of the same array with some cells changed, for less than with_cells(): the change is as low in
    /// rank as there are cells (Woodbury identity). Equal to it up to rounding, relative to the largest element; where a cell
    /// that was nearly the only way for the current is taken away, digits go with it. Changes that join or part nodes
    /// condense afresh.
    /// @throws InputError as with_cells(); BackendError if what the changes leave is singular.
    [[nodiscard]] Matrix<double> port_conductance_with(std::span<const CellChange> changes) const;

    /// Currents at the terminal potentials [batch x ports] [V]; with `fields` also the node voltages.
    [[nodiscard]] CondensedPoints operating_points(const Matrix<double>& ports, bool fields = false) const;

    /// Floating-point operations of the dense eliminations.
    [[nodiscard]] double elimination_flops() const;

private:
    struct Part;
    struct Outcome;
    class Condenser;
    class Descent;
    class Ascent;

    CondensedArray(std::shared_ptr<const Crossbar> crossbar, CondenseKeep keep, const CondensedArray* like,
                   std::span<const CellChange> changes);

    [[nodiscard]] bool changes_nodes(std::span<const CellChange> changes) const;

    std::shared_ptr<const Crossbar> crossbar_;
    CondenseKeep keep_;
    bool regular_ = true;         ///< no nodes are joined and all segments conduct
    std::vector<bool> has_short_; ///< [ports] whether a shorted cell hangs on the line; empty: on none
    std::shared_ptr<const Part> root_;
    Matrix<double> y_;
};

} // namespace ohmloom
