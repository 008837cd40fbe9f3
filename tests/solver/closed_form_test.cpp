#include "solver/array_solver.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

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
        CHECK(solution.i_col(0, 0) == testing::approx(i).epsilon(1e-13));
        CHECK(solution.i_row(0, 0) == testing::approx(i).epsilon(1e-13));
        CHECK(solution.power[0] == testing::approx(0.4 * i).epsilon(1e-13));
        CHECK(solution.v_w(0, 0) == testing::approx(0.5 - 12.0 * i).epsilon(1e-13));
        CHECK(solution.v_b(0, 0) == testing::approx(0.1 + 8.0 * i).epsilon(1e-13));
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
        CHECK(solution.i_col(0, 0) == testing::approx(1.0 / 1004.0).epsilon(1e-13));
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
        CHECK(solution.i_row(0, 0) == testing::approx(i_row).epsilon(1e-13));
        CHECK(solution.i_col(0, 0) == testing::approx(g * w0).epsilon(1e-13));
        CHECK(solution.i_col(0, 1) == testing::approx(far * w0).epsilon(1e-13));
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
        CHECK(solution.i_col(0, 0) == testing::approx(1e-3 * w).epsilon(1e-13));
        CHECK(solution.i_col(0, 1) == testing::approx(2e-3 * w).epsilon(1e-13));
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
        CHECK(solution.i_col(0, 0) / (512 * 5e-6) == testing::approx(0.87041).epsilon(5e-6));
        const double drop = 1.0 - solution.i_col(0, 0) / (512 * 5e-6);
        CHECK(std::abs(100 * drop - 12.96) < 0.00501);

        // The continuous line, tanh(u)/u, and the closed estimate that in-memory toolkits use (AIHWKit 4545f11) bracket it.
        const double u = 512 * std::sqrt(0.35 * 5e-6);
        CHECK(std::abs(std::tanh(u) / u - 0.87075) < 5.01e-6);
        CHECK(std::abs(1.0 - drop - std::tanh(u) / u) < 4e-4);
        const double n = 512, a = n * n * 0.35 * 5e-6, c = a * (a * (0.05 * a - 0.2) + 0.5);
        CHECK(std::abs(a - 0.45875) < 5.01e-6);
        CHECK(std::abs(c - 0.19211) < 5.01e-6);
        double weighted = 0.0;
        for (int j = 0; j < 512; ++j) weighted += 1.0 - (1.0 - j / n) * (1.0 - j / n);
        const double estimate = c * weighted / n;
        CHECK(std::abs(100 * estimate - 12.79) < 0.00501);
        CHECK(std::abs(estimate - drop) < 0.002);
    }
}

TEST_CASE("a row of 512 cells loses what the exact ladder says, also when a map says the resistances") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 512, 5e-6);
    crossbar.r_row = 0.35;
    for (const bool mapped : {false, true}) {
        if (mapped) {
            crossbar.r_row_map = Matrix<double>(1, 513, 0.35);
            crossbar.r_row_map(0, 512) = 1e5; // behind the last cell, where the row is not tied
            crossbar.r_row = 7.0;             // a map stands for it
        }
        for (const Engine engine : native_engines) {
            const ArraySolution solution =
                solve_array(crossbar, {Matrix<double>(1, 1, 1.0), {}}, {.engine = engine});
            CHECK(solution.i_row(0, 0) / (512 * 5e-6) == testing::approx(0.87041).epsilon(5e-6));
        }
    }
}

TEST_CASE("a 2x2 array with column wires follows the hand calculation in every native engine") {
    // Ideal rows, r_col = 1 kOhm; column 0 of two 1 kOhm cells, column 1 of two 2 kOhm cells; v = (1, 0) V.
    // In mA:  column 0:  b1 = 1/5,  cells 2/5 and -1/5;  column 1:  b1 = 2/11,  cells 3/11 and -1/11.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 2, std::vector<double>{1e-3, 0.5e-3, 1e-3, 0.5e-3});
    crossbar.r_col = 1e3;
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 2, {1.0, 0.0}), {}}, {.engine = engine});
        CHECK(solution.i_col(0, 0) == testing::approx(0.2e-3).epsilon(1e-9));
        CHECK(solution.i_col(0, 1) == testing::approx(2e-3 / 11.0).epsilon(1e-9));
        CHECK(solution.i_row(0, 0) == testing::approx((2.0 / 5.0 + 3.0 / 11.0) * 1e-3).epsilon(1e-9));
        CHECK(solution.i_row(0, 1) == testing::approx(-(1.0 / 5.0 + 1.0 / 11.0) * 1e-3).epsilon(1e-9));
    }
}

TEST_CASE("a shorted cell joins its row and column exactly") {
    // The only conducting cell: 1 V over 100 Ohm of row, twice 50 Ohm of column and 20 Ohm behind it.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 2, 0.0);
    crossbar.g(0, 1) = std::numeric_limits<double>::infinity();
    crossbar.r_row_map = Matrix<double>(2, 3, 50.0);
    crossbar.r_col = 50.0;
    crossbar.r_sense = {20.0, 20.0};
    for (const Engine engine : native_engines) {
        const ArraySolution solution =
            solve_array(crossbar, {Matrix<double>(1, 2, {1.0, 0.5}), {}}, {.engine = engine, .fields = true});
        const double i = 1.0 / 220.0;
        CHECK(solution.engine == engine);
        CHECK(solution.fallbacks.size() == (engine == Engine::lines ? 1U : 0U));
        CHECK(solution.status[0] == SolveStatus::converged);
        CHECK(solution.i_row(0, 0) == testing::approx(i).epsilon(1e-13));
        CHECK(solution.i_col(0, 1) == testing::approx(i).epsilon(1e-13));
        CHECK(solution.i_row(0, 1) == 0.0);
        CHECK(solution.i_col(0, 0) == 0.0);
        CHECK(solution.power[0] == testing::approx(i).epsilon(1e-13));
        CHECK(solution.v_w(0, 1) == solution.v_b(0, 1));
        CHECK(solution.v_w(0, 1) == testing::approx(120.0 * i).epsilon(1e-13));
    }
}

