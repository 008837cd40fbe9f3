#pragma once

#include "solver/line_stage_solver.hpp"

#include <array>
#include <vector>

namespace ohmloom {

/// How exactly each lane's steps are solved.
struct StepScales {
    Lanes kcl{};     ///< [A] error of a node's current that a step may leave
    Lanes voltage{}; ///< [V] local error of a node's voltage that a step may have
    Lanes largest{}; ///< [V] largest potential of a terminal
};

/// Line currents at one instant of all lanes: what flows into rows and out of columns, [line][lane] [A].
struct LineCurrents {
    std::vector<double> row, col;
};

/// Moves a block of runs in time, step by step. Whoever calls it sets the terminals' potentials of each stage.
///
/// Step of h from charges q₀ = C·v₀ and currents k₀ = C·dv/dt, with γ = 2 − √2 and d = γ/2:
///
///     trapezoid to t + γh:   C·v₁ + d·h·f(v₁) = C·v₀ + d·h·k₀
///     BDF2 to t + h:         C·v₂ + d·h·f(v₂) = C·(v₁/(γ(2 − γ)) − v₀·(1 − γ)²/(γ(2 − γ)))
///
/// Both have the rate 1/(d·h), so that chains are eliminated once per step size. The local error is the difference to the embedded formula
/// of third order, with its stiff parts taken out.
class LineStepper {
public:
    /// The block starts at the voltages in its lanes, without capacitor currents.
    /// Cells that move are moved with it: within a stage they follow its voltages until both agree.
    LineStepper(const TransientSystem& system, TransientBlock& block, const StepScales& scales,
                MovingCells* moving = nullptr);

    static constexpr double gamma = 0.58578643762690495; ///< 2 − √2

    /// A backward Euler step: takes a jump of the terminals, from which nothing is known of dv/dt, or of a cell. Cells that move do so
    /// with the voltages at its start.
    /// Returns false if a stage could not be solved; then nothing has moved.
    [[nodiscard]] bool take_euler(double h);

    /// The two stages of a step; between them the terminals move on. False if one could not be solved: then revert().
    [[nodiscard]] bool solve_first_stage(double h);
    [[nodiscard]] bool solve_second_stage();

    /// Local error of the step, over what it may be; the worst lane.
    [[nodiscard]] double error();
    void accept();
    void revert();

    [[nodiscard]] LineCurrents currents() const;
    /// The line currents of the voltages as they are, without those of capacitors.
    [[nodiscard]] LineCurrents measure();

    [[nodiscard]] const Lanes& worst_kcl() const { return worst_kcl_; } ///< [A] over all stages so far

private:
    const TransientSystem& system_;
    TransientBlock& block_;
    StepScales scales_;
    MovingCells* moving_;
    LineStageSolver solver_;
    double h_ = 0.0, last_h_ = 0.0;
    Lanes worst_kcl_{};
};

} // namespace ohmloom
