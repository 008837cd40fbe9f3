#include "solver/array_solver.hpp"

#include "base/dense.hpp"
#include "tests/solver/generated_arrays.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Errors are relative to the largest line current. The engines refine or state a residual of 1e-9.
constexpr double parity_tolerance = 1e-8;

} // namespace

TEST_CASE("condense and mna agree on generated arrays") {
    for (std::uint32_t number = 0; number < 400; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        const Drive drive = random_drive(crossbar, number, 2);
        const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna});
        const ArraySolution condense = solve_array(crossbar, drive, {.engine = Engine::condense});
        CHECK(condense.engine == Engine::condense);
        CHECK(largest_relative_difference(mna, condense) < parity_tolerance);
        for (std::size_t k = 0; k < 2; ++k) {
            CHECK(mna.status[k] == SolveStatus::converged);
            CHECK(condense.status[k] == SolveStatus::converged);
        }
    }
}

TEST_CASE("lines and mna agree on generated arrays") {
    for (std::uint32_t number = 0; number < 400; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        // One or two vectors take the layout for a single point, more the one with lanes; 19 leave the second block part empty.
        const Index batch =
            number % 2 == 0 ? 1 + static_cast<Index>(number / 2 % 2) : (number % 20 == 1 ? 19 : 4);
        const Drive drive = random_drive(crossbar, number, batch);
        const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna});
        const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines});
        CHECK(lines.engine == Engine::lines);
        CHECK(lines.fallbacks.empty());
        CHECK(largest_relative_difference(mna, lines) < parity_tolerance);
        for (std::size_t k = 0; k < static_cast<std::size_t>(batch); ++k) {
            CAPTURE(lines.residual[k]);
            CAPTURE(lines.iterations[k]);
            CHECK(lines.status[k] == SolveStatus::converged);
        }
    }
}

TEST_CASE("lines and mna agree on generated arrays of sinh cells") {
    for (std::uint32_t number = 400; number < 500; ++number) {
        CAPTURE(number);
        Crossbar crossbar = random_crossbar(number);
        crossbar.cell = SinhCell{CaseDraws(number + 5000).uniform(0.5, 8.0)};
        const Drive drive = random_drive(crossbar, number, 3);
        const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna});
        const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines});
        CHECK(lines.engine == Engine::lines);
        CHECK(lines.fallbacks.empty());
        CHECK(largest_relative_difference(mna, lines) < parity_tolerance);
        for (std::size_t k = 0; k < 3; ++k) {
            CAPTURE(lines.residual[k]);
            CHECK(mna.status[k] == SolveStatus::converged);
            CHECK(lines.status[k] == SolveStatus::converged);
        }
    }
}

TEST_CASE("port matrices of condense and mna agree and are reciprocal") {
    for (std::uint32_t number = 500; number < 560; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        const PortMatrix mna = port_matrix(crossbar, {.engine = Engine::mna});
        const PortMatrix condense = port_matrix(crossbar, {.engine = Engine::condense});
        double scale = 0.0;
        for (const double y : mna.y.values()) scale = std::max(scale, std::abs(y));
        for (Index i = 0; i < mna.y.rows(); ++i) {
            for (Index j = 0; j < mna.y.cols(); ++j) {
                CHECK(std::abs(mna.y(i, j) - condense.y(i, j)) <= parity_tolerance * scale);
                CHECK(std::abs(mna.y(i, j) - mna.y(j, i)) <= parity_tolerance * scale);
            }
        }
    }
}

TEST_CASE("the power of the sources equals what cells and wires dissipate") {
    for (std::uint32_t number = 600; number < 620; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        const Drive drive = random_drive(crossbar, number, 1);
        const ArraySolution solution = solve_array(crossbar, drive, {.fields = true});
        // Cells from the fields; wires as what remains must not be negative, and without wires nothing
        // remains.
        double cells = 0.0;
        for (Index r = 0; r < crossbar.rows(); ++r) {
            for (Index l = 0; l < crossbar.lines(); ++l) {
                const double v = solution.v_w(0, r * crossbar.sites() + l / crossbar.lines_per_site) -
                                 solution.v_b(0, r * crossbar.lines() + l);
                cells += crossbar.g(r, l) * v * v;
            }
        }
        CHECK(solution.power[0] >= cells * (1.0 - 1e-9));
        Crossbar ideal = crossbar;
        ideal.r_row = ideal.r_col = 0.0;
        ideal.r_source.clear();
        ideal.r_sense.clear();
        double ideal_cells = 0.0;
        for (Index r = 0; r < crossbar.rows(); ++r) {
            for (Index l = 0; l < crossbar.lines(); ++l) {
                const double v = drive.v_row(0, r) -
                                 (drive.v_col.empty() ? 0.0 : drive.v_col[static_cast<std::size_t>(l)]);
                ideal_cells += crossbar.g(r, l) * v * v;
            }
        }
        CHECK(solve_array(ideal, drive).power[0] == testing::approx(ideal_cells).epsilon(1e-12));
    }
}

TEST_CASE("superposition holds for linear cells") {
    for (std::uint32_t number = 700; number < 710; ++number) {
        const Crossbar crossbar = random_crossbar(number);
        Drive drive = random_drive(crossbar, number, 3);
        drive.v_col.clear();
        for (Index r = 0; r < crossbar.rows(); ++r)
            drive.v_row(2, r) = 2.0 * drive.v_row(0, r) - drive.v_row(1, r);
        for (const Engine engine : {Engine::lines, Engine::condense, Engine::mna}) {
            const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine});
            double scale = 0.0;
            for (const double i : solution.i_col.values()) scale = std::max(scale, std::abs(i));
            // Iterations end at a KCL error of 1e-9; elimination knows only rounding.
            const double limit = engine == Engine::lines ? 1e-8 : 1e-12;
            for (Index l = 0; l < crossbar.lines(); ++l) {
                const double i = 2.0 * solution.i_col(0, l) - solution.i_col(1, l);
                CHECK(std::abs(solution.i_col(2, l) - i) <= limit * scale);
            }
        }
    }
}

TEST_CASE("vanishing wire resistance gives the ideal product, and zero resistance gives it exactly") {
    Crossbar crossbar = random_crossbar(3);
    crossbar.r_source.clear();
    crossbar.r_sense.clear();
    Drive drive = random_drive(crossbar, 3, 1);
    drive.v_col.clear();
    const Matrix<double> ideal = multiply(drive.v_row, crossbar.g);
    for (const Engine engine : {Engine::lines, Engine::condense, Engine::mna}) {
        for (const double r : {0.0, 1e-6}) {
            crossbar.r_row = crossbar.r_col = r;
            const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine});
            double scale = 0.0;
            for (const double i : ideal.values()) scale = std::max(scale, std::abs(i));
            for (Index l = 0; l < crossbar.lines(); ++l) {
                // The wires' relative drop is at most rows * lines * r * g_max, about 1e-6 here.
                CHECK(std::abs(solution.i_col(0, l) - ideal(0, l)) <= (r == 0.0 ? 1e-14 : 1e-5) * scale);
            }
        }
    }
}
