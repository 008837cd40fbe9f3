#include "inference/layer_signals.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"
#include "inference/tile_table.hpp"
#include "readout/staged_array.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

/// Mean over images of xᵀ·Q·x = sum of the elements of Q times those of the inputs' second moments.
double mean_of_form(const Matrix<double>& form, const Matrix<double>& moments) {
    return std::inner_product(form.values().begin(), form.values().end(), moments.values().begin(), 0.0);
}

Matrix<double> second_moments(const Matrix<double>& v) {
    Matrix<double> moments = transposed_multiply(v, v);
    for (double& value : moments.values()) value /= static_cast<double>(v.rows());
    return moments;
}

/// Vectors without those that repeat others.
struct DistinctVectors {
    Matrix<double> v;          ///< [distinct x rows]
    std::vector<Index> which;  ///< [images] the vector that an image has
    std::vector<double> share; ///< [distinct] fraction of the images that have it
};

DistinctVectors distinct_vectors(const Matrix<double>& v, const IndexRange& rows) {
    const auto part = [&](Index k) {
        return v.row(k).subspan(static_cast<std::size_t>(rows.begin), static_cast<std::size_t>(rows.size()));
    };
    std::vector<Index> order(static_cast<std::size_t>(v.rows()));
    std::iota(order.begin(), order.end(), Index{0});
    std::ranges::stable_sort(
        order, [&](Index a, Index b) { return std::ranges::lexicographical_compare(part(a), part(b)); });
    DistinctVectors distinct;
    distinct.which.resize(order.size());
    std::vector<Index> first;
    for (const Index k : order) {
        if (first.empty() || !std::ranges::equal(part(first.back()), part(k))) {
            first.push_back(k);
            distinct.share.push_back(0.0);
        }
        distinct.which[static_cast<std::size_t>(k)] = static_cast<Index>(first.size()) - 1;
        distinct.share.back() += 1.0 / static_cast<double>(v.rows());
    }
    distinct.v = Matrix<double>(static_cast<Index>(first.size()), rows.size());
    for (std::size_t d = 0; d < first.size(); ++d)
        std::ranges::copy(part(first[d]), distinct.v.row(static_cast<Index>(d)).begin());
    return distinct;
}

/// Part of a tile's vectors: small enough that its node voltages stay in the caches, large enough to fill the lanes often.
struct Portion {
    std::size_t tile;
    IndexRange vectors;
};

/// Half of what a tile's row voltages span: cells lie between rows and columns, and columns between the rows' extremes.
double half_span(const Matrix<double>& v) {
    const auto [low, high] = std::ranges::minmax_element(v.values());
    return low == v.values().end() ? 0.0 : 0.5 * (*high - *low);
}

/// What a table of nonlinear cells gives, in the place of solved points.
StagedPoints points_of(const TileTable& table, const Matrix<double>& v_row) {
    SurrogatePoints found = evaluate(*table.surrogate, v_row);
    const auto count = static_cast<std::size_t>(v_row.rows());
    StagedPoints points;
    for (std::vector<double>* power : {&points.cells, &points.wires, &points.stages}) power->resize(count);
    for (std::size_t k = 0; k < count; ++k) {
        const auto power = found.power.row(static_cast<Index>(k));
        points.cells[k] = power[0];
        points.wires[k] = power[1];
        points.stages[k] = power[2];
    }
    points.u = std::move(found.u);
    points.residual.assign(count, table.residual);
    points.status.assign(count, table.converged ? SolveStatus::converged : SolveStatus::not_converged);
    return points;
}

Matrix<double> rows_between(const Matrix<double>& matrix, const IndexRange& range) {
    Matrix<double> rows(range.size(), matrix.cols());
    for (Index k = 0; k < range.size(); ++k)
        std::ranges::copy(matrix.row(range.begin + k), rows.row(k).begin());
    return rows;
}

} // namespace

PowerBreakdown& PowerBreakdown::operator+=(const PowerBreakdown& other) {
    cells += other.cells;
    wires += other.wires;
    stages += other.stages;
    capacitors += other.capacitors;
    return *this;
}

PowerBreakdown operator*(double share, const PowerBreakdown& power) {
    return {share * power.cells, share * power.wires, share * power.stages, share * power.capacitors};
}

PowerBreakdown mean_power(const PowerForms& forms, const Matrix<double>& moments) {
    return {mean_of_form(forms.cells, moments), mean_of_form(forms.wires, moments),
            mean_of_form(forms.stages, moments), 0.0};
}

Matrix<double> with_bias_row(const Matrix<double>& signals, double scale, double bias) {
    Matrix<double> rows(signals.rows(), signals.cols() + 1, bias);
    for (Index k = 0; k < signals.rows(); ++k) {
        std::ranges::transform(signals.row(k), rows.row(k).begin(), [&](double x) { return scale * x; });
    }
    return rows;
}

