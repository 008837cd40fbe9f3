#include "solver/array_solver.hpp"
#include "solver/engine_choice.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ohmloom;

namespace {

/// A square array of 10 kOhm cells.
Crossbar square(Index side, double r_wire) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(side, side, 1e-4);
    crossbar.r_row = crossbar.r_col = r_wire;
    return crossbar;
}

} // namespace

TEST_CASE("single vectors go to lines, many vectors through strong wires' coupling to condense") {
    // side²·g·r is the drop along a line over that of a cell: 0.4 couples the lines weakly, 1600 nearly rigidly.
    CHECK(choose_engine(square(64, 1.0), 1) == Engine::lines);
    CHECK(choose_engine(square(64, 1.0), 1000) == Engine::lines);
    CHECK(choose_engine(square(128, 1000.0), 1) == Engine::lines);
    CHECK(choose_engine(square(128, 1000.0), 1000) == Engine::condense);
}

TEST_CASE("arrays that are no chains go to condense, nonlinear cells to lines") {
    Crossbar crossbar = square(8, 1.0);
    crossbar.g(3, 3) = std::numeric_limits<double>::infinity();
    CHECK(choose_engine(crossbar, 1) == Engine::condense);
    crossbar = square(128, 1000.0);
    crossbar.cell = SinhCell{3.0};
    CHECK(choose_engine(crossbar, 1000) == Engine::lines);
}

TEST_CASE("lines whose nodes are all one are chosen for, too") {
    for (const bool rows : {true, false}) {
        Crossbar crossbar = square(16, 1.0);
        (rows ? crossbar.r_row : crossbar.r_col) = 0.0;
        CHECK(choose_engine(crossbar, 1) == Engine::lines);
    }
}

TEST_CASE("what is chosen is what answers, and says so") {
    for (const Index batch : {Index{1}, Index{1000}}) {
        const Crossbar crossbar = square(128, 1000.0);
        const ArraySolution solution = solve_array(crossbar, {Matrix<double>(batch, 128, 0.1), {}});
        CHECK(solution.engine == choose_engine(crossbar, batch));
        CHECK(solution.status.front() == SolveStatus::converged);
    }
}
