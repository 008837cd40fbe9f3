#pragma once

#include "inference/layer_arrays.hpp"
#include "readout/stage_settling.hpp"

namespace ohmloom {

/// One layer in time on a grid of equal steps: what StageSettling is for a tile, at the neuron inputs. Matrices [outputs x rows] [V/V].
struct LayerSettling {
    double step = 0.0; ///< [s]
    std::vector<Matrix<double>>
        jump; ///< [instants] after a row jumped by 1 V at t = 0, the first one step later
    std::vector<Matrix<double>> ramp; ///< after it rose by 1 V evenly within the first step
    Matrix<double> settled;
    double residual = 0.0; ///< largest KCL error of any tile
    double error = 0.0;    ///< of the settled-by-t maps; see SettledResponse

    /// First instant [s] from which on no output is further from its settled value than `part` of the largest that inputs of the same
    /// size could make it, whatever the inputs; infinite if none is.
    [[nodiscard]] double settling_time(double part = 1e-3) const;

    /// Instants after which nothing that matters moves: behind the last one whose ramp is not settled to `part`.
    [[nodiscard]] Index memory(double part = 1e-9) const;
};

/// Follows all tiles of a layer of linear arrays over `count` steps and joins them, as solve_layer() does.
/// @throws InputError as settle_stages().
LayerSettling settle_layer(const LayerArrays& layer, const AmplifierDynamics& amplifier, double step,
                           Index count, double tolerance = 1e-6);

} // namespace ohmloom
