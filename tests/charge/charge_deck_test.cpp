#include "charge/charge_deck.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"
#include "circuit/spice_reader.hpp"
#include "circuit/spice_text.hpp"
#include "solver/deck_solver.hpp"
#include "tests/approx.hpp"

#include <sstream>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

struct Example {
    ChargeArray array;
    std::vector<double> v;
};

Example example(ChargeCellKind kind, ChargeDrive drive) {
    ChargeArrayDesign design;
    design.cell = {
        .kind = kind, .bits = 4, .node_parasitic = 0.07, .bottom_parasitic = 0.1, .unit_sigma = 0.02};
    design.drive = drive;
    design.column_capacitance = 5e-15;
    design.injection = 2e-16;
    const RandomStream stream(8, RandomPurpose::test_generation);
    Matrix<std::int32_t> codes(1, 8);
    std::vector<double> v;
    for (std::uint32_t r = 0; r < 8; ++r) {
        codes(0, r) = static_cast<std::int32_t>(16.0 * stream.uniform(0, r, 0));
        v.push_back(0.8 * stream.uniform(0, r, 1));
    }
    return {make_charge_array(design, codes, 4), v};
}

double measured(const SpiceDeck& deck, const DeckSolution& solution) {
    CAPTURE(solution.analyses.front().message);
    REQUIRE(solution.all_converged());
    const std::vector<MeasuredValue> values = take_measures(deck, solution);
    REQUIRE(values.size() == 1);
    REQUIRE(values[0].value);
    return *values[0].value;
}

} // namespace

TEST_CASE("a column through precharge and evaluation ends where its map says, in ngspice and in mna, to 1e-4 "
          "of full scale") {
    for (const ChargeCellKind kind : {ChargeCellKind::c2c_ladder, ChargeCellKind::binary_weighted}) {
        for (const ChargeDrive drive : {ChargeDrive::single_ended, ChargeDrive::differential}) {
            const Example of = example(kind, drive);
            CAPTURE(name_of(kind));
            const double expected = column_voltages(charge_response(of.array),
                                                    Matrix<double>(1, 8, std::vector<double>(of.v)))(0, 0);
            const SpiceDeck deck = charge_column_deck(of.array, 0, of.v);
            CHECK(std::abs(measured(deck, solve_deck_mna(deck)) - expected) < 1e-4 * 0.8);
            CHECK(std::abs(measured(deck, solve_deck_ngspice(deck, 300.0)) - expected) < 1e-4 * 0.8);
        }
    }
}

TEST_CASE("a column's deck is written and read back equal") {
    const Example of = example(ChargeCellKind::c2c_ladder, ChargeDrive::differential);
    const SpiceDeck deck = charge_column_deck(of.array, 0, of.v);
    std::stringstream text;
    write_spice(text, deck);
    CHECK(parse_spice(text.str(), "column.cir") == deck);
    CHECK_THROWS_WITH_AS(charge_column_deck(of.array, 0, std::vector<double>(3)),
                         "3 row voltages are given for 8 rows: expected one each", InputError);
}
