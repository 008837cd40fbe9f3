#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "circuit/spice_text.hpp"
#include "resistance_sum/column_deck.hpp"
#include "resistance_sum/discharge.hpp"
#include "solver/deck_solver.hpp"
#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

double measured(const SpiceDeck& deck, const DeckSolution& solution) {
    CAPTURE(solution.analyses.front().message);
    REQUIRE(solution.all_converged());
    const std::vector<MeasuredValue> values = take_measures(deck, solution);
    REQUIRE(values.size() == 1);
    REQUIRE(values[0].value);
    return *values[0].value;
}

/// Column 0 of a drawn array, every third weight against its input.
std::vector<double> example_column(const SeriesColumnDesign& design, Index cells) {
    Signs weights(1, cells, 1), inputs(1, cells, 1);
    for (Index r = 0; r < cells; r += 3) inputs(0, r) = -1;
    return selected_resistances(make_series_array(design, weights, 9), 0, inputs.row(0));
}

} // namespace

TEST_CASE("a column's deck crosses its threshold when the exact discharge does: 64 cells in ngspice and in "
          "mna to 1e-3") {
    for (const double share : {0.0, 0.6, 1.0}) {
        SeriesColumnDesign design;
        design.line_share = share;
        design.switch_resistance = 2e3;
        const std::vector<double> column = example_column(design, 64);
        const double expected = crossing_time(design, discharge_modes(design, column));
        const SpiceDeck deck = series_column_deck(design, column);
        CAPTURE(share);
        CHECK(measured(deck, solve_deck_mna(deck)) == approx(expected).epsilon(1e-3));
        CHECK(measured(deck, solve_deck_ngspice(deck, 300.0)) == approx(expected).epsilon(1e-3));
    }
}

TEST_CASE("a column's deck is written and read back equal") {
    const SpiceDeck deck = series_column_deck({}, example_column({}, 5));
    std::stringstream text;
    write_spice(text, deck);
    CHECK(parse_spice(text.str(), "column.cir") == deck);
    CHECK_THROWS_WITH_AS(series_column_deck({}, {}), "a series column has 0 cells: expected at least 1",
                         InputError);
}

TEST_CASE("inputs select the low path where they agree with the weight and the high one where not") {
    SeriesColumnDesign design;
    design.low.sigma = design.high.sigma = 0.0;
    Signs weights(1, 4), inputs(1, 4);
    weights.values() = {1, 1, -1, -1};
    inputs.values() = {1, -1, 1, -1};
    const SeriesArray array = make_series_array(design, weights);
    CHECK(selected_resistances(array, 0, inputs.row(0)) == std::vector<double>{13e3, 26e3, 26e3, 13e3});
    CHECK(mismatch_count(weights.row(0), inputs.row(0)) == 2);
}

TEST_CASE("drawn resistances have the means and spreads of their states") {
    const SeriesColumnDesign design;
    const SeriesArray array = make_series_array(design, Signs(200, 64, 1), 4);
    const auto check = [](const Matrix<double>& found, const PathState& state) {
        const auto n = static_cast<double>(found.size());
        const double mean = std::accumulate(found.values().begin(), found.values().end(), 0.0) / n;
        double squares = 0.0;
        for (const double r : found.values()) squares += (r - mean) * (r - mean);
        CHECK(std::abs(mean - state.mean) < 4.0 * state.sigma / std::sqrt(n));
        CHECK(std::abs(std::sqrt(squares / n) - state.sigma) < 4.0 * state.sigma / std::sqrt(2.0 * n));
    };
    check(array.plus, design.low);
    check(array.minus, design.high);
    // Another seed, another tile: other cells.
    CHECK(make_series_array(design, Signs(200, 64, 1), 5).plus != array.plus);
    CHECK(make_series_array(design, Signs(200, 64, 1), 4, 1).plus != array.plus);
}

TEST_CASE("random mismatches are as many as asked for, and every cell has its share of them") {
    std::vector<double> taken(16);
    for (std::uint32_t draw = 0; draw < 2000; ++draw) {
        const std::vector<std::uint8_t> differs = random_mismatches(16, 5, 1, 0, 3, draw);
        CHECK(std::accumulate(differs.begin(), differs.end(), 0) == 5);
        for (std::size_t r = 0; r < differs.size(); ++r) taken[r] += differs[r];
    }
    // 2000 draws of chance 5/16: 625 with a standard deviation of 20.7.
    for (const double count : taken) CHECK(std::abs(count - 625.0) < 5.0 * 20.7);
}

TEST_CASE("designs that cannot be are refused by field, value and what was expected") {
    const auto refused = [](auto change, const char* message) {
        SeriesColumnDesign design;
        change(design);
        CHECK_THROWS_WITH_AS(validate(design), message, InputError);
    };
    refused([](auto& d) { d.low.mean = 0.0; },
            "a series column's low resistance is 0: expected a resistance above 0 Ohm");
    refused([](auto& d) { d.high.mean = 13e3; },
            "a series column's high resistance is 13000: expected more than the low one, 13000");
    refused([](auto& d) { d.threshold = 1.0; },
            "a series column's threshold is 1: expected a voltage between 0 V and the precharge of 1 V");
    refused([](auto& d) { d.line_share = 1.5; },
            "a series column's line_share is 1.5: expected a part of the capacitance, 0 to 1");
    refused([](auto& d) { d.cell_capacitance = 0.0; },
            "a series column's capacitance is 0: expected some at the cells or the sensed end: there is "
            "nothing to discharge");
    refused([](auto& d) { d.switch_resistance = std::numeric_limits<double>::quiet_NaN(); },
            "a series column's switch_resistance is nan: expected at least 0 Ohm");
    CHECK_THROWS_AS(make_series_array({}, Signs(1, 2, std::int8_t{0})), InputError);
    SeriesColumnDesign wide;
    wide.low.sigma = 13e3;
    CHECK_THROWS_AS(make_series_array(wide, Signs(64, 64, 1)), InputError);
    CHECK_THROWS_AS(ColumnDischarge({}, 0), InputError);
}
