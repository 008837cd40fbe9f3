#include "inference/charge_check.hpp"

#include "base/parallel.hpp"
#include "base/random.hpp"
#include "charge/charge_deck.hpp"
#include "solver/deck_solver.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace ohmloom {

namespace {

/// What a circuit's column came to, or why it did not.
PairOutcome check_column(const ChargeArray& array, Index column, std::span<const double> v_row, double supply,
                         const CrossCheckOptions& check) {
    const SpiceDeck deck = charge_column_deck(array, column, v_row);
    const DeckSolution solution =
        check.engine == Engine::mna ? solve_deck_mna(deck) : solve_deck_ngspice(deck, check.time_limit);
    if (!solution.all_converged()) {
        const std::string& why = solution.analyses.front().message;
        return {0.0, why.empty() ? std::string(to_string(check.engine)) + " does not converge" : why};
    }
    const std::vector<MeasuredValue> measured = take_measures(deck, solution);
    if (!measured.front().value) return {0.0, measured.front().problem};
    const Matrix<double> v(1, static_cast<Index>(v_row.size()), {v_row.begin(), v_row.end()});
    const double expected = column_voltages(charge_response(array, false), v)(0, column);
    return {std::abs(*measured.front().value - expected) / supply, ""};
}

} // namespace

CrossCheck cross_check(std::span<const ChargeLayer> layers, double supply, const RowVoltagesOf& voltages_of,
                       const Matrix<double>& inputs, const CrossCheckOptions& check) {
    std::vector<Index> tiles;
    for (const ChargeLayer& layer : layers) tiles.push_back(static_cast<Index>(layer.tiles.size()));
    const RandomStream stream(check.seed, RandomPurpose::cross_check);
    constexpr std::uint32_t column_draw = 2; // behind those of the pair
    const auto check_pair = [&](Index k, const CheckedPair& pair, std::span<const double> v) {
        const ChargeTile& tile =
            layers[static_cast<std::size_t>(pair.layer)].tiles[static_cast<std::size_t>(pair.tile)];
        const double part = stream.uniform(0, static_cast<std::uint32_t>(k), column_draw);
        const Index columns = tile.array.codes.rows();
        const Index column = std::min(static_cast<Index>(part * static_cast<double>(columns)), columns - 1);
        const IndexRange& rows = tile.place.inputs;
        return check_column(
            tile.array, column,
            v.subspan(static_cast<std::size_t>(rows.begin), static_cast<std::size_t>(rows.size())), supply,
            check);
    };
    CrossCheck result = check_drawn(tiles, voltages_of, inputs, check, check_pair);
    result.tolerance = charge_check_tolerance;
    return result;
}

} // namespace ohmloom
