#pragma once

#include "base/matrix.hpp"
#include "readout/stage_closure.hpp"

#include <limits>
#include <vector>

namespace ohmloom {

/// How fast the op-amps of a stage are: open-loop gain ω_t/s·1/(1 + s/ω_2). Both infinite: they follow at once.
struct AmplifierDynamics {
    double gain_bandwidth = std::numeric_limits<double>::infinity(); ///< [Hz] ω_t/2π
    double second_pole = std::numeric_limits<double>::infinity();    ///< [Hz] ω_2/2π
};

/// @throws InputError unless both are positive, and a second pole has a gain-bandwidth product beside it.
void validate(const AmplifierDynamics& amplifier);

/// Stage outputs of a tile over time on a grid of equal steps, per row voltage: [instants] of [sites x rows] [V/V], the first
/// one step after t = 0. Everything was at 0 V before.
struct StageSettling {
    double step = 0.0;                ///< [s]
    std::vector<Matrix<double>> jump; ///< after the row jumped by 1 V at t = 0
    std::vector<Matrix<double>> ramp; ///< after it rose by 1 V evenly from t = 0 to t = step
    Matrix<double> settled;           ///< when nothing moves any more
    double residual = 0.0;            ///< largest KCL error of the tile's solutions
    double error = 0.0;               ///< see SettledResponse
};

/// Follows the stages of a linear tile (with attach_stages()) in time.
///
/// The tile enters by its settled-by-t map alone: with potentials v that are straight between the instants, the currents into its ports are
///
///     i(t_n) = Σ_j R_(n−j)ᵀ·(v_(j+1) − v_j),      R_k = (Q(t_k) − Q(t_(k−1)))/step,    Q: charge after a jump
///
/// and the amplifiers' equations are closed around it by BDF2, which does not ring where they are fast.
/// @throws InputError as settled_response() and close_stages(), if step or count are out of range, or if the stage is not an ideal virtual
///         ground or difference stage.
StageSettling settle_stages(const Crossbar& crossbar, const ReadoutStage& stage,
                            const AmplifierDynamics& amplifier, double step, Index count,
                            double tolerance = 1e-6);

} // namespace ohmloom
