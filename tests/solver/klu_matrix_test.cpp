#include "solver/klu_matrix.hpp"

#include "solver/array_solver.hpp"
#include "tests/solver/generated_arrays.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// [a 1; 1 a]
void fill(KluMatrix& matrix, double a) {
    matrix.values()[matrix.slot(0, 0)] = matrix.values()[matrix.slot(1, 1)] = a;
    matrix.values()[matrix.slot(0, 1)] = matrix.values()[matrix.slot(1, 0)] = 1.0;
}

const std::vector<std::pair<Index, Index>> places{{0, 1}, {1, 0}};

} // namespace

TEST_CASE("matrices of one pattern are analysed once") {
    KluAnalyses analyses;
    KluMatrix first(2, places, analyses), second(2, {{1, 0}, {0, 1}, {0, 1}}, analyses);
    CHECK(analyses.made() == 1);
    const KluMatrix other(3, places, analyses);
    CHECK(analyses.made() == 2);
    // They share the analysis and nothing else.
    fill(first, 2.0);
    fill(second, 3.0);
    first.factorise();
    second.factorise();
    std::vector<double> x{4.0, 5.0}, y{4.0, 5.0};
    first.solve(x);
    second.solve(y);
    CHECK(x[0] == testing::approx(1.0));
    CHECK(x[1] == testing::approx(2.0));
    CHECK(y[0] == testing::approx(7.0 / 8.0));
    CHECK(y[1] == testing::approx(11.0 / 8.0));
}

TEST_CASE("an analysis that nobody has used for long is forgotten, and made again") {
    KluAnalyses analyses;
    { const KluMatrix matrix(2, places, analyses); }
    for (Index size = 3; size < 20; ++size) const KluMatrix other(size, places, analyses);
    const int before = analyses.made();
    { const KluMatrix matrix(19, places, analyses); }
    CHECK(analyses.made() == before);
    { const KluMatrix matrix(2, places, analyses); }
    CHECK(analyses.made() == before + 1);
}

TEST_CASE("pivots are chosen once, and again only when new values do not suit them") {
    KluMatrix matrix(2, places);
    fill(matrix, 2.0);
    matrix.factorise();
    fill(matrix, 3.0);
    matrix.factorise();
    CHECK(matrix.pivot_choices() == 1);
    // The diagonal that was the pivot all but vanishes: in the old order the factors would be 1e20.
    fill(matrix, 1e-20);
    matrix.factorise();
    CHECK(matrix.pivot_choices() == 2);
    std::vector<double> x{4.0, 5.0};
    matrix.solve(x);
    CHECK(x[0] == testing::approx(5.0));
    CHECK(x[1] == testing::approx(4.0));
}

TEST_CASE("arrays of one shape share their analysis, whatever their conductances and vectors") {
    Crossbar crossbar = random_crossbar(3);
    crossbar.r_row = crossbar.r_col = 2.0;
    crossbar.cell = SinhCell{3.0};
    const Drive drive = random_drive(crossbar, 3, 3);
    const ArraySolution first = solve_array(crossbar, drive, {.engine = Engine::mna});
    const int made = KluAnalyses::shared().made();
    Crossbar other = crossbar;
    for (double& g : other.g.values()) g *= 0.5;
    const ArraySolution second = solve_array(other, drive, {.engine = Engine::mna});
    const ArraySolution again = solve_array(crossbar, drive, {.engine = Engine::mna});
    CHECK(KluAnalyses::shared().made() == made);
    CHECK(again.i_col == first.i_col);
    CHECK(again.i_row == first.i_row);
    CHECK(second.i_col != first.i_col);
    // Another shape is another pattern.
    crossbar.g = Matrix<double>(crossbar.rows() + 1, crossbar.lines(), 1e-5);
    crossbar.r_source.clear();
    Drive longer = random_drive(crossbar, 3, 1);
    longer.v_col.clear();
    (void)solve_array(crossbar, longer, {.engine = Engine::mna});
    CHECK(KluAnalyses::shared().made() == made + 1);
}
