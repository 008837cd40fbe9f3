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

/// How rows carry numbers below 0, which drivers of one polarity do not have.
enum class RowSigns {
    two_phases, ///< the numbers above 0, then the magnitudes of those below, on the same rows; what they give is subtracted
    row_pairs, ///< two rows for every number: the second carries magnitudes of those below 0, to cells that are swapped
    twos_complement, ///< rows driven bit by bit: one bit more, which counts negative
};

/// Whether a layer of a network has two rows for every input.
bool has_row_pairs(const Network& network, std::size_t layer, RowSigns signs);

/// Rows of a layer's arrays: its inputs, or pairs of them, and the bias.
Index row_count(Index inputs, bool row_pairs);

/// The layer that pairs of rows are the inputs of: weights w and −w side by side for every input.
DenseLayer with_row_pairs(DenseLayer layer);

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

/// The tiles that a partition cuts a layer of so many rows and outputs into, horizontal groups slowest.
/// @throws InputError if it cannot be cut so.
std::vector<Tile> cut_layer(Index rows, Index outputs, const LayerPartition& partition);

/// @throws InputError unless there is one partition for each layer of a network.
void require_partitions(const Network& network, std::span<const LayerPartition> partitions);

/// One layer laid out on arrays.
struct LayerPlan {
    LayerPartition partition;
    DifferentialConductances conductances;
    std::vector<Tile> tiles; ///< horizontal groups slowest, vertical groups fastest
    bool row_pairs = false;  ///< two rows for every input, the one for numbers below 0 second

    [[nodiscard]] Index rows() const { return conductances.plus.cols(); } ///< of inputs, and the bias row
    [[nodiscard]] Index outputs() const { return conductances.plus.rows(); }
};

/// A network laid out on arrays.
struct Plan {
    std::vector<LayerPlan> layers;
    [[nodiscard]] Index tile_count() const;
};

/// Lays a network out; layers whose inputs can be below 0 have pairs of rows if `signs` says so.
/// @throws InputError if there is not one partition per layer, or a layer cannot be cut as asked.
Plan make_plan(const Network& network, std::span<const LayerPartition> partitions,
               const ConductanceWindow& window, Polarity polarity, RowSigns signs = RowSigns::two_phases);

} // namespace ohmloom
