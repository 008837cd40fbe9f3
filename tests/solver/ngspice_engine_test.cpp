#include "solver/ngspice_engine.hpp"

#include "circuit/array_netlist.hpp"
#include "solver/mna_engine.hpp"
#include "tests/solver/generated_arrays.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// ngspice factorises in double precision: a few digits above rounding for these small, well-conditioned
/// circuits.
const double rounding = 1e-12;

doctest::Approx close_to(double value) {
    return testing::approx(value).epsilon(rounding);
}

Crossbar one_cell() {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 1, 1e-3);
    crossbar.r_row = 100.0;
    crossbar.r_col = 200.0;
    crossbar.r_source = {300.0};
    crossbar.r_sense = {400.0};
    return crossbar;
}

Drive drive_with(Index batch, Index rows, std::vector<double> v_row) {
    return {Matrix<double>(batch, rows, std::move(v_row)), {}};
}

} // namespace

TEST_CASE("ngspice: one cell is a series circuit") {
    // 1 V over 300 + 100 + 1000 + 200 + 400 = 2000 Ohm.
    const ArraySolution solution = solve_array_ngspice(one_cell(), drive_with(1, 1, {1.0}), {.fields = true});
    CHECK(solution.engine == Engine::ngspice);
    CHECK(solution.status[0] == SolveStatus::converged);
    CHECK(solution.iterations[0] >= 1);
    CHECK(solution.i_col(0, 0) == close_to(0.5e-3));
    CHECK(solution.i_row(0, 0) == close_to(0.5e-3));
    CHECK(solution.power[0] == close_to(0.5e-3));
    CHECK(solution.v_w(0, 0) == close_to(0.8));
    CHECK(solution.v_b(0, 0) == close_to(0.3));
    CHECK(solution.residual[0] < 1e-12);
}

TEST_CASE("ngspice: lines tied at both ends are two wires in parallel") {
    Crossbar crossbar = one_cell();
    crossbar.row_ends = crossbar.col_ends = TiedEnds::both;
    // (300 + 100)/2 + 1000 + (200 + 400)/2 = 1500 Ohm.
    const ArraySolution solution = solve_array_ngspice(crossbar, drive_with(1, 1, {1.5}), {});
    CHECK(solution.i_col(0, 0) == close_to(1e-3));
    CHECK(solution.i_row(0, 0) == close_to(1e-3));
}

TEST_CASE("ngspice: a 2x2 array with column wires follows the hand calculation") {
    // Ideal rows, r_col = 1 kOhm; column 0 of two 1 kOhm cells, column 1 of two 2 kOhm cells; v = (1, 0) V.
    // In mA:
    //   column 0:  1 − b0 = b0 − b1,  −b1 + (b0 − b1) = b1         =>  b1 = 1/5,  i = 1/5,  cells  2/5, −1/5
    //   column 1: (1 − b0)/2 = b0 − b1, −b1/2 + (b0 − b1) = b1     =>  b1 = 2/11, i = 2/11, cells 3/11, −1/11
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 2, std::vector<double>{1e-3, 0.5e-3, 1e-3, 0.5e-3});
    crossbar.r_col = 1e3;
    const ArraySolution solution = solve_array_ngspice(crossbar, drive_with(1, 2, {1.0, 0.0}), {});
    CHECK(solution.i_col(0, 0) == close_to(0.2e-3));
    CHECK(solution.i_col(0, 1) == close_to(2e-3 / 11.0));
    CHECK(solution.i_row(0, 0) == close_to((2.0 / 5.0 + 3.0 / 11.0) * 1e-3));
    CHECK(solution.i_row(0, 1) == close_to(-(1.0 / 5.0 + 1.0 / 11.0) * 1e-3));
}

TEST_CASE("ngspice: a batch alters the sources, and the sense potentials count") {
    Crossbar crossbar = one_cell();
    Drive drive = drive_with(3, 1, {1.0, -1.0, 0.25});
    drive.v_col = {0.2};
    const ArraySolution solution = solve_array_ngspice(crossbar, drive, {});
    for (Index k = 0; k < 3; ++k) {
        const double i = (drive.v_row(k, 0) - 0.2) / 2000.0;
        CHECK(solution.i_col(k, 0) == close_to(i));
        CHECK(solution.power[static_cast<std::size_t>(k)] == close_to((drive.v_row(k, 0) - 0.2) * i));
    }
}

