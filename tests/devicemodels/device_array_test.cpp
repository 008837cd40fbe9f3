#include "array/programming.hpp"
#include "base/errors.hpp"
#include "devicemodels/device_library.hpp"
#include "solver/array_solver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace ohmloom;

namespace {

/// 16 x 16 devices of a card, programmed over its range, with wires of 2 Ohm and two input vectors.
struct DeviceArray {
    Crossbar crossbar;
    Drive drive;
};

DeviceArray make_array(const std::string& card) {
    const auto device = make_device(find_card(card));
    DeviceArray made;
    made.crossbar.g = Matrix<double>(16, 16);
    for (Index k = 0; k < 256; ++k) {
        const double part = static_cast<double>(k * 37 % 256) / 255.0;
        made.crossbar.g.values()[static_cast<std::size_t>(k)] =
            k % 19 == 0 ? 0.0 : std::max(1e-9, device->g_min() + part * (device->g_max() - device->g_min()));
    }
    made.crossbar.r_row = made.crossbar.r_col = 2.0;
    made.crossbar = with_devices(made.crossbar, program_array(made.crossbar.g, *device, {.seed = 5}, true));
    // A table is refused beyond its states; read noise and programming errors are none there.
    const double most = std::min(0.5, 0.5 * range_of(made.crossbar.cell).v_high); // of either sign
    made.drive.v_row = Matrix<double>(2, 16);
    for (Index r = 0; r < 16; ++r) {
        made.drive.v_row(0, r) = most * std::sin(1.0 + static_cast<double>(r));
        made.drive.v_row(1, r) = 0.02 * static_cast<double>(r);
    }
    return made;
}

} // namespace

TEST_CASE("a 16 x 16 array of every card's devices is solved alike by ngspice and by our own engines") {
    for (const std::string& card : card_names()) {
        const DeviceArray array = make_array(card);
        const auto solve = [&](Engine engine) {
            return solve_array(array.crossbar, array.drive, {.engine = engine, .fields = false});
        };
        const ArraySolution golden = solve(Engine::ngspice);
        for (const Engine engine : {Engine::mna, Engine::lines}) {
            const ArraySolution ours = solve(engine);
            for (Index k = 0; k < 2; ++k) {
                double largest = 0.0;
                for (Index l = 0; l < 16; ++l) largest = std::max(largest, std::abs(golden.i_col(k, l)));
                for (Index l = 0; l < 16; ++l) {
                    CAPTURE(card);
                    CAPTURE(std::string(to_string(engine)));
                    CHECK(std::abs(ours.i_col(k, l) - golden.i_col(k, l)) <= 1e-6 * largest);
                }
                CHECK(golden.status[static_cast<std::size_t>(k)] == SolveStatus::converged);
                CHECK(ours.status[static_cast<std::size_t>(k)] == SolveStatus::converged);
            }
        }
    }
}

TEST_CASE("drives that could take a table's cells beyond its voltages are refused with place and voltages") {
    DeviceArray array = make_array("table/example");
    array.drive.v_row(1, 3) = 0.7;
    CHECK_THROWS_WITH_AS(
        (void)solve_array(array.crossbar, array.drive),
        doctest::Contains(
            "vector 1: cells could see up to 0.7 V, from the column lines at 0 V to v_row[3] at 0.7 V"),
        InputError);
    // Against the column lines, too, common to all vectors or each vector's own.
    array.drive.v_row(1, 3) = 0.05;
    array.drive.v_col.assign(16, 0.0);
    array.drive.v_col[5] = -0.7;
    CHECK_THROWS_WITH_AS((void)solve_array(array.crossbar, array.drive),
                         doctest::Contains("from v_col[5] at -0.7 V"), InputError);
    array.drive.v_col.clear();
    array.drive.v_col_each = Matrix<double>(2, 16);
    array.drive.v_col_each(1, 6) = -0.7;
    CHECK_THROWS_WITH_AS((void)solve_array(array.crossbar, array.drive),
                         doctest::Contains("vector 1: cells could see up to 1 V, from v_col[6] at -0.7 V"),
                         InputError);
}

TEST_CASE("column potentials of each vector's own are what common ones are for each vector alone") {
    for (const char* card : {"mram", "sinh", "linear"}) {
        DeviceArray array = make_array(card);
        array.drive.v_col_each = Matrix<double>(2, 16);
        for (Index l = 0; l < 16; ++l) {
            array.drive.v_col_each(0, l) = 0.01 * static_cast<double>(l);
            array.drive.v_col_each(1, l) = 0.2 - 0.02 * static_cast<double>(l);
        }
        for (const Engine engine : {Engine::mna, Engine::automatic}) {
            const ArraySolution together = solve_array(array.crossbar, array.drive, {.engine = engine});
            for (Index k = 0; k < 2; ++k) {
                const auto v_row = array.drive.v_row.row(k), v_col = array.drive.v_col_each.row(k);
                const ArraySolution alone = solve_array(
                    array.crossbar,
                    {Matrix<double>(1, 16, {v_row.begin(), v_row.end()}), {v_col.begin(), v_col.end()}},
                    {.engine = Engine::mna});
                CHECK(together.power[static_cast<std::size_t>(k)] ==
                      doctest::Approx(alone.power[0]).epsilon(1e-8));
                for (Index l = 0; l < 16; ++l)
                    CHECK(together.i_col(k, l) ==
                          doctest::Approx(alone.i_col(0, l)).epsilon(1e-6).scale(1e-6));
            }
        }
    }
}
