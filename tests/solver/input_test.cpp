#include "solver/array_solver.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ohmloom;

namespace {

Crossbar small_crossbar() {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 3, 1e-4);
    crossbar.r_row = crossbar.r_col = 1.0;
    return crossbar;
}

const Drive small_drive{Matrix<double>(1, 2, 0.2), {}};
constexpr double not_a_number_value = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("wrong input is refused by name") {
    Crossbar negative = small_crossbar();
    negative.g(1, 2) = -1e-6;
    CHECK_THROWS_WITH_AS((void)solve_array(negative, small_drive), doctest::Contains("g[1, 2]"), InputError);

    Crossbar not_a_number = small_crossbar();
    not_a_number.g(0, 1) = not_a_number_value;
    CHECK_THROWS_WITH_AS((void)solve_array(not_a_number, small_drive), doctest::Contains("g[0, 1]"),
                         InputError);

    Crossbar resistance = small_crossbar();
    resistance.r_col = -3.0;
    CHECK_THROWS_WITH_AS((void)solve_array(resistance, small_drive), doctest::Contains("r_col is -3"),
                         InputError);

    Crossbar sense = small_crossbar();
    sense.r_sense = {1.0, 1.0};
    CHECK_THROWS_WITH_AS((void)solve_array(sense, small_drive), doctest::Contains("r_sense has 2"),
                         InputError);

    Crossbar map = small_crossbar();
    map.r_row_map = Matrix<double>(2, 4, 1.0);
    map.r_row_map(1, 3) = not_a_number_value;
    CHECK_THROWS_WITH_AS((void)solve_array(map, small_drive), doctest::Contains("r_row[1, 3] is nan"),
                         InputError);
    map.r_row_map(1, 3) = -2.0;
    CHECK_THROWS_WITH_AS((void)solve_array(map, small_drive), doctest::Contains("r_row[1, 3] is -2"),
                         InputError);
    map.r_row_map = Matrix<double>(2, 3, 1.0);
    CHECK_THROWS_WITH_AS((void)solve_array(map, small_drive),
                         doctest::Contains("the map of r_row is [2 x 3], expected [2 x 4]"), InputError);
    map.r_row_map = {};
    map.r_col_map = Matrix<double>(2, 3, 1.0);
    CHECK_THROWS_WITH_AS((void)solve_array(map, small_drive),
                         doctest::Contains("the map of r_col is [2 x 3], expected [3 x 3]"), InputError);

    Crossbar joined = small_crossbar();
    joined.r_row = joined.r_col = 0.0;
    joined.g(1, 2) = std::numeric_limits<double>::infinity();
    for (const Engine engine : {Engine::lines, Engine::condense, Engine::mna, Engine::ngspice}) {
        CHECK_THROWS_WITH_AS((void)solve_array(joined, small_drive, {.engine = engine}),
                             doctest::Contains("row 1 and column line 2"), InputError);
    }

    Crossbar empty;
    CHECK_THROWS_WITH_AS((void)solve_array(empty, small_drive), doctest::Contains("0 rows"), InputError);

    const Drive short_drive{Matrix<double>(1, 3, 0.2), {}};
    CHECK_THROWS_WITH_AS((void)solve_array(small_crossbar(), short_drive), doctest::Contains("v_row has 3"),
                         InputError);

    Drive bad_drive = small_drive;
    bad_drive.v_row(0, 1) = not_a_number_value;
    CHECK_THROWS_WITH_AS((void)solve_array(small_crossbar(), bad_drive), doctest::Contains("v_row[0, 1]"),
                         InputError);

    CHECK_THROWS_WITH_AS((void)solve_array(small_crossbar(), small_drive, {.tolerance = 0.0}),
                         doctest::Contains("tolerance"), InputError);
}

TEST_CASE("an engine that cannot answer says so") {
    Crossbar sinh = small_crossbar();
    sinh.cell = SinhCell{2.0};
    CHECK_THROWS_AS((void)solve_array(sinh, small_drive, {.engine = Engine::condense}), InputError);
    CHECK_THROWS_AS((void)port_matrix(sinh), InputError);
}

TEST_CASE("an engine's name finds it, and a misspelt one is answered with the nearest") {
    for (const Engine engine : {Engine::automatic, Engine::condense, Engine::mna, Engine::ngspice}) {
        CHECK(engine_from_name(to_string(engine)) == engine);
    }
    CHECK_THROWS_WITH_AS(engine_from_name("condens"), doctest::Contains("did you mean 'condense'"),
                         InputError);
}
