#pragma once

#include "base/random.hpp"
#include "inference/layer_arrays.hpp"
#include "network/network.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ohmloom::testing {

inline constexpr ConductanceWindow small_window{1.0 / 15e3, 1.0 / 5e3};

inline ArrayCircuit small_circuit() {
    ArrayCircuit circuit;
    circuit.r_row = 9.0;
    circuit.r_col = 12.0;
    circuit.r_source = 20.0;
    return circuit;
}

/// Network of the given layer sizes with keyed random weights.
inline Network random_network(const std::vector<Index>& sizes, WeightKind kind, std::uint32_t number) {
    const RandomStream stream(number, RandomPurpose::test_generation);
    const auto draw = [&](std::size_t layer, Index o, Index i) {
        const double u = stream.uniform(static_cast<std::uint32_t>(layer), static_cast<std::uint32_t>(o),
                                        static_cast<std::uint32_t>(i));
        return kind == WeightKind::real ? 2.0 * u - 1.0 : u < 0.5 ? -1.0 : 1.0;
    };
    Network network;
    network.name = "generated";
    network.weight_kind = kind;
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
        DenseLayer layer;
        layer.weights = Matrix<double>(sizes[l + 1], sizes[l]);
        for (Index o = 0; o < sizes[l + 1]; ++o) {
            for (Index i = 0; i < sizes[l]; ++i) layer.weights(o, i) = draw(l, o, i);
            layer.bias.push_back(draw(l, o, sizes[l]));
        }
        network.layers.push_back(std::move(layer));
    }
    return network;
}

/// The layer with the I+ lines of its pairs alone, each with a stage of its own.
inline LayerArrays with_single_lines(LayerArrays layer) {
    for (std::size_t t = 0; t < layer.crossbars.size(); ++t) {
        Crossbar& crossbar = layer.crossbars[t];
        Matrix<double> g(crossbar.rows(), crossbar.sites());
        for (Index r = 0; r < g.rows(); ++r) {
            for (Index s = 0; s < g.cols(); ++s) g(r, s) = crossbar.g(r, 2 * s);
        }
        crossbar.g = std::move(g);
        crossbar.lines_per_site = 1;
        attach_stages(crossbar, layer.stage, layer.first_tile + static_cast<std::uint32_t>(t));
    }
    return layer;
}

inline Matrix<double> random_inputs(Index count, Index inputs, std::uint32_t number) {
    const RandomStream stream(number, RandomPurpose::test_generation);
    Matrix<double> values(count, inputs);
    for (Index k = 0; k < count; ++k) {
        for (Index i = 0; i < inputs; ++i)
            values(k, i) = stream.uniform(9, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(i));
    }
    return values;
}

/// Largest magnitude of a − b.
inline double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    double largest = 0.0;
    for (std::size_t k = 0; k < a.values().size(); ++k)
        largest = std::max(largest, std::abs(a.values()[k] - b.values()[k]));
    return largest;
}

} // namespace ohmloom::testing
