#include "study/make_tables.hpp"

#include "base/errors.hpp"
#include "inference/analog_neurons.hpp"
#include "inference/tile_design.hpp"
#include "network/dataset.hpp"
#include "study/calibration_images.hpp"
#include "study/tile_luts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <span>
#include <utility>
#include <variant>

namespace ohmloom {

namespace {

/// Arrays of a network, and what reaches their rows.
struct DrivenArrays {
    std::vector<LayerArrays> layers;
    std::vector<Matrix<double>> v; ///< [layers] of [images x rows] [V]; none if nothing asks for them
    std::vector<RowRanges> ranges; ///< [layers]
};

/// What a neuron can drive a row with; ReLUs without a limit drive what they are seen to, and half as much again.
std::pair<double, double> range_of(const Neuron& neuron, const Matrix<double>& seen) {
    if (neuron.kind == Neuron::Kind::relu && !std::isfinite(neuron.v_limit)) {
        const double most = seen.empty() ? 0.0 : *std::ranges::max_element(seen.values());
        return {0.0, 1.5 * std::max(most, neuron.v_supply)};
    }
    constexpr double far = 1e3; // [V] where all curves have saturated
    std::vector<double> ends{transfer(neuron, -far), transfer(neuron, far)};
    ends.insert(ends.end(), neuron.table_out.begin(), neuron.table_out.end());
    const auto [low, high] = std::ranges::minmax(ends);
    return {low, high};
}

RowRanges same_for_all(Index rows, double low, double high) {
    return {std::vector<double>(static_cast<std::size_t>(rows), low),
            std::vector<double>(static_cast<std::size_t>(rows), high)};
}

/// Ranges that what was seen lies within.
void widen(RowRanges& ranges, const Matrix<double>& seen) {
    for (Index k = 0; k < seen.rows(); ++k) {
        for (std::size_t r = 0; r < ranges.v_low.size(); ++r) {
            ranges.v_low[r] = std::min(ranges.v_low[r], seen(k, static_cast<Index>(r)));
            ranges.v_high[r] = std::max(ranges.v_high[r], seen(k, static_cast<Index>(r)));
        }
    }
}

bool are_linear(const std::vector<LayerArrays>& layers) {
    return std::ranges::all_of(layers, &LayerArrays::is_linear);
}

/// Partitions joined as voltages: rows of the first layer are driven by the inputs, others by neurons; the last row is the bias.
DrivenArrays drive_analog(const Study& study, const Network& network, const Plan& plan,
                          const NetworkCircuit& circuit, const Matrix<double>& inputs) {
    require_neurons_for(network, circuit.neuron);
    DrivenArrays driven{build_network(plan, circuit), {}, {}};
    if (!are_linear(driven.layers) && inputs.rows() > 0)
        driven.v = row_voltages(driven.layers, circuit.neuron, inputs, study.solver);
    const double v_bias = circuit.neuron.v_supply;
    for (std::size_t l = 0; l < driven.layers.size(); ++l) {
        const Matrix<double> seen = driven.v.empty() ? Matrix<double>() : driven.v[l];
        const auto [low, high] = l == 0 ? std::pair(0.0, v_bias) : range_of(circuit.neuron, seen);
        RowRanges ranges = same_for_all(driven.layers[l].rows, low, high);
        ranges.v_low.back() = ranges.v_high.back() = v_bias;
        widen(ranges, seen);
        driven.ranges.push_back(std::move(ranges));
    }
    return driven;
}

/// Tiles between converters: rows are driven from 0 V to full voltage, and by DACs with errors a little beyond.
DrivenArrays drive_mixed(const Study& study, const Network& network,
                         std::span<const LayerPartition> partitions, const ResistiveTiles& tiles,
                         const Matrix<double>& calibration, const Matrix<double>& inputs) {
    const Plan plan = make_plan(network, partitions, tiles.window, Polarity::direct, study.mixed->signs);
    DrivenArrays driven{build_network(plan, tiles.circuit), {}, {}};
    if (!are_linear(driven.layers) && inputs.rows() > 0) {
        const MixedNetwork mixed =
            build_mixed(network, partitions, tiles, *study.mixed, calibration, study.solver, false);
        driven.v = row_voltages(mixed, inputs, study.solver);
    }
    const double v_full = full_voltage(tiles), margin = study.mixed->dac ? 0.02 * v_full : 0.0;
    for (std::size_t l = 0; l < driven.layers.size(); ++l) {
        driven.ranges.push_back(same_for_all(driven.layers[l].rows, -margin, v_full + margin));
        if (!driven.v.empty()) widen(driven.ranges.back(), driven.v[l]);
    }
    return driven;
}

RowRanges part_of(const RowRanges& ranges, const IndexRange& rows) {
    const auto cut = [&](const std::vector<double>& all) {
        return std::vector<double>(all.begin() + rows.begin, all.begin() + rows.end);
    };
    return {cut(ranges.v_low), cut(ranges.v_high)};
}

Matrix<double> columns_between(const Matrix<double>& matrix, const IndexRange& range) {
    Matrix<double> part(matrix.rows(), range.size());
    for (Index k = 0; k < matrix.rows(); ++k)
        std::copy_n(matrix.row(k).begin() + range.begin, range.size(), part.row(k).begin());
    return part;
}

std::vector<LutError> errors_of(const SurrogateFit& fit, std::uint64_t seed) {
    const auto error = [&](const char* of, const SurrogateError& found, const char* drawn) {
        return LutError{of,
                        "V",
                        found.largest,
                        found.rms,
                        fit.span,
                        found.points,
                        static_cast<std::uint32_t>(seed),
                        "the circuit, solved",
                        drawn};
    };
    std::vector<LutError> errors{
        error("outputs", fit.drawn,
              "over the rows' ranges: rows at rest or, with a probability that differs from point to point, "
              "anywhere up to a part of the range that differs likewise; in every third point at the ends of "
              "that part")};
    if (fit.given.points > 0)
        errors.push_back(error("outputs_for_images", fit.given, "row voltages of images"));
    return errors;
}

/// One tile: its table, and what there is to tell.
std::pair<Lut, MadeTable> make_table(const LayerArrays& layer, std::size_t t, const RowRanges& ranges,
                                     const Matrix<double>& v, const Study& study,
                                     const SurrogateOptions& options) {
    LayerArrays alone = single_tile(layer, t);
    alone.scale.front() = 1.0;
    const std::vector<StagePort> stages = alone.stages_of(0);
    const std::string fingerprint = tile_fingerprint(alone.crossbars.front(), stages);
    MadeTable made;
    made.rows = alone.rows;
    made.outputs = alone.outputs;
    TileTable table;
    if (alone.is_linear()) {
        table.map = solve_layer(alone, study.solver);
        table.residual = made.residual = table.map->residual;
        made.form = "exact map";
        Lut lut = lut_of(table, fingerprint);
        lut.summary = fmt::format(
            "outputs of {} rows and {} columns of linear cells with their wires and stages, exactly",
            made.rows, made.outputs);
        return {std::move(lut), std::move(made)};
    }
    const SurrogateTile tile{alone.crossbars.front(), stages, alone.first_tile};
    SurrogateFit fit = fit_surrogate(tile, ranges, v, options, study.solver);
    table.surrogate = std::move(fit.surrogate);
    table.residual = fit.residual;
    table.converged = fit.converged;
    Lut lut = lut_of(table, fingerprint);
    lut.summary =
        fmt::format("outputs of {} rows and {} columns of nonlinear cells with their wires and stages: {}",
                    made.rows, made.outputs, fit.form);
    lut.seed = static_cast<std::uint32_t>(options.seed);
    lut.errors = errors_of(fit, options.seed);
    lut.numbers["power_error_rms"] = fit.drawn.power_rms;
    made.form = fit.form;
    made.span = fit.span;
    made.drawn = fit.drawn;
    made.given = fit.given;
    made.reached = fit.reached;
    made.points = fit.points_used;
    made.residual = fit.residual;
    made.converged = fit.converged;
    made.circuit_time = fit.circuit_time;
    made.table_time = fit.table_time;
    return {std::move(lut), std::move(made)};
}

DrivenArrays drive_scheme(const Study& study, const StudyDevice& device, const Scheme& scheme,
                          const Network& trained, const DataSet& data, const TableOptions& options) {
    const Network network = study.mixed ? with_positive_scales(trained) : trained;
    const std::vector<LayerPartition> partitions = partitions_of(study, scheme, trained);
    ResistiveTiles tiles = std::get<ResistiveTiles>(tile_design(study, device, network));
    tiles.circuit.tables = nullptr;
    Study images = study;
    if (!options.data_set.empty()) images.calibration_set = options.data_set;
    const Matrix<double> inputs = calibration_inputs(images, data, network, options.images);
    if (study.mixed)
        return drive_mixed(study, network, partitions, tiles,
                           calibration_inputs(study, data, network, study.calibration_images), inputs);
    const Plan plan = make_plan(network, partitions, device.window, polarity_for(study.neuron));
    return drive_analog(study, network, plan, tiles.circuit, inputs);
}

} // namespace

StudyTables make_tables(const Study& study, const TableOptions& options, const Progress& progress) {
    const std::vector<std::filesystem::path> search{study.file.parent_path()};
    const DataSet data = read_dataset(study.data_set, search);
    if (study.charge)
        throw InputError(
            "arrays in charge are linear maps already: tables of tiles are for resistive arrays");
    StudyTables tables;
    tables.luts.created_from = study.file.string();
    tables.luts.source = study.text;
    std::set<std::string> seen;
    for (std::size_t d = 0; d < study.devices.size(); ++d) {
        for (std::size_t s = 0; s < study.schemes.size(); ++s) {
            const Network network = read_network(study.schemes[s].network);
            const DrivenArrays driven =
                drive_scheme(study, study.devices[d], study.schemes[s], network, data, options);
            long done = 0, total = 0;
            for (const LayerArrays& layer : driven.layers) total += static_cast<long>(layer.tiles.size());
            for (std::size_t l = 0; l < driven.layers.size(); ++l) {
                for (std::size_t t = 0; t < driven.layers[l].tiles.size(); ++t) {
                    if (progress) progress("tables of tiles", done++, total);
                    const IndexRange& rows = driven.layers[l].tiles[t].inputs;
                    const Matrix<double> v =
                        driven.v.empty() ? Matrix<double>() : columns_between(driven.v[l], rows);
                    auto [lut, made] = make_table(driven.layers[l], t, part_of(driven.ranges[l], rows), v,
                                                  study, options.surrogate);
                    if (!seen.insert(lut.texts["fingerprint"]).second) continue;
                    made.name = lut.name = fmt::format("device_{}_scheme_{}_layer_{}_tile_{}", d, s, l, t);
                    made.device = study.devices[d].name;
                    made.network = network.name;
                    made.scheme = s;
                    made.layer = l;
                    made.tile = t;
                    tables.luts.tables.push_back(std::move(lut));
                    tables.made.push_back(std::move(made));
                }
            }
            if (progress) progress("tables of tiles", total, total);
        }
    }
    return tables;
}

} // namespace ohmloom
