#pragma once

#include "inference/layer_signals.hpp"
#include "network/network.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace ohmloom {

/// Voltages that are drawn anew for every sample of a tile's outputs, keyed by seed, tile, sample and output.
struct SampleNoise {
    std::vector<double> rms; ///< [outputs] [V]; empty: none
    std::uint64_t seed = 1;
    std::uint32_t tile = 0;
};

/// Adds noise to outputs [samples x outputs] [V], of which the first has this number.
void add_noise(const SampleNoise& noise, Index first_sample, Matrix<double>& u);

/// What stands between the drivers of a tile's rows and its converters, whatever it is made of: one linear map, or a way to solve it. This is
/// all that converters and digital units know of a tile.
struct TileCircuit {
    Index rows = 0, outputs = 0;
    Index devices = 0;                ///< that take up area
    std::optional<LayerResponse> map; ///< if it is one linear map; with its power if that was asked for
    /// Otherwise, its outputs for row voltages [samples x rows] [V].
    std::function<LayerSignals(const Matrix<double>& v, const SolveOptions& options, bool power)> solve;
    /// Its rows are driven once for every sample, and nothing flows afterwards: pulses have no width that would count.
    bool samples_levels = false;
    SampleNoise noise;
    std::vector<double> capacitance; ///< [outputs] [F] that samples are held on; empty: none
    /// [outputs] [1/V] weighted sum of what the rows carry, as parts of full voltage, per volt of output: as designed
    std::vector<double> slope;
    double drift_factor = 1.0; ///< that the digital side makes up for drift with
};

/// Outputs of a tile for row voltages [samples x rows] [V], without noise.
LayerSignals answer(const TileCircuit& tile, const Matrix<double>& v, const SolveOptions& options,
                    bool power);

/// A layer as tiles: what a source of tiles hands to what stands around them.
struct TiledLayer {
    LayerPartition partition;
    std::vector<Tile> places; ///< of each tile in the layer
    std::vector<TileCircuit> tiles;
    bool row_pairs = false;       ///< two rows for every input
    ConductanceError conductance; ///< of its devices
};

/// The layer whose inputs are a layer's rows: itself, or its pairs of rows.
DenseLayer layer_of_rows(const DenseLayer& layer, bool row_pairs);

/// Weights of a tile, [outputs x rows]; the layer's last row is the bias.
Matrix<double> tile_weights(const DenseLayer& layer, const Tile& tile);

/// Number of each layer's first tile within the network: what the random numbers of tiles are keyed by.
std::vector<std::uint32_t> first_tiles(std::span<const TiledLayer> layers);

} // namespace ohmloom
