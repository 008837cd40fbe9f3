#include "inference/tile_circuit.hpp"

#include "base/parallel.hpp"
#include "base/random.hpp"

namespace ohmloom {

void add_noise(const SampleNoise& noise, Index first_sample, Matrix<double>& u) {
    if (noise.rms.empty()) return;
    const RandomStream stream(noise.seed, RandomPurpose::device_read);
    parallel_for(u.rows(), [&](Index k) {
        const auto sample = static_cast<std::uint32_t>(first_sample + k);
        for (Index c = 0; c < u.cols(); ++c) {
            u(k, c) += noise.rms[static_cast<std::size_t>(c)] *
                       stream.normal(noise.tile, sample, static_cast<std::uint32_t>(c));
        }
    });
}

LayerSignals answer(const TileCircuit& tile, const Matrix<double>& v, const SolveOptions& options,
                    bool power) {
    return tile.map ? apply_response(*tile.map, v, power) : tile.solve(v, options, power);
}

DenseLayer layer_of_rows(const DenseLayer& layer, bool row_pairs) {
    return row_pairs ? with_row_pairs(layer) : layer;
}

Matrix<double> tile_weights(const DenseLayer& layer, const Tile& tile) {
    Matrix<double> weights(tile.outputs.size(), tile.inputs.size());
    for (Index o = 0; o < weights.rows(); ++o) {
        const Index output = tile.outputs.begin + o;
        for (Index r = 0; r < weights.cols(); ++r) {
            const Index input = tile.inputs.begin + r;
            weights(o, r) = input < layer.inputs() ? layer.weights(output, input)
                                                   : layer.bias[static_cast<std::size_t>(output)];
        }
    }
    return weights;
}

std::vector<std::uint32_t> first_tiles(std::span<const TiledLayer> layers) {
    std::vector<std::uint32_t> first;
    std::uint32_t next = 0;
    for (const TiledLayer& layer : layers) {
        first.push_back(next);
        next += static_cast<std::uint32_t>(layer.tiles.size());
    }
    return first;
}

} // namespace ohmloom
