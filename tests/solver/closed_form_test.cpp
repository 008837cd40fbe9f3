#include "solver/array_solver.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;

namespace {

constexpr Engine native_engines[] = {Engine::lines, Engine::condense, Engine::mna};

} // namespace

TEST_CASE("one cell is a series circuit") {
    // 10 (source) + 2 (row) + 1/1e-4 (cell) + 3 (column) + 5 (sense) Ohm between 0.5 V and 0.1 V.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 1, 1e-4);
    crossbar.r_row = 2.0;
    crossbar.r_col = 3.0;
    crossbar.r_source = {10.0};
    crossbar.r_sense = {5.0};
    const Drive drive{Matrix<double>(1, 1, 0.5), {0.1}};
    for (const Engine engine : native_engines) {
        const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine, .fields = true});
        const double i = 0.4 / 10020.0;
        CHECK(solution.i_col(0, 0) == doctest::Approx(i).epsilon(1e-13));
        CHECK(solution.i_row(0, 0) == doctest::Approx(i).epsilon(1e-13));
        CHECK(solution.power[0] == doctest::Approx(0.4 * i).epsilon(1e-13));
        CHECK(solution.v_w(0, 0) == doctest::Approx(0.5 - 12.0 * i).epsilon(1e-13));
        CHECK(solution.v_b(0, 0) == doctest::Approx(0.1 + 8.0 * i).epsilon(1e-13));
    }
}

TEST_CASE("a row tied at both ends sees two segments in parallel") {
    // One cell: both ends give 2 Ohm || 2 Ohm = 1 Ohm; the column foot 3 Ohm.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 1, 1e-3);
    crossbar.r_row = 2.0;
    crossbar.r_col = 3.0;
    crossbar.row_ends = TiedEnds::both;
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 1, 1.0), {}}, {.engine = engine});
        CHECK(solution.i_col(0, 0) == doctest::Approx(1.0 / 1004.0).epsilon(1e-13));
    }
}

TEST_CASE("two cells on one row wire divide the drop as the ladder says") {
    // Row: 1 V -R- w0 -R- w1, cells g to grounded columns without resistance.
    // From the far end: g1' = g/(1 + R g); node w0 sees g + g1'; current = (g + g1')/(1 + R (g + g1')).
    const double g = 1e-3, r = 100.0;
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, g);
    crossbar.r_row = r;
    const double far = g / (1.0 + r * g);
    const double i_row = (g + far) / (1.0 + r * (g + far));
    const double w0 = 1.0 - r * i_row;
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 1, 1.0), {}}, {.engine = engine});
        CHECK(solution.i_row(0, 0) == doctest::Approx(i_row).epsilon(1e-13));
        CHECK(solution.i_col(0, 0) == doctest::Approx(g * w0).epsilon(1e-13));
        CHECK(solution.i_col(0, 1) == doctest::Approx(far * w0).epsilon(1e-13));
    }
}

TEST_CASE("two lines of a site leave the same row node") {
    // One site, cells g and 2g to two grounded lines: the row wire carries 3g.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, std::vector<double>{1e-3, 2e-3});
    crossbar.lines_per_site = 2;
    crossbar.r_row = 50.0;
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 1, 1.0), {}}, {.engine = engine});
        const double w = 1.0 / (1.0 + 50.0 * 3e-3);
        CHECK(solution.i_col(0, 0) == doctest::Approx(1e-3 * w).epsilon(1e-13));
        CHECK(solution.i_col(0, 1) == doctest::Approx(2e-3 * w).epsilon(1e-13));
    }
}

TEST_CASE("a column of 512 cells loses what the exact ladder says") {
    // 512 cells of 5 uS at 1 V, 0.35 Ohm a segment, virtual ground: I/I_ideal = 0.87041 (shared reference
    // value).
    Crossbar crossbar;
    crossbar.g = Matrix<double>(512, 1, 5e-6);
    crossbar.r_col = 0.35;
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 512, 1.0), {}}, {.engine = engine});
        CHECK(solution.i_col(0, 0) / (512 * 5e-6) == doctest::Approx(0.87041).epsilon(5e-6));
    }
}

TEST_CASE("one sinh cell in series with its wires solves the scalar equation") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 1, 1e-3);
    crossbar.cell = SinhCell{3.0};
    crossbar.r_row = 100.0;
    crossbar.r_col = 200.0;
    const ArraySolution solution =
        solve_array(crossbar, {Matrix<double>(1, 1, 2.0), {}}, {.tolerance = 1e-12});
    REQUIRE(solution.status[0] == SolveStatus::converged);
    // i must satisfy 2 V = 300 Ohm * i + v with i = 1e-3 sinh(3 v)/3.
    const double i = solution.i_col(0, 0), v = 2.0 - 300.0 * i;
    CHECK(i == doctest::Approx(1e-3 * std::sinh(3.0 * v) / 3.0).epsilon(1e-10));
}

TEST_CASE("strongly nonlinear arrays converge and keep Kirchhoff's law") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(12, 7, 1e-5);
    for (Index r = 0; r < 12; ++r) crossbar.g(r, r % 7) = 1e-4;
    crossbar.cell = SinhCell{20.0};
    crossbar.r_row = crossbar.r_col = 10.0;
    const ArraySolution solution = solve_array(crossbar, {Matrix<double>(2, 12, 1.5), {}});
    CHECK(solution.engine == Engine::lines);
    CHECK(solution.fallbacks.empty());
    CHECK(solution.status[0] == SolveStatus::converged);
    CHECK(solution.residual[1] < 1e-9);
    double rows = 0.0, cols = 0.0;
    for (Index r = 0; r < 12; ++r) rows += solution.i_row(0, r);
    for (Index c = 0; c < 7; ++c) cols += solution.i_col(0, c);
    CHECK(rows == doctest::Approx(cols).epsilon(1e-9));
}

TEST_CASE("an array of open cells carries no current and converges") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(5, 4, 0.0);
    crossbar.r_row = crossbar.r_col = 1.0;
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 5, 1.0), {}}, {.engine = engine});
        CHECK(solution.status[0] == SolveStatus::converged);
        CHECK(solution.i_col(0, 3) == 0.0);
    }
}

TEST_CASE("not converging is a status with its residual") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(3, 3, 1e-3);
    crossbar.cell = SinhCell{30.0};
    crossbar.r_row = crossbar.r_col = 10.0;
    for (const Engine engine : {Engine::lines, Engine::mna}) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 3, 1.0), {}}, {.engine = engine, .max_iterations = 1});
        CHECK(solution.status[0] == SolveStatus::not_converged);
        CHECK(solution.residual[0] > 1e-9);
        CHECK(std::isfinite(solution.i_col(0, 0)));
    }
}