TEST_CASE("ngspice: a column of 64 cells follows the ladder recursion") {
    constexpr Index rows = 64;
    Crossbar crossbar;
    crossbar.g = Matrix<double>(rows, 1);
    crossbar.r_row = 3.0;
    crossbar.r_col = 20.0;
    crossbar.r_sense = {50.0};
    Drive drive{Matrix<double>(1, rows), {}};
    CaseDraws draws(64);
    for (Index r = 0; r < rows; ++r) {
        crossbar.r_source.push_back(draws.uniform(0.0, 100.0));
        crossbar.g(r, 0) = draws.log_uniform(1e-6, 1e-3);
        drive.v_row(0, r) = draws.uniform(-1.0, 1.0);
    }

    // Seen from below, the column above a node is a source e behind a resistance z. Each cell joins it in
    // parallel, each wire segment in series.
    double e = 0.0, admittance = 0.0;
    for (Index r = 0; r < rows; ++r) {
        const double cell = 1.0 / (1.0 / crossbar.g(r, 0) + crossbar.r_row + crossbar.source_resistance(r));
        e = (e * admittance + drive.v_row(0, r) * cell) / (admittance + cell);
        admittance += cell;
        admittance = 1.0 / (1.0 / admittance + crossbar.r_col);
    }
    const double i_sense = e / (1.0 / admittance + 50.0);

    const ArraySolution solution = solve_array_ngspice(crossbar, drive, {});
    CHECK(solution.i_col(0, 0) == close_to(i_sense));
    CHECK(solution.status[0] == SolveStatus::converged);
}

TEST_CASE("ngspice: lines without resistance are exactly at their source's potential") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 3, std::vector<double>{1e-3, 2e-4, 0.0, 5e-4, 1e-4, 3e-6});
    const Drive drive = drive_with(1, 2, {0.5, -0.25});

    SUBCASE("on both sides: the plain product") {
        const ArraySolution solution = solve_array_ngspice(crossbar, drive, {});
        for (Index l = 0; l < 3; ++l) {
            CHECK(solution.i_col(0, l) == close_to(0.5 * crossbar.g(0, l) - 0.25 * crossbar.g(1, l)));
        }
    }
    SUBCASE("on the rows: w is the source") {
        crossbar.r_col = 10.0;
        const ArraySolution solution = solve_array_ngspice(crossbar, drive, {.fields = true});
        for (Index s = 0; s < 3; ++s) CHECK(solution.v_w(0, 3 + s) == -0.25);
    }
    SUBCASE("on the columns: b is ground, so each row is a ladder to it") {
        crossbar.r_row = 10.0;
        const ArraySolution solution = solve_array_ngspice(crossbar, drive, {.fields = true});
        for (const double v : solution.v_b.values()) CHECK(v == 0.0);
        // Row 1 from its far end: each site's cell in parallel with what follows behind a segment.
        double admittance = 0.0;
        for (Index s = 2; s >= 0; --s) admittance = 1.0 / (1.0 / (admittance + crossbar.g(1, s)) + 10.0);
        CHECK(solution.i_row(0, 1) == close_to(-0.25 * admittance));
    }
}

TEST_CASE("ngspice: one sinh cell behind a resistance agrees with a scalar Newton iteration") {
    // alpha·v reaches 20: the cell conducts 1e7 times its zero-bias conductance.
    for (const double alpha : {0.5, 5.0, 20.0}) {
        CAPTURE(alpha);
        Crossbar crossbar = one_cell();
        crossbar.cell = SinhCell{alpha};
        constexpr double v_source = 1.0, g = 1e-3, resistance = 1000.0;
        double v = 0.0;
        for (int step = 0; step < 200; ++step) {
            const double error = (v_source - v) / resistance - g * std::sinh(alpha * v) / alpha;
            v += error / (1.0 / resistance + g * std::cosh(alpha * v));
        }
        const ArraySolution solution = solve_array_ngspice(crossbar, drive_with(1, 1, {v_source}), {});
        CHECK(solution.status[0] == SolveStatus::converged);
        CHECK(solution.i_col(0, 0) == close_to((v_source - v) / resistance));
    }
}

TEST_CASE("ngspice: a law beyond all numbers is reported as not converged") {
    Crossbar crossbar = one_cell();
    crossbar.cell = SinhCell{1e6};
    crossbar.r_row = crossbar.r_col = 0.0;
    crossbar.r_source.clear();
    crossbar.r_sense.clear(); // sinh(1e6) across the cell: no double holds it
    const ArraySolution solution = solve_array_ngspice(crossbar, drive_with(1, 1, {1.0}), {});
    CHECK(solution.status[0] == SolveStatus::not_converged);
}

TEST_CASE("ngspice agrees with mna on small generated arrays, linear and not") {
    int compared = 0;
    for (std::uint32_t number = 2000; number < 2300; ++number) {
        CAPTURE(number);
        Crossbar crossbar = random_crossbar(number);
        if (crossbar.rows() * crossbar.lines() > 150) continue;
        if (number % 3 == 0) crossbar.cell = SinhCell{4.0};
        const Drive drive = random_drive(crossbar, number, 2);
        const ArraySolution reference = solve_array_ngspice(crossbar, drive, {});
        const ArraySolution mna = solve_array_mna(crossbar, drive, {.tolerance = 1e-12});
        // Where all cells conduct next to nothing, the rounding of wire currents shows; the residual tells.
        const double residual = std::max(reference.residual[0], reference.residual[1]);
        CHECK(largest_relative_difference(reference, mna) <= std::max(1e-8, 10.0 * residual));
        if (residual < 1e-8) ++compared;
    }
    CHECK(compared > 50);
}
