#include "inference/cross_check.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/flat_circuit.hpp"
#include "circuit/spice_text.hpp"
#include "inference/native_answer.hpp"
#include "readout/readout_circuits.hpp"
#include "solver/circuit_solver.hpp"
#include "solver/ngspice_jobs.hpp"
#include "solver/ngspice_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// A tile with its stages as a circuit, driven with one image.
struct StagedTileCircuit {
    Circuit circuit;
    std::vector<std::string> outputs; ///< nodes o_s of the stages
};

StagedTileCircuit make_tile_circuit(const LayerArrays& layer, std::size_t number,
                                    std::span<const double> v_row) {
    Crossbar crossbar = layer.crossbars[number];
    crossbar.r_sense.clear(); // the circuit holds the stages themselves
    const ArrayNetlistOptions options{{v_row.begin(), v_row.end()}, {}, {}, true};
    StagedTileCircuit tile{expand_array(crossbar, options).circuit, {}};
    const bool alike = are_alike(layer.stage);
    for (Index s = 0; s < crossbar.sites(); ++s) {
        const std::string name = alike ? "stage" : fmt::format("stage_{}", s);
        if (s == 0 || !alike) {
            const auto place = layer.first_tile + static_cast<std::uint32_t>(number);
            tile.circuit.add(stage_circuit(name, layer.stage, sample_stage(layer.stage, place, s), false,
                                           crossbar.lines_per_site));
        }
        tile.outputs.push_back(fmt::format("o_{}", s));
        SubcircuitCall call{name, {}};
        for (Index k = 0; k < crossbar.lines_per_site; ++k) {
            const Index line = s * crossbar.lines_per_site + k;
            call.nodes.push_back(tile.circuit.node(fmt::format("col_{}", line)));
        }
        call.nodes.push_back(tile.circuit.node(tile.outputs.back()));
        tile.circuit.add(fmt::format("xstage_{}", s), std::move(call));
    }
    return tile;
}

/// Stage outputs, or none and why.
struct Answer {
    std::vector<double> u;
    std::string problem;
};

Answer solve_in_ngspice(const StagedTileCircuit& tile, double time_limit) {
    SpiceTextOptions text;
    text.title = "OhmLoom tile with its stages, one image";
    const Circuit circuit = flatten(tile.circuit); // the order concerns the nodes of the stages, too
    text.control_cards = ordering_cards(circuit);
    text.control_cards.push_back(precise_options_card(500));
    std::ostringstream deck;
    write_spice(deck, circuit, text);
    const NgspiceJob job{std::move(deck).str(), {}, Matrix<double>(1, 0), tile.outputs, {.time = time_limit}};
    const NgspiceAnswer answer = solve_operating_points(job);
    if (answer.converged[0]) return {answer.values.values(), ""};
    const std::string& problem = answer.report.problem;
    return {{},
            (problem.empty() ? "ngspice finds no operating point" : problem) +
                kept_as(job.deck, answer.report.log)};
}

Answer solve_in_mna(const StagedTileCircuit& tile) {
    CircuitSolver solver(tile.circuit);
    const Waveforms point = solver.operating_point();
    if (!point.all_converged()) return {{}, "mna finds no operating point: " + point.message};
    std::vector<double> values;
    for (const std::string& output : tile.outputs) {
        const auto found = std::ranges::find(point.signals, fmt::format("v({})", output));
        OHMLOOM_ASSERT(found != point.signals.end());
        values.push_back(point.values(0, found - point.signals.begin()));
    }
    return {std::move(values), ""};
}

/// Largest difference over the largest output; not a number if one of them is none.
double deviation_of(const std::vector<double>& u, const std::vector<double>& reference) {
    double difference = 0.0, largest = 0.0;
    for (std::size_t s = 0; s < u.size(); ++s) {
        largest = std::max(largest, std::abs(reference[s]));
        const double here = std::abs(u[s] - reference[s]);
        if (!(here <= difference)) difference = here;
    }
    return difference == 0.0 ? 0.0 : difference / largest;
}

/// Inputs of the drawn images, one row per pair.
Matrix<double> drawn_inputs(const Matrix<double>& inputs, const std::vector<CheckedPair>& pairs) {
    Matrix<double> drawn(static_cast<Index>(pairs.size()), inputs.cols());
    for (std::size_t k = 0; k < pairs.size(); ++k)
        std::ranges::copy(inputs.row(pairs[k].image), drawn.row(static_cast<Index>(k)).begin());
    return drawn;
}

std::vector<Index> tile_counts(std::span<const LayerArrays> layers) {
    std::vector<Index> counts;
    for (const LayerArrays& layer : layers) counts.push_back(static_cast<Index>(layer.tiles.size()));
    return counts;
}

} // namespace

