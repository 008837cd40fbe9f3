#pragma once

#include "solver/line_kernels.hpp"
#include "solver/transient_system.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ohmloom {

/// Arrays [node][lane] over the row nodes and the column nodes.
struct NodeArrays {
    std::span<double> w, b;
};

/// A LaneBlock that moves in time. An implicit stage of the rate a [1/s] at the node charges q = C·v solves
///
///     a·q(v) + f(v) = injected,      f: current that leaves a node into wires, cells and terminals
class TransientBlock {
public:
    /// `movers`: the place of each cell among those that move, else -1; empty if none does.
    explicit TransientBlock(const LineSystem& system, std::vector<std::int32_t> movers = {});

    LaneBlock lanes;        ///< its voltages are those of the stage; its line currents those of the terminals
    NodeArrays injected;    ///< [A]
    NodeArrays charge;      ///< [C] at the start of the step
    NodeArrays next_charge; ///< [C] of the stage
    NodeArrays current;     ///< [A] C·dv/dt at the start of the step
    NodeArrays error;       ///< [A] error of a step's charges, as a current
    NodeArrays start;       ///< [V] voltages at the start of the step
    NodeArrays earlier;     ///< [V] and at the start of the step before

    // Cells whose conductances follow what they have been through: each lane has its own.
    std::vector<std::int32_t>
        mover; ///< [rows * lines] place of a cell in the two below, or -1; empty: none moves
    std::vector<double> g, shape; ///< [movers][lane] numbers of the cells' law

private:
    PageMemory memory_, slopes_;
};

namespace transient_kernels {

/// Minus the errors of the stage's equations at (w, b) in f_w and r, slopes, and the currents at the lines' ends: those of rows flow in,
/// those of columns out. `stage` is the system at_rate(). Returns the largest error of each lane [A].
Lanes evaluate(const TransientSystem& system, const LineSystem& stage, double rate, TransientBlock& block);

/// next_charge ← C·v.
void measure_charges(const TransientSystem& system, TransientBlock& block);

/// The voltages that the stage's chains, each by itself, answer `error` with: largest magnitude of each lane [V]. Takes stiff parts out of
/// an error estimate.
Lanes filter_error(const LineSystem& stage, TransientBlock& block);

} // namespace transient_kernels

} // namespace ohmloom
