#pragma once

#include "base/dense.hpp"
#include "solver/condense_plan.hpp"

#include <span>

namespace ohmloom {

/// Lower triangle of a reduced block's conductance matrix [S], without its diagonal: that is minus the sum of the others.
struct ReducedView {
    const double* values = nullptr;
    Index size = 0;
    bool packed = false; ///< columns follow each other without the part above the diagonal; else size apart

    /// Column `c`, to be indexed by the row.
    [[nodiscard]] const double* column(Index c) const {
        return values + (packed ? c * size - c * (c + 1) / 2 : c * size);
    }
};

/// Node voltages or node currents of a batch: [nodes x stride], of which the lanes beyond the batch are idle.
struct NodeLanes {
    double* values = nullptr;
    Index stride = 0; ///< a multiple of `lane_unit`
    [[nodiscard]] double* node(Index i) const { return values + i * stride; }
};
inline constexpr Index lane_unit = 8; ///< doubles in the widest vector that the kernels are compiled for

/// What the elements of a leaf add up to.
struct LeafTally {
    double* i_row = nullptr; ///< [A] [rows from the leaf's first x stride]
    double* i_col = nullptr; ///< [A] [lines from the leaf's first x stride]
    double* term = nullptr;  ///< [A] [stride] largest conductance times voltage at any wire
};

/// The work on one front, compiled once per instruction set. Small fronts are too small for BLAS calls to pay.
namespace front_kernels {

/// Adds the columns [begin, end) of a reduced block to a front, and what they contribute to all its diagonal elements to
/// `diagonal` [block.size]. Calls for different columns may run at the same time.
void add_columns(const ReducedView& block, std::span<const NodeRun> runs, Index begin, Index end,
                 const FrontView& front, double* diagonal);

/// As eliminate_leading(), for small fronts. Returns 0, or the number of the first pivot that is not positive.
int eliminate(const FrontView& front);

/// Voltages of the eliminated nodes of a small front, from those of the kept ones: overwrites the leading ones of `x`.
void back_substitute(const FrontView& front, const NodeLanes& x);

/// Currents through a leaf's elements of conductance `g` at the node voltages `x`: added to the current that leaves each
/// node, and to the sums.
void add_leaf_currents(const BlockPlan& leaf, std::span<const double> g, const NodeLanes& x,
                       const NodeLanes& net, const LeafTally& tally);

/// Adds up two vectors of `count` numbers, a multiple of `lane_unit`; and keeps the larger magnitudes of two.
void add(const double* from, Index count, double* to);
void keep_larger_magnitude(const double* from, Index count, double* to);

} // namespace front_kernels

} // namespace ohmloom
