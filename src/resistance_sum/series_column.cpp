#include "resistance_sum/series_column.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

void require(bool holds, std::string_view field, double value, std::string_view expected) {
    if (!holds)
        throw InputError(fmt::format("a series column's {} is {}: expected {}", field, value, expected));
}

void validate_state(const PathState& state, std::string_view name) {
    require(std::isfinite(state.mean) && state.mean > 0.0, fmt::format("{} resistance", name), state.mean,
            "a resistance above 0 Ohm");
    require(std::isfinite(state.sigma) && state.sigma >= 0.0, fmt::format("sigma of the {} state", name),
            state.sigma, "at least 0 Ohm");
}

double drawn_resistance(const PathState& state, const RandomStream& stream, std::uint32_t tile, Index row,
                        Index column, std::uint32_t path) {
    if (state.sigma == 0.0) return state.mean;
    const double found = state.mean + state.sigma * stream.normal(tile, static_cast<std::uint32_t>(row),
                                                                  static_cast<std::uint32_t>(column), path);
    if (!(found > 0.0)) {
        throw InputError(fmt::format("a resistance of {:.3g} Ohm was drawn for the cell of row {}, column "
                                     "{}: a sigma of {} Ohm is too much for a mean of {} Ohm; expected "
                                     "resistances above 0 Ohm",
                                     found, row, column, state.sigma, state.mean));
    }
    return found;
}

} // namespace

void validate(const SeriesColumnDesign& design) {
    validate_state(design.low, "low");
    validate_state(design.high, "high");
    require(design.high.mean > design.low.mean, "high resistance", design.high.mean,
            fmt::format("more than the low one, {}", design.low.mean));
    require(std::isfinite(design.cell_capacitance) && design.cell_capacitance >= 0.0, "cell_capacitance",
            design.cell_capacitance, "at least 0 F");
    require(design.line_share >= 0.0 && design.line_share <= 1.0, "line_share", design.line_share,
            "a part of the capacitance, 0 to 1");
    require(std::isfinite(design.sense_capacitance) && design.sense_capacitance >= 0.0, "sense_capacitance",
            design.sense_capacitance, "at least 0 F");
    require(design.cell_capacitance + design.sense_capacitance > 0.0, "capacitance",
            design.cell_capacitance + design.sense_capacitance,
            "some at the cells or the sensed end: there is nothing to discharge");
    require(std::isfinite(design.switch_resistance) && design.switch_resistance >= 0.0, "switch_resistance",
            design.switch_resistance, "at least 0 Ohm");
    require(std::isfinite(design.precharge) && design.precharge > 0.0, "precharge", design.precharge,
            "a voltage above 0 V");
    require(design.threshold > 0.0 && design.threshold < design.precharge, "threshold", design.threshold,
            fmt::format("a voltage between 0 V and the precharge of {} V", design.precharge));
}

NodeCapacitances node_capacitances(const SeriesColumnDesign& design, Index cells) {
    const double between = (1.0 - design.line_share) * design.cell_capacitance;
    const double line = design.line_share * design.cell_capacitance * static_cast<double>(cells);
    return {between + line + design.sense_capacitance, between};
}

SeriesArray make_series_array(const SeriesColumnDesign& design, const Signs& weights, std::uint64_t seed,
                              std::uint32_t tile) {
    validate(design);
    const Index columns = weights.rows(), cells = weights.cols();
    SeriesArray array{design, weights, Matrix<double>(columns, cells), Matrix<double>(columns, cells)};
    const RandomStream stream(seed, RandomPurpose::device_variation);
    parallel_for(columns, [&](Index c) {
        for (Index r = 0; r < cells; ++r) {
            const auto weight = static_cast<double>(weights(c, r));
            if (std::abs(weight) != 1.0) {
                throw InputError(
                    fmt::format("the weight of row {}, column {} is {}: expected -1 or 1", r, c, weight));
            }
            const PathState& plus = weight > 0.0 ? design.low : design.high;
            const PathState& minus = weight > 0.0 ? design.high : design.low;
            array.plus(c, r) = drawn_resistance(plus, stream, tile, r, c, 0);
            array.minus(c, r) = drawn_resistance(minus, stream, tile, r, c, 1);
        }
    });
    return array;
}

std::vector<double> selected_resistances(const SeriesArray& array, Index column,
                                         std::span<const std::int8_t> inputs) {
    std::vector<double> selected(inputs.size());
    for (std::size_t r = 0; r < inputs.size(); ++r) {
        const Matrix<double>& path = inputs[r] > 0 ? array.plus : array.minus;
        selected[r] = path(column, static_cast<Index>(r));
    }
    return selected;
}

Index mismatch_count(std::span<const std::int8_t> weights, std::span<const std::int8_t> inputs) {
    Index count = 0;
    for (std::size_t r = 0; r < inputs.size(); ++r) count += weights[r] != inputs[r] ? 1 : 0;
    return count;
}

std::vector<std::uint8_t> random_mismatches(Index cells, Index count, std::uint64_t seed, std::uint32_t tile,
                                            std::uint32_t column, std::uint32_t draw) {
    const RandomStream stream(seed, RandomPurpose::test_generation);
    std::vector<std::uint8_t> differs(static_cast<std::size_t>(cells));
    // Selection sampling: every cell in turn is taken with the chance that leaves all sets equally likely.
    Index left = count;
    for (Index r = 0; r < cells && left > 0; ++r) {
        const double u = stream.uniform(tile, static_cast<std::uint32_t>(r), column, draw);
        if (u * static_cast<double>(cells - r) >= static_cast<double>(left)) continue;
        differs[static_cast<std::size_t>(r)] = 1;
        --left;
    }
    return differs;
}

} // namespace ohmloom
