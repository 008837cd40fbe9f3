#pragma once

#include "solver/moving_cells.hpp"
#include "solver/transient_kernels.hpp"

#include <array>
#include <limits>
#include <vector>

namespace ohmloom {

/// Solves implicit stages of a TransientBlock, a·q(v) + f(v) = injected, from the voltages that are in its lanes.
///
/// A stage is solved by corrections of its chains (conjugate gradients with the columns' chains, as the `lines` engine's). Capacitance between
/// neighbouring lines is no part of the chains: corrections follow it, and where that takes long they become directions of conjugate
/// gradients on the whole stage.
class LineStageSolver {
public:
    /// `kcl` [A]: error of a node's current that may be left; `largest` [V]: largest potential of a terminal; each of every lane.
    /// `moving`: cells whose conductances follow the voltages of every try; none: nullptr.
    LineStageSolver(const TransientSystem& system, TransientBlock& block, const Lanes& kcl,
                    const Lanes& largest, MovingCells* moving = nullptr);

    /// The stages to come have the rate a [1/s]; 0: operating points.
    void set_rate(double rate);
    [[nodiscard]] double rate() const { return rate_; }

    /// False if the errors cannot be brought down.
    [[nodiscard]] bool solve();
    void set_kcl(const Lanes& kcl) { kcl_ = kcl; }

    /// Eliminates the chains at the slopes of the last solution, unless it has been done: a stage that needed no correction leaves it undone.
    void make_factors();

    /// The chains of the stage.
    [[nodiscard]] const LineSystem& chains() const { return stage_; }
    /// Error that the last stage left [A]; what rounding alone leaves counts as none.
    [[nodiscard]] const Lanes& left() const { return left_; }

private:
    struct Nodes {
        std::vector<double> w, b;
    };

    [[nodiscard]] bool is_coupled() const;
    void hold_merged_lines();
    void correct(const Lanes& enough, const std::array<bool, lane_count>& wanted);
    void follow_coupling(const std::array<bool, lane_count>& wanted, bool first);

    const TransientSystem& system_;
    TransientBlock& block_;
    MovingCells* moving_;
    Lanes kcl_, largest_, left_{};
    bool linear_, factorised_ = false;
    double rate_ = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> g_;
    LineSystem stage_;
    double largest_conductance_ = 0.0; ///< [S] that meets in a node of the stage
    Nodes errors_, before_, direction_,
        image_; ///< for directions: errors and voltages before a correction, the last direction, its image
};

} // namespace ohmloom
