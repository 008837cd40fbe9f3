#pragma once

#include "mapping/partition.hpp"
#include "network/network.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// Range of conductances a cell can be programmed to.
struct ConductanceWindow {
    double g_min = 0.0; ///< [S] high-resistance state; >= 0
    double g_max = 0.0; ///< [S] low-resistance state; > g_min
};

/// Which line of a pair gets the larger conductance of a positive weight. The stage's output then rises or
/// falls with the weighted sum; `inverted` makes up for a neuron that inverts, so that a network means the
/// same with every neuron.
enum class Polarity { direct, inverted };

/// Conductances that stand for one layer's weights: each weight is a pair of cells, on an I+ and an I− line.
struct DifferentialConductances {
    Matrix<double> plus;       ///< [outputs x (inputs + 1)] [S]; the last column is the bias
    Matrix<double> minus;      ///< likewise
    double weight_scale = 1.0; ///< weight that the full difference g_max − g_min stands for
};

/// Maps weights to pairs. Binary ±1 is (g_max, g_min) or the reverse, ternary 0 has both cells at g_max (as
/// the published generator does), real weights lie linearly between: g± = (g_max + g_min)/2 ± w/scale·(g_max
/// − g_min)/2 with the largest |weight or bias| as scale.
/// @throws InputError if the window is empty or negative.
DifferentialConductances map_weights(const DenseLayer& layer, WeightKind kind,
                                     const ConductanceWindow& window, Polarity polarity);

/// One physical array: a group of a layer's inputs times a group of its outputs.
struct Tile {
    IndexRange inputs; ///< rows of the layer; row `inputs()` of the layer is the bias
    IndexRange outputs;
};

/// One layer laid out on arrays.
struct LayerPlan {
    LayerPartition partition;
    DifferentialConductances conductances;
    std::vector<Tile> tiles; ///< horizontal groups slowest, vertical groups fastest

    [[nodiscard]] Index rows() const { return conductances.plus.cols(); } ///< inputs and the bias row
    [[nodiscard]] Index outputs() const { return conductances.plus.rows(); }
};

/// A network laid out on arrays.
struct Plan {
    std::vector<LayerPlan> layers;
    [[nodiscard]] Index tile_count() const;
};

/// Lays a network out.
/// @throws InputError if there is not one partition per layer, or a layer cannot be cut as asked.
Plan make_plan(const Network& network, std::span<const LayerPartition> partitions,
               const ConductanceWindow& window, Polarity polarity);

} // namespace ohmloom
