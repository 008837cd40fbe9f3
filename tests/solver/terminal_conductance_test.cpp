#include "solver/terminal_conductance.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "tests/solver/generated_arrays.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    double difference = 0.0, scale = 0.0;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
        difference = std::max(difference, std::abs(a.values()[i] - b.values()[i]));
        scale = std::max(scale, std::abs(a.values()[i]));
    }
    return difference / scale;
}

/// Lines tied at one end, no series resistance.
Crossbar plain_crossbar(std::uint32_t number) {
    Crossbar crossbar = random_crossbar(number);
    crossbar.r_source.clear();
    crossbar.r_sense.clear();
    crossbar.r_row = 3.0;
    crossbar.r_col = 4.0;
    if (crossbar.row_ends == TiedEnds::both) crossbar.row_ends = TiedEnds::first;
    if (crossbar.col_ends == TiedEnds::both) crossbar.col_ends = TiedEnds::last;
    return crossbar;
}

} // namespace

TEST_CASE("the effective conductances give the currents of ideal terminals, whatever the ends") {
    for (std::uint32_t number = 1300; number < 1330; ++number) {
        CAPTURE(number);
        const Crossbar crossbar =
            random_crossbar(number); // one end or both, with series resistances or without
        Drive drive = random_drive(crossbar, number, 2);
        drive.v_col.clear();
        const ArraySolution solution = solve_array(crossbar, drive, {.engine = Engine::mna});
        const Matrix<double> g = effective_conductance(port_matrix(crossbar));
        double scale = 0.0;
        for (const Matrix<double>* currents : {&solution.i_row, &solution.i_col}) {
            for (const double i : currents->values()) scale = std::max(scale, std::abs(i));
        }
        const Matrix<double> product = multiply(drive.v_row, g);
        for (std::size_t i = 0; i < product.values().size(); ++i)
            CHECK(std::abs(product.values()[i] - solution.i_col.values()[i]) <= 1e-8 * scale);
    }
}

TEST_CASE("without wire resistance the effective conductances are the cells' own") {
    Crossbar crossbar = plain_crossbar(1302);
    crossbar.r_row = crossbar.r_col = 0.0;
    CHECK(effective_conductance(port_matrix(crossbar)) == crossbar.g);
}

TEST_CASE("series resistances at the ports are what they are in the crossbar") {
    for (std::uint32_t number = 1340; number < 1360; ++number) {
        CAPTURE(number);
        const Crossbar bare = plain_crossbar(number);
        Crossbar loaded = bare;
        CaseDraws draws(number + 9000);
        SeriesResistances series;
        for (Index r = 0; r < bare.rows(); ++r)
            series.rows.push_back(draws.chance(0.3) ? 0.0 : draws.uniform(0.0, 500.0));
        for (Index l = 0; l < bare.lines(); ++l) series.lines.push_back(draws.uniform(0.0, 500.0));
        loaded.r_source = series.rows;
        loaded.r_sense = series.lines;
        CHECK(largest_difference(port_matrix(loaded).y,
                                 with_series_resistances(port_matrix(bare), series).y) < 1e-11);
    }
    const PortMatrix ports = port_matrix(plain_crossbar(1340));
    CHECK(largest_difference(ports.y, with_series_resistances(ports, {}).y) < 1e-14);
}

TEST_CASE("an array in a peripheral circuit meets both the array's law and the circuit's") {
    // One cell of 1 kOhm between a driver of 1 V behind 100 Ohm and an amplifier that holds its input at 0.5 V plus 50 Ohm
    // times the driver's current: 1 - 100 i - 1000 i - 0.5 - 50 i = 0.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 1, 1e-3);
    PeripheralCircuit circuit{Matrix<double>(2, 2), Matrix<double>(2, 1)};
    circuit.impedance(0, 0) = 100.0;
    circuit.impedance(1, 0) = -50.0;
    circuit.source(0, 0) = 1.0;
    circuit.source(1, 0) = 0.5;
    const TerminalState state = solve_against(port_matrix(crossbar), circuit);
    const double i = 0.5 / 1150.0;
    CHECK(state.i(0, 0) == testing::approx(i).epsilon(1e-13));
    CHECK(state.i(1, 0) == testing::approx(-i).epsilon(1e-13));
    CHECK(state.v(0, 0) == testing::approx(1.0 - 100.0 * i).epsilon(1e-13));
    CHECK(state.v(1, 0) == testing::approx(0.5 + 50.0 * i).epsilon(1e-13));
}

TEST_CASE("series resistances are a peripheral circuit among others") {
    const Crossbar bare = plain_crossbar(1345);
    const PortMatrix ports = port_matrix(bare);
    const Index count = ports.y.rows();
    SeriesResistances series{std::vector<double>(static_cast<std::size_t>(bare.rows()), 120.0),
                             std::vector<double>(static_cast<std::size_t>(bare.lines()), 80.0)};
    PeripheralCircuit circuit{Matrix<double>(count, count), Matrix<double>(count, count)};
    for (Index p = 0; p < count; ++p) {
        circuit.impedance(p, p) = p < bare.rows() ? 120.0 : 80.0;
        circuit.source(p, p) = 1.0;
    }
    CHECK(largest_difference(with_series_resistances(ports, series).y, solve_against(ports, circuit).i) <
          1e-12);
}

TEST_CASE("terminals that do not fit are refused") {
    const PortMatrix ports = port_matrix(plain_crossbar(1341));
    const Index count = ports.y.rows();
    CHECK_THROWS_AS((void)with_series_resistances(ports, {{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0}, {}}),
                    InputError);
    CHECK_THROWS_AS((void)with_series_resistances(
                        ports, {std::vector<double>(static_cast<std::size_t>(ports.rows), -1.0), {}}),
                    InputError);
    CHECK_THROWS_AS((void)solve_against(ports, {Matrix<double>(count, count - 1), Matrix<double>(count, 1)}),
                    InputError);
    CHECK_THROWS_AS(
        (void)solve_against(ports, {Matrix<double>(count, count),
                                    Matrix<double>(count, 1, std::numeric_limits<double>::infinity())}),
        InputError);
}
