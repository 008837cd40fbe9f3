#include "inference/layer_settling.hpp"

#include "base/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

/// Adds a tile's share of a layer's matrix.
void join(const Tile& tile, double factor, const Matrix<double>& from, Matrix<double>& to) {
    for (Index s = 0; s < tile.outputs.size(); ++s) {
        for (Index r = 0; r < tile.inputs.size(); ++r)
            to(tile.outputs.begin + s, tile.inputs.begin + r) = factor * from(s, r);
    }
}

/// Largest sum of magnitudes of a row of a − b.
double largest_row_sum(const Matrix<double>& a, const Matrix<double>& b) {
    double largest = 0.0;
    for (Index o = 0; o < a.rows(); ++o) {
        double sum = 0.0;
        for (Index r = 0; r < a.cols(); ++r) sum += std::abs(a(o, r) - b(o, r));
        largest = std::max(largest, sum);
    }
    return largest;
}

} // namespace

double LayerSettling::settling_time(double part) const {
    const double enough = part * largest_row_sum(settled, Matrix<double>(settled.rows(), settled.cols()));
    for (std::size_t n = jump.size(); n-- > 0;) {
        if (!(largest_row_sum(jump[n], settled) <= enough))
            return n + 1 == jump.size() ? std::numeric_limits<double>::infinity()
                                        : step * static_cast<double>(n + 2);
    }
    return step;
}

Index LayerSettling::memory(double part) const {
    const double enough = part * largest_row_sum(settled, Matrix<double>(settled.rows(), settled.cols()));
    for (std::size_t n = ramp.size(); n-- > 0;) {
        if (!(largest_row_sum(ramp[n], settled) <= enough)) return static_cast<Index>(n) + 1;
    }
    return 0;
}

LayerSettling settle_layer(const LayerArrays& layer, const AmplifierDynamics& amplifier, double step,
                           Index count, double tolerance) {
    std::vector<StageSettling> tiles(layer.tiles.size());
    parallel_for(static_cast<Index>(tiles.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        tiles[at] = settle_stages(layer.crossbars[at], layer.stage, amplifier, step, count, tolerance);
    });
    LayerSettling joined;
    joined.step = step;
    const Matrix<double> nothing(layer.outputs, layer.rows);
    joined.jump.assign(static_cast<std::size_t>(count), nothing);
    joined.ramp = joined.jump;
    joined.settled = nothing;
    const double share = 1.0 / static_cast<double>(layer.partition.horizontal);
    for (std::size_t t = 0; t < tiles.size(); ++t) {
        const double factor = share * layer.scale[t];
        join(layer.tiles[t], factor, tiles[t].settled, joined.settled);
        for (std::size_t n = 0; n < joined.jump.size(); ++n) {
            join(layer.tiles[t], factor, tiles[t].jump[n], joined.jump[n]);
            join(layer.tiles[t], factor, tiles[t].ramp[n], joined.ramp[n]);
        }
        joined.residual = std::max(joined.residual, tiles[t].residual);
        joined.error = std::max(joined.error, tiles[t].error);
    }
    return joined;
}

} // namespace ohmloom