LayerSignals apply_response(const LayerResponse& layer, const Matrix<double>& v, bool power) {
    OHMLOOM_ASSERT(layer.transfer.cols() == v.cols());
    const bool with_offsets = !layer.offset.empty();
    LayerSignals signals;
    if (power) {
        OHMLOOM_ASSERT(!layer.power.cells.empty() || !layer.charging.empty());
        if (layer.charging.empty()) {
            signals.power =
                mean_power(layer.power, second_moments(with_offsets ? with_bias_row(v, 1.0, 1.0) : v));
        } else {
            signals.charging = mean_of_form(layer.charging, second_moments(v));
        }
    }
    signals.residual = layer.residual;
    signals.engine = layer.engine;
    signals.u = multiply_transposed(v, layer.transfer);
    for (Index k = 0; k < signals.u.rows() && with_offsets; ++k) {
        for (Index o = 0; o < signals.u.cols(); ++o)
            signals.u(k, o) += layer.offset[static_cast<std::size_t>(o)];
    }
    return signals;
}

LayerSignals solve_signals(const LayerArrays& layer, const Matrix<double>& v, const SolveOptions& options,
                           bool power) {
    OHMLOOM_ASSERT(layer.rows == v.cols());
    constexpr Index most_vectors = 128;
    const Index groups = layer.partition.horizontal, per_group = layer.partition.vertical;
    std::vector<DistinctVectors> inputs(static_cast<std::size_t>(groups));
    parallel_for(groups, [&](Index h) {
        const Tile& tile = layer.tiles[static_cast<std::size_t>(h * per_group)];
        inputs[static_cast<std::size_t>(h)] = distinct_vectors(v, tile.inputs);
    });
    const auto inputs_of = [&](std::size_t t) -> const DistinctVectors& {
        return inputs[t / static_cast<std::size_t>(per_group)];
    };

    std::vector<std::optional<StagedArray>> arrays(layer.tiles.size());
    parallel_for(static_cast<Index>(arrays.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        if (!layer.tables.empty()) return;
        arrays[at].emplace(layer.crossbars[at], layer.stages_of(at), options, half_span(inputs_of(at).v));
    });
    std::vector<Portion> portions;
    for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
        const Index count = inputs_of(t).v.rows();
        for (Index first = 0; first < count; first += most_vectors)
            portions.push_back({t, {first, std::min(first + most_vectors, count)}});
    }
    std::vector<StagedPoints> points(portions.size());
    parallel_for(static_cast<Index>(portions.size()), [&](Index p) {
        const Portion& portion = portions[static_cast<std::size_t>(p)];
        const Matrix<double> v_row = rows_between(inputs_of(portion.tile).v, portion.vectors);
        points[static_cast<std::size_t>(p)] = layer.tables.empty()
                                                  ? arrays[portion.tile]->solve(v_row, power)
                                                  : points_of(*layer.tables[portion.tile], v_row);
    });

    LayerSignals signals;
    signals.u = Matrix<double>(v.rows(), layer.outputs);
    signals.engine = options.engine == Engine::automatic ? Engine::lines : options.engine;
    std::vector<Matrix<double>> u(layer.tiles.size());
    for (std::size_t t = 0; t < u.size(); ++t)
        u[t] = Matrix<double>(inputs_of(t).v.rows(), layer.tiles[t].outputs.size());
    for (std::size_t p = 0; p < portions.size(); ++p) {
        const auto& [t, vectors] = portions[p];
        for (Index k = 0; k < vectors.size(); ++k) {
            const auto at = static_cast<std::size_t>(k);
            const double share = inputs_of(t).share[static_cast<std::size_t>(vectors.begin + k)];
            std::ranges::copy(points[p].u.row(k), u[t].row(vectors.begin + k).begin());
            if (power) {
                signals.power +=
                    share * PowerBreakdown{points[p].cells[at], points[p].wires[at], points[p].stages[at]};
            }
            signals.residual = std::max(signals.residual, points[p].residual[at]);
            signals.converged = signals.converged && points[p].status[at] == SolveStatus::converged;
        }
    }
    const double share = 1.0 / static_cast<double>(groups);
    parallel_for(v.rows(), [&](Index k) {
        for (std::size_t t = 0; t < u.size(); ++t) {
            const Index first = layer.tiles[t].outputs.begin;
            const auto row = u[t].row(inputs_of(t).which[static_cast<std::size_t>(k)]);
            for (std::size_t s = 0; s < row.size(); ++s)
                signals.u(k, first + static_cast<Index>(s)) += share * layer.scale[t] * row[s];
        }
    });
    return signals;
}

} // namespace ohmloom