TEST_CASE("a segment without resistance makes one node of two, an open one cuts the line") {
    // Row: 1 V -100 Ohm- (w0, w1) -open- w2. Two cells of 1 mS at one node; the third has nothing to carry.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 3, 1e-3);
    crossbar.r_row_map = Matrix<double>(1, 4, {100.0, 0.0, std::numeric_limits<double>::infinity(), 3.0});
    const Drive drive{Matrix<double>(1, 1, 1.0), {0.0, 0.0, 0.25}};
    for (const Engine engine : native_engines) {
        const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine, .fields = true});
        const double w = 1.0 / 1.2;
        CHECK(solution.v_w(0, 0) == solution.v_w(0, 1));
        CHECK(solution.v_w(0, 0) == testing::approx(w).epsilon(1e-13));
        CHECK(solution.v_w(0, 2) == testing::approx(0.25).epsilon(1e-13)); // with its column
        CHECK(solution.i_col(0, 0) == testing::approx(1e-3 * w).epsilon(1e-13));
        CHECK(std::abs(solution.i_col(0, 2)) < 1e-18);
        CHECK(solution.status[0] == SolveStatus::converged);
    }
}

TEST_CASE("what no terminal reaches takes the potential of its first line and carries no current") {
    // w(1, 0) and b(1, 0) share a cell and are cut off from everything else; so is w(0, 1), alone.
    const double open = std::numeric_limits<double>::infinity();
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 2, {1e-3, 0.0, 1e-3, 1e-3});
    crossbar.r_row_map = Matrix<double>(2, 3, {10.0, open, 10.0, open, open, 10.0});
    crossbar.r_col_map = Matrix<double>(3, 2, {10.0, 10.0, open, 10.0, 10.0, 10.0});
    crossbar.row_ends = TiedEnds::first;
    crossbar.col_ends = TiedEnds::first;
    const Drive drive{Matrix<double>(1, 2, {0.5, 0.3}), {0.1, 0.0}};
    for (const Engine engine : native_engines) {
        const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine, .fields = true});
        CHECK(solution.status[0] == SolveStatus::converged);
        CHECK(solution.residual[0] < 1e-12);
        CHECK(solution.v_w(0, 2) == testing::approx(0.3).epsilon(1e-13));
        CHECK(solution.v_b(0, 2) == testing::approx(0.3).epsilon(1e-13));
        CHECK(solution.v_w(0, 1) == testing::approx(0.5).epsilon(1e-13));
        CHECK(solution.i_row(0, 0) == testing::approx(0.4 / 1020.0).epsilon(1e-12));
        CHECK(std::abs(solution.i_row(0, 1)) < 1e-15);
    }
}

TEST_CASE("lines solves around nodes that nothing reaches, and leaves them at their own terminal") {
    // w(1, 1) lies between open segments, and b(1, 1) too, with an open cell between them; row 2 is not there at all.
    const double open = std::numeric_limits<double>::infinity();
    Crossbar crossbar;
    crossbar.g = Matrix<double>(3, 3, 1e-3);
    crossbar.g(1, 1) = crossbar.g(2, 0) = crossbar.g(2, 1) = crossbar.g(2, 2) = 0.0;
    crossbar.r_row_map = Matrix<double>(3, 4, 10.0);
    crossbar.r_row_map(1, 1) = crossbar.r_row_map(1, 2) = crossbar.r_row_map(2, 0) = open;
    crossbar.r_col_map = Matrix<double>(4, 3, 10.0);
    crossbar.r_col_map(1, 1) = crossbar.r_col_map(2, 1) = open;
    for (const bool merged : {false, true}) {
        if (merged) crossbar.r_row_map = Matrix<double>(3, 4, {10, 0, 0, 0, 10, 0, 0, 0, open, 0, 0, 0});
        for (const Index batch : {1, 20}) {
            Drive drive{Matrix<double>(batch, 3, 0.5), {0.0, 0.125, 0.25}};
            for (Index k = 0; k < batch; ++k) drive.v_row(k, 2) = 0.25;
            const ArraySolution lines =
                solve_array(crossbar, drive, {.engine = Engine::lines, .fields = true});
            const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna, .fields = true});
            CHECK(lines.fallbacks.empty());
            for (Index k = 0; k < batch; ++k) {
                CHECK(lines.status[static_cast<std::size_t>(k)] == SolveStatus::converged);
                if (!merged) CHECK(lines.v_w(k, 4) == 0.5);
                CHECK(lines.v_w(k, 7) == 0.25);
                CHECK(lines.v_b(k, 4) == 0.125);
                for (Index l = 0; l < 3; ++l)
                    CHECK(lines.i_col(k, l) == testing::approx(mna.i_col(k, l)).epsilon(1e-8).scale(1e-4));
                for (Index r = 0; r < 3; ++r)
                    CHECK(lines.i_row(k, r) == testing::approx(mna.i_row(k, r)).epsilon(1e-8).scale(1e-4));
            }
        }
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
    CHECK(i == testing::approx(1e-3 * std::sinh(3.0 * v) / 3.0).epsilon(1e-10));
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
    CHECK(rows == testing::approx(cols).epsilon(1e-9));
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