bool CrossCheck::passed() const {
    return unsolved == 0 && deviation <= tolerance;
}

std::vector<CheckedPair> draw_pairs(std::span<const LayerArrays> layers, Index images, Index count,
                                    std::uint64_t seed) {
    return draw_pairs(tile_counts(layers), images, count, seed);
}

std::vector<CheckedPair> draw_pairs(std::span<const Index> of_layer, Index images, Index count,
                                    std::uint64_t seed) {
    const Index tiles = std::accumulate(of_layer.begin(), of_layer.end(), Index{0});
    const RandomStream stream(seed, RandomPurpose::cross_check);
    const auto draw = [&](Index pair, std::uint32_t what, Index choices) {
        const double u = stream.uniform(0, static_cast<std::uint32_t>(pair), what);
        return std::min(static_cast<Index>(u * static_cast<double>(choices)), choices - 1);
    };
    std::vector<CheckedPair> pairs;
    for (Index k = 0; k < count; ++k) {
        CheckedPair pair{0, draw(k, 0, tiles), draw(k, 1, images)};
        while (pair.tile >= of_layer[at(pair.layer)]) {
            pair.tile -= of_layer[at(pair.layer)];
            ++pair.layer;
        }
        pairs.push_back(pair);
    }
    return pairs;
}

CrossCheck cross_check(std::span<const LayerArrays> layers, const Neuron& neuron,
                       const Matrix<double>& inputs, const SolveOptions& options,
                       const CrossCheckOptions& check) {
    const auto voltages_of = [&](const Matrix<double>& drawn) {
        return row_voltages(layers, neuron, drawn, options);
    };
    return cross_check(layers, voltages_of, inputs, options, check);
}

CrossCheck check_drawn(std::span<const Index> tiles, const RowVoltagesOf& voltages_of,
                       const Matrix<double>& inputs, const CrossCheckOptions& check,
                       const std::function<PairOutcome(Index k, const CheckedPair& pair,
                                                       std::span<const double> v_row)>& check_pair) {
    if (check.engine != Engine::ngspice && check.engine != Engine::mna) {
        throw InputError(fmt::format("the engine of a cross-check is {}: expected ngspice or mna",
                                     to_string(check.engine)));
    }
    CrossCheck result;
    result.engine = check.engine;
    result.pairs = check.pairs;
    if (check.pairs == 0) return result;
    const std::vector<CheckedPair> pairs = draw_pairs(tiles, inputs.rows(), check.pairs, check.seed);
    const std::vector<Matrix<double>> v = voltages_of(drawn_inputs(inputs, pairs));
    std::vector<PairOutcome> outcomes(pairs.size());
    parallel_for(check.pairs, [&](Index k) {
        outcomes[at(k)] = check_pair(k, pairs[at(k)], v[at(pairs[at(k)].layer)].row(k));
    });
    result.worst = pairs.front();
    for (std::size_t k = 0; k < pairs.size(); ++k) {
        if (!outcomes[k].problem.empty()) {
            ++result.unsolved;
            if (result.problem.empty()) result.problem = outcomes[k].problem;
        } else if (!(outcomes[k].deviation <= result.deviation)) {
            result.deviation = outcomes[k].deviation;
            result.worst = pairs[k];
        }
    }
    return result;
}

CrossCheck cross_check(std::span<const LayerArrays> layers, const RowVoltagesOf& voltages_of,
                       const Matrix<double>& inputs, const SolveOptions& options,
                       const CrossCheckOptions& check) {
    const auto check_pair = [&](Index, const CheckedPair& pair, std::span<const double> v) -> PairOutcome {
        const LayerArrays& layer = layers[at(pair.layer)];
        const IndexRange& rows = layer.tiles[at(pair.tile)].inputs;
        const std::span<const double> v_row = v.subspan(at(rows.begin), at(rows.size()));
        const StagedTileCircuit tile = make_tile_circuit(layer, at(pair.tile), v_row);
        Answer answer =
            check.engine == Engine::mna ? solve_in_mna(tile) : solve_in_ngspice(tile, check.time_limit);
        if (!answer.problem.empty()) return {0.0, std::move(answer.problem)};
        for (double& u : answer.u) u *= layer.scale[at(pair.tile)];
        const Matrix<double> image(1, rows.size(), {v_row.begin(), v_row.end()});
        return {deviation_of(answer_tile(layer, at(pair.tile), image, options).outputs.values(), answer.u),
                ""};
    };
    return check_drawn(tile_counts(layers), voltages_of, inputs, check, check_pair);
}

} // namespace ohmloom
