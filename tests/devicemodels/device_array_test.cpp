#include "array/programming.hpp"
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
    made.drive.v_row = Matrix<double>(2, 16);
    for (Index r = 0; r < 16; ++r) {
        made.drive.v_row(0, r) = 0.5 * std::sin(1.0 + static_cast<double>(r));
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
