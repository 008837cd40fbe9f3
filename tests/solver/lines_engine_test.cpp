// What is particular to the lines engine; that its answers are right is for the parity tests.
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "devicemodels/cell_model.hpp"
#include "solver/array_solver.hpp"
#include "tests/devicemodels/sample_laws.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace ohmloom;

namespace {

/// Conductances spread evenly over decades between 10^low and 10^high siemens.
Crossbar spread_crossbar(Index rows, Index lines, double low, double high, double r_wire) {
    const RandomStream random(7, RandomPurpose::test_generation);
    Crossbar crossbar;
    crossbar.g = Matrix<double>(rows, lines);
    std::uint32_t draw = 0;
    for (double& g : crossbar.g.values())
        g = std::pow(10.0, low + (high - low) * random.uniform(0, 0, draw++));
    crossbar.r_row = crossbar.r_col = r_wire;
    return crossbar;
}

Drive random_inputs(Index batch, Index rows, double v_largest) {
    const RandomStream random(8, RandomPurpose::test_generation);
    Drive drive{Matrix<double>(batch, rows), {}};
    std::uint32_t draw = 0;
    for (double& v : drive.v_row.values()) v = v_largest * random.uniform(0, 0, draw++);
    return drive;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    double largest = 0.0;
    for (std::size_t i = 0; i < a.values().size(); ++i)
        largest = std::max(largest, std::abs(a.values()[i] - b.values()[i]));
    return largest;
}

double largest(const Matrix<double>& a) {
    double value = 0.0;
    for (const double x : a.values()) value = std::max(value, std::abs(x));
    return value;
}

} // namespace

TEST_CASE("a full block of vectors and a few agree with mna, whatever the cells' law") {
    for (const testing::SampleLaw& sample : testing::sample_laws()) {
        CAPTURE(sample.name);
        Crossbar crossbar;
        crossbar.g = Matrix<double>(20, 12);
        crossbar.lines_per_site = 2;
        crossbar.cell = sample.model;
        crossbar.shape = Matrix<double>(20, 12);
        crossbar.r_row = crossbar.r_col = 20.0;
        for (std::size_t i = 0; i < crossbar.g.values().size(); ++i) {
            const CellNumbers& cell = sample.cells[i % sample.cells.size()];
            crossbar.g.values()[i] = i % 7 == 0 ? 0.0 : cell.g;
            crossbar.shape.values()[i] = cell.shape;
        }
        for (const Index batch : {Index{2}, Index{7}, Index{18}}) {
            const Drive drive = random_inputs(batch, 20, 0.3);
            const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines});
            const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna});
            CHECK(lines.fallbacks.empty());
            CHECK(*std::max_element(lines.residual.begin(), lines.residual.end()) <= 1e-9);
            CHECK(largest_difference(lines.i_col, mna.i_col) <= 1e-8 * largest(mna.i_col));
            CHECK(largest_difference(lines.i_row, mna.i_row) <= 1e-8 * largest(mna.i_row));
        }
    }
}

TEST_CASE("strong wires, weak wires and steep cells are all solved by lines itself") {
    struct Regime {
        const char* name;
        double r_wire, alpha, v_largest;
    };
    // The coupling between the lines goes from next to none, where few passes of relaxation do, to nearly one; and the slope of
    // the steepest cells to cosh(10) times that of the others.
    for (const Regime& regime :
         {Regime{"weak coupling", 0.1, 0.0, 0.2}, Regime{"medium coupling", 30.0, 0.0, 0.2},
          Regime{"strong coupling", 1e4, 0.0, 0.2}, Regime{"bent cells", 1.0, 3.0, 0.3},
          Regime{"steep cells", 1.0, 10.0, 1.0}}) {
        CAPTURE(regime.name);
        Crossbar crossbar = spread_crossbar(48, 40, -6.0, -4.0, regime.r_wire);
        if (regime.alpha > 0.0) crossbar.cell = SinhCell{regime.alpha};
        const Drive drive = random_inputs(17, 48, regime.v_largest);
        const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines});
        const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna});
        CHECK(lines.fallbacks.empty());
        CHECK(*std::max_element(lines.residual.begin(), lines.residual.end()) <= 1e-9);
        CHECK(largest_difference(lines.i_col, mna.i_col) <= 1e-8 * largest(mna.i_col));
    }
}

