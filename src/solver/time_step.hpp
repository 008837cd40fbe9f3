#pragma once

#include "solver/stage_solver.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// A circuit at one instant.
struct TimePoint {
    double t = 0.0;             ///< [s]
    std::vector<double> x;      ///< unknowns
    std::vector<double> q;      ///< charges [C or Wb]
    std::vector<double> slopes; ///< k = dq/dt [A or V]; empty: not known on this side of the instant
    std::vector<ElementState> states;
};

/// A step that was tried.
struct TimeStep {
    StageOutcome outcome;
    double h = 0.0;
    TimePoint end;
    double middle = 0.0;             ///< where within the step, of 1
    std::vector<double> x_middle;    ///< unknowns there
    std::vector<double> local_error; ///< of the unknowns at the end
    int order = 2;                   ///< the local error falls with h to this power plus one

    /// An unknown within the step, as the parabola through its three points. `share` in [0, 1].
    [[nodiscard]] double at(const TimePoint& begin, Index unknown, double share) const;
};

/// One step in time of d q(x)/dt + f(x, t) = 0, by two methods of one iteration matrix q'(x)/(d h) + f'(x),
/// d = 1 − 1/√2. Both are L-stable and of second order, and end in a point that fulfils the circuit's equations.
///
/// | method | stages at | k(n) needed | error estimate |
/// |--------|-----------|-------------|----------------|
/// | TR-BDF2 | γ h, h; γ = 2 d | yes | third order: b̂ = ((1 − w)/3, (3 w + 1)/3, d/3), w = √2/4 |
/// | SDIRK2  | d h, h | no: for the first step, and after corners and jumps of sources | k(d h): first order |
///
/// The error estimate of the charges, e, is taken to the unknowns as J⁻¹ e/(d h): as e/C where capacitances rule, and
/// as next to nothing for what is stiff.
///
/// Sources: Bank et al., "Transient simulation of silicon devices and circuits", IEEE Trans. CAD 4(4), 1985.
/// doi:10.1109/TCAD.1985.1270142; Hosea, Shampine, "Analysis and implementation of TR-BDF2", Appl. Numer. Math. 20,
/// 1996, eq. (9). doi:10.1016/0168-9274(95)00115-8; Alexander, "Diagonally implicit Runge–Kutta methods for stiff
/// O.D.E.'s", SIAM J. Numer. Anal. 14(6), 1977. doi:10.1137/0714068
///
/// Tries a step from a point. The system's states are left at the step's end.
/// @param guess  unknowns per step length that begin the search: x(n) + guess·s; empty: none
TimeStep try_step(StageSolver& stages, NodalSystem& system, const TimePoint& begin, double h,
                  const StageTolerances& tolerances, std::span<const double> guess);

} // namespace ohmloom
