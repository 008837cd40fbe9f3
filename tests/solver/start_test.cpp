// Solutions that start from known node voltages.
#include "base/errors.hpp"
#include "solver/array_solver.hpp"
#include "tests/solver/generated_arrays.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>

using namespace ohmloom;

namespace {

/// Sinh cells behind wires, or behind lines that are one node, with and without series resistances.
Crossbar bent_cells(testing::CaseDraws& draws, double r_row, double r_col, double r_ends) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(14, 12);
    for (double& g : crossbar.g.values()) g = draws.log_uniform(1e-6, 1e-4);
    crossbar.lines_per_site = 2;
    crossbar.cell = SinhCell{8.0};
    crossbar.r_row = r_row;
    crossbar.r_col = r_col;
    crossbar.r_source.assign(14, r_ends);
    crossbar.r_sense.assign(12, r_ends);
    return crossbar;
}

Matrix<double> random_voltages(testing::CaseDraws& draws, Index batch, Index terminals) {
    Matrix<double> v(batch, terminals);
    for (double& value : v.values()) value = draws.uniform(0.0, 0.6);
    return v;
}

int iterations(const ArraySolution& solution) {
    return std::accumulate(solution.iterations.begin(), solution.iterations.end(), 0);
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    return std::transform_reduce(
        a.values().begin(), a.values().end(), b.values().begin(), 0.0,
        [](double x, double y) { return std::max(x, y); },
        [](double x, double y) { return std::abs(x - y); });
}

} // namespace

TEST_CASE("a solution started from that of a drive nearby is the same, and sooner there") {
    for (const Engine engine : {Engine::lines, Engine::mna}) {
        for (const Index batch : {Index{1}, Index{3}, Index{20}}) {
            for (const auto& [r_row, r_col] : {std::pair(30.0, 50.0), {0.0, 50.0}, {30.0, 0.0}, {0.0, 0.0}}) {
                CAPTURE(to_string(engine));
                CAPTURE(batch);
                CAPTURE(r_row);
                CAPTURE(r_col);
                testing::CaseDraws draws(1);
                const Crossbar crossbar = bent_cells(draws, r_row, r_col, 500.0);
                Drive drive{random_voltages(draws, batch, 14), {}};
                const ArraySolution before =
                    solve_array(crossbar, drive, {.engine = engine, .tolerance = 1e-11, .fields = true});
                for (double& v : drive.v_row.values()) v += 1e-3;
                const SolveOptions options{.engine = engine, .tolerance = 1e-11};
                const ArraySolution anew = solve_array(crossbar, drive, options);
                const ArraySolution started =
                    solve_array(crossbar, drive, options, NodeVoltages{before.v_w, before.v_b});
                CHECK(iterations(started) < iterations(anew));
                CHECK(started.status ==
                      std::vector<SolveStatus>(static_cast<std::size_t>(batch), SolveStatus::converged));
                CHECK(started.fallbacks.empty());
                CHECK(largest_difference(started.i_col, anew.i_col) < 1e-13);
                CHECK(largest_difference(started.i_row, anew.i_row) < 1e-13);
            }
        }
    }
}

TEST_CASE("a start anywhere leads to the same solution, in every engine") {
    for (const double r_ends : {0.0, 500.0}) {
        for (const double r_wire : {0.0, 30.0}) {
            testing::CaseDraws draws(2);
            Crossbar crossbar = bent_cells(draws, r_wire, r_wire, r_ends);
            const Drive drive{random_voltages(draws, 19, 14), {}};
            const NodeVoltages anywhere{random_voltages(draws, 19, 14 * 6),
                                        random_voltages(draws, 19, 14 * 12)};
            for (const bool linear : {false, true}) {
                if (linear) crossbar.cell = LinearCell{};
                const ArraySolution anew = solve_array(crossbar, drive, {.engine = Engine::mna});
                for (const Engine engine : {Engine::lines, Engine::mna, Engine::condense}) {
                    if (engine == Engine::condense && !linear) continue;
                    CAPTURE(to_string(engine));
                    CAPTURE(linear);
                    CAPTURE(r_ends);
                    CAPTURE(r_wire);
                    const ArraySolution started = solve_array(crossbar, drive, {.engine = engine}, anywhere);
                    CHECK(std::ranges::all_of(started.status,
                                              [](SolveStatus s) { return s == SolveStatus::converged; }));
                    CHECK(largest_difference(started.i_col, anew.i_col) < 1e-12);
                }
            }
        }
    }
}

TEST_CASE("a start that does not fit is refused by name") {
    testing::CaseDraws draws(3);
    const Crossbar crossbar = bent_cells(draws, 1.0, 1.0, 0.0);
    const Drive drive{random_voltages(draws, 2, 14), {}};
    const auto start_with = [&](const Matrix<double>& v_w, const Matrix<double>& v_b) {
        (void)solve_array(crossbar, drive, {}, NodeVoltages{v_w, v_b});
    };
    const Matrix<double> v_w(2, 14 * 6), v_b(2, 14 * 12);
    CHECK_NOTHROW(start_with(v_w, v_b));
    CHECK_THROWS_WITH_AS(start_with(Matrix<double>(1, 14 * 6), v_b),
                         "v_w of the start is 1 x 84, expected 2 x 84 (vectors x nodes)", InputError);
    CHECK_THROWS_WITH_AS(start_with(v_w, v_w),
                         "v_b of the start is 2 x 84, expected 2 x 168 (vectors x nodes)", InputError);
    Matrix<double> odd = v_b;
    odd(1, 7) = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH_AS(start_with(v_w, odd), "v_b[1, 7] of the start is inf V: it must be finite",
                         InputError);
}