TEST_CASE("what lines cannot solve falls back to mna and is named") {
    // Conductances over 21 decades behind wires of 1 MOhm: conjugate gradients stall on rounding long before the tolerance.
    Crossbar crossbar = spread_crossbar(40, 40, -18.0, 3.0, 1e6);
    const Drive drive = random_inputs(4, 40, 1.0);
    const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines});
    const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna});
    REQUIRE(!lines.fallbacks.empty());
    for (const Index k : lines.fallbacks) {
        CHECK(lines.residual[static_cast<std::size_t>(k)] == mna.residual[static_cast<std::size_t>(k)]);
        for (Index l = 0; l < crossbar.lines(); ++l) CHECK(lines.i_col(k, l) == mna.i_col(k, l));
    }
}

TEST_CASE("currents beyond the range of double are never called converged") {
    // Steep cells behind 1 mOhm: a column wire carries about 1e307 V / 10 mOhm = 1e309 A, whatever the cells' own voltages.
    for (const double alpha : {0.0, 1000.0}) {
        Crossbar crossbar = spread_crossbar(8, 8, alpha > 0.0 ? -5.0 : 3.0, alpha > 0.0 ? -4.0 : 4.0, 1e-3);
        if (alpha > 0.0) crossbar.cell = SinhCell{alpha};
        for (const Index batch : {Index{1}, Index{20}}) {
            const Drive drive{Matrix<double>(batch, 8, 1e307), {}};
            for (const Engine engine : {Engine::lines, Engine::mna}) {
                const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine});
                CHECK(std::count(solution.status.begin(), solution.status.end(),
                                 SolveStatus::not_converged) == batch);
            }
        }
    }
}

TEST_CASE("conductances that single precision cannot hold make no difference") {
    const Drive drive = random_inputs(2, 24, 0.3);
    for (const double alpha : {0.0, 3.0}) {
        Crossbar crossbar = spread_crossbar(24, 20, -6.0, -4.0, 10.0);
        if (alpha > 0.0) crossbar.cell = SinhCell{alpha};
        const SolveOptions options{.engine = Engine::lines, .tolerance = 1e-12};
        const ArraySolution plain = solve_array(crossbar, drive, options);
        // Below, near the end of and above the range of a float; voltages stay what they are.
        for (const double factor : {1e-60, 1e-38, 1e60}) {
            CAPTURE(alpha);
            CAPTURE(factor);
            Crossbar scaled = crossbar;
            for (double& g : scaled.g.values()) g *= factor;
            scaled.r_row = scaled.r_col = crossbar.r_row / factor;
            ArraySolution solution = solve_array(scaled, drive, options);
            CHECK(solution.fallbacks.empty());
            for (const SolveStatus status : solution.status) CHECK(status == SolveStatus::converged);
            for (double& i : solution.i_col.values()) i /= factor;
            // Both within 480 cells' residuals of 1e-12 of the truth.
            CHECK(largest_difference(solution.i_col, plain.i_col) < 1e-9 * largest(plain.i_col));
        }
    }
}

TEST_CASE("a few vectors give what each of them alone gives") {
    const Drive drive = random_inputs(3, 30, 1.0);
    for (const double alpha : {0.0, 40.0}) {
        for (const double r_wire : {1.0, 1e4}) {
            CAPTURE(alpha);
            CAPTURE(r_wire);
            Crossbar crossbar = spread_crossbar(30, 20, -9.0, -3.0, r_wire);
            if (alpha > 0.0) crossbar.cell = SinhCell{alpha};
            const ThreadLimit limit(1);
            const ArraySolution together = solve_array(crossbar, drive, {.engine = Engine::lines});
            CHECK(together.fallbacks.empty());
            for (Index k = 0; k < drive.v_row.rows(); ++k) {
                const auto v = drive.v_row.row(k);
                const Drive alone{Matrix<double>(1, drive.v_row.cols(), {v.begin(), v.end()}), {}};
                const ArraySolution solution = solve_array(crossbar, alone, {.engine = Engine::lines});
                CHECK(std::equal(solution.i_col.values().begin(), solution.i_col.values().end(),
                                 together.i_col.row(k).begin()));
                CHECK(solution.iterations[0] == together.iterations[static_cast<std::size_t>(k)]);
            }
        }
    }
}

TEST_CASE("results of lines do not depend on the number of threads") {
    for (const double alpha : {0.0, 3.0, 40.0}) {
        Crossbar crossbar = spread_crossbar(30, 20, -6.0, -4.0, 5.0);
        if (alpha > 0.0) crossbar.cell = SinhCell{alpha};
        const Drive drive = random_inputs(100, 30, 0.3);
        const auto solve = [&](int threads) {
            const ThreadLimit limit(threads);
            return solve_array(crossbar, drive, {.engine = Engine::lines});
        };
        const ArraySolution one = solve(1), two = solve(2);
        CHECK(one.i_col.values() == two.i_col.values());
        CHECK(one.i_row.values() == two.i_row.values());
        CHECK(one.residual == two.residual);
    }
}
