#include "array/programming.hpp"
#include "base/errors.hpp"
#include "devicemodels/device_library.hpp"
#include "solver/array_solver.hpp"
#include "solver/ngspice_jobs.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

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

/// States all over a device's range, with what the array engines need of them and a subcircuit of its own for each.
struct States {
    std::vector<CellNumbers> cells;
    std::vector<SpiceFace> faces;
    CellModel law;
};

States states_of(const std::string& card) {
    const auto device = make_device(find_card(card));
    States states{{}, {}, device->law(300.0)};
    const DeviceDraws draws(31, {5, 0, 0});
    for (const double part : {0.0, 0.3, 0.8, 1.0}) {
        const double target = device->g_min() + part * (device->g_max() - device->g_min());
        const ProgrammingScheme scheme{Programming::write_verify, 0.02, 300};
        const DeviceState state = device->program(device->fresh(draws), target, scheme, draws, 1).state;
        SpiceFace face = device->spice(state, 300.0);
        const std::string own = face.name + "_" + std::to_string(states.faces.size());
        for (std::size_t at = face.text.find(face.name); at != std::string::npos;
             at = face.text.find(face.name, at + own.size()))
            face.text.replace(at, face.name.size(), own);
        face.name = own;
        states.faces.push_back(face);
        states.cells.push_back(device->aged(state, {}));
    }
    return states;
}

std::size_t state_at(Index r, Index l) {
    return static_cast<std::size_t>((5 * r + 3 * l + r * l) % 4);
}

/// The array as a deck of subcircuits, with wires of 2 Ohm. Of faces with state nodes, every fourth cell is one, the others are
/// their current alone: ngspice takes minutes to order the matrix of 256.
std::string deck_of_subcircuits(const States& states) {
    std::string deck = "devices in an array\n";
    for (const SpiceFace& face : states.faces) deck += face.text;
    for (Index r = 0; r < 16; ++r) {
        deck += fmt::format("vrow{0} in{0} 0 dc 0\nrrow{0}_0 in{0} w{0}_0 2\n", r);
        for (Index l = 1; l < 16; ++l) deck += fmt::format("rrow{0}_{1} w{0}_{2} w{0}_{1} 2\n", r, l, l - 1);
        for (Index l = 0; l < 16; ++l) {
            const SpiceFace& face = states.faces[state_at(r, l)];
            const CellNumbers& cell = states.cells[state_at(r, l)];
            std::string nodes = fmt::format("w{0}_{1} b{0}_{1}", r, l);
            for (std::size_t k = 2; k < face.ports.size(); ++k)
                nodes += fmt::format(" s{}_{}_{}", r, l, face.ports[k]);
            if (face.ports.size() == 2 || (r + 2 * l) % 4 == 0) {
                deck += fmt::format("x{}_{} {} {}\n", r, l, nodes, face.name);
            } else {
                const std::string v = fmt::format("v(w{0}_{1},b{0}_{1})", r, l);
                deck += fmt::format("bcell{0}_{1} w{0}_{1} b{0}_{1} i={2}\n", r, l,
                                    spice_current(states.law, cell.g, cell.shape, v));
            }
            deck += r < 15 ? fmt::format("rcol{0}_{1} b{0}_{1} b{2}_{1} 2\n", r, l, r + 1)
                           : fmt::format("rcol{0}_{1} b{0}_{1} out{1} 2\nvcol{1} out{1} 0 dc 0\n", r, l);
        }
    }
    return deck + ".options reltol=1e-9 abstol=1e-16 vntol=1e-12 noopalter\n.end\n";
}

/// One card of each kind of device.
std::vector<std::string> one_card_of_each_kind() {
    std::vector<std::string> cards;
    std::set<std::string> kinds;
    for (const std::string& name : card_names()) {
        if (kinds.insert(find_card(name).model).second) cards.push_back(name);
    }
    return cards;
}

} // namespace

// A single operating point: ngspice orders these matrices anew for each, which takes seconds.
TEST_CASE("a 16 x 16 array of each kind's subcircuits draws in ngspice what our engines find") {
    for (const std::string& card : one_card_of_each_kind()) {
        const States states = states_of(card);
        Crossbar crossbar;
        crossbar.cell = states.law;
        crossbar.g = crossbar.shape = Matrix<double>(16, 16);
        crossbar.r_row = crossbar.r_col = 2.0;
        for (Index r = 0; r < 16; ++r) {
            for (Index l = 0; l < 16; ++l) {
                crossbar.g(r, l) = states.cells[state_at(r, l)].g;
                crossbar.shape(r, l) = states.cells[state_at(r, l)].shape;
            }
        }
        const double most = std::min(0.4, 0.5 * range_of(crossbar.cell).v_high);
        Drive drive{Matrix<double>(1, 16), {}};
        NgspiceJob job{deck_of_subcircuits(states), {}, {}, {}};
        for (Index r = 0; r < 16; ++r) {
            drive.v_row(0, r) = most * std::sin(1.0 + static_cast<double>(r));
            job.inputs.push_back(fmt::format("vrow{}", r));
            job.outputs.push_back(fmt::format("i(vcol{})", r));
        }
        job.input_values = drive.v_row;
        const NgspiceAnswer golden = solve_operating_points(job);
        for (const Engine engine : {Engine::mna, Engine::lines}) {
            const ArraySolution ours = solve_array(crossbar, drive, {.engine = engine});
            CAPTURE(card);
            CAPTURE(std::string(to_string(engine)));
            CHECK(golden.converged[0]);
            double largest = 0.0;
            for (Index l = 0; l < 16; ++l) largest = std::max(largest, std::abs(ours.i_col(0, l)));
            for (Index l = 0; l < 16; ++l)
                CHECK(std::abs(golden.values(0, l) - ours.i_col(0, l)) <= 1e-6 * largest);
        }
    }
}

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
                      testing::approx(alone.power[0]).epsilon(1e-8));
                for (Index l = 0; l < 16; ++l)
                    CHECK(together.i_col(k, l) ==
                          testing::approx(alone.i_col(0, l)).epsilon(1e-6).scale(1e-6));
            }
        }
    }
}
