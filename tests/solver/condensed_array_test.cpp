#include "solver/condensed_array.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"
#include "solver/array_graph.hpp"
#include "solver/array_solver.hpp"
#include "tests/solver/generated_arrays.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Port conductances by dense elimination of all other nodes at once, which knows of no halves, plans or fronts.
Matrix<double> eliminated_densely(const Crossbar& crossbar) {
    const ArrayGraph graph = make_array_graph(crossbar);
    Matrix<double> g(graph.nodes, graph.nodes);
    const auto add = [&](Index a, Index b, double conductance) {
        g(a, a) += conductance;
        g(b, b) += conductance;
        g(a, b) -= conductance;
        g(b, a) -= conductance;
    };
    for (const Wire& wire : graph.wires) add(wire.a, wire.b, wire.g);
    for (Index r = 0; r < crossbar.rows(); ++r) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            const Index site = r * crossbar.sites() + l / crossbar.lines_per_site;
            const Index w = graph.row_node[static_cast<std::size_t>(site)];
            const Index b = graph.col_node[static_cast<std::size_t>(r * crossbar.lines() + l)];
            if (w != b) add(w, b, crossbar.g(r, l));
        }
    }
    const Index ports = graph.ports, inner = graph.unknowns();
    Matrix<double> within(inner, inner), between(inner, ports), y(ports, ports);
    for (Index i = 0; i < inner; ++i) {
        for (Index j = 0; j < inner; ++j) within(i, j) = g(ports + i, ports + j);
        for (Index p = 0; p < ports; ++p) between(i, p) = g(ports + i, p);
    }
    const Matrix<double> taken =
        inner > 0 ? transposed_multiply(between, solve_dense(within, between)) : Matrix<double>(ports, ports);
    for (Index p = 0; p < ports; ++p) {
        for (Index q = 0; q < ports; ++q) y(p, q) = g(p, q) - taken(p, q);
    }
    return y;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    double difference = 0.0, scale = 0.0;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
        difference = std::max(difference, std::abs(a.values()[i] - b.values()[i]));
        scale = std::max(scale, std::abs(a.values()[i]));
    }
    return scale == 0.0 ? difference : difference / scale;
}

/// Some cells at random, one of them twice; at times one is opened.
std::vector<CellChange> random_changes(const Crossbar& crossbar, std::uint32_t number, Index count) {
    CaseDraws draws(number + 2000000);
    std::vector<CellChange> changes;
    for (Index i = 0; i < count; ++i) {
        changes.push_back({draws.integer(0, crossbar.rows() - 1), draws.integer(0, crossbar.lines() - 1),
                           draws.chance(0.2) ? 0.0 : draws.log_uniform(1e-7, 1e-3)});
    }
    changes.push_back({changes.front().row, changes.front().line, 2e-5});
    return changes;
}

Crossbar changed(Crossbar crossbar, const std::vector<CellChange>& changes) {
    for (const CellChange& change : changes) crossbar.g(change.row, change.line) = change.g;
    return crossbar;
}

/// A crossbar with many blocks of every kind: large enough for several threads, with sides that do not halve evenly.
Crossbar large_crossbar(Index rows, Index lines, Index lines_per_site) {
    CaseDraws draws(77);
    Crossbar crossbar;
    crossbar.g = Matrix<double>(rows, lines);
    for (double& g : crossbar.g.values()) g = draws.log_uniform(1e-6, 1e-4);
    crossbar.lines_per_site = lines_per_site;
    crossbar.r_row = 1.5;
    crossbar.r_col = 2.5;
    return crossbar;
}

bool same_points(const CondensedPoints& a, const CondensedPoints& b) {
    return a.i_row == b.i_row && a.i_col == b.i_col && a.kcl_error == b.kcl_error && a.v_w == b.v_w &&
           a.v_b == b.v_b;
}

} // namespace

TEST_CASE("a condensed array has the port conductances of dense elimination") {
    for (std::uint32_t number = 1000; number < 1040; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        if (crossbar.rows() * crossbar.lines() > 300) continue;
        // Dense elimination loses the digits by which conductances of one node differ, up to 9 here.
        CHECK(largest_difference(eliminated_densely(crossbar), CondensedArray(crossbar).port_conductance()) <
              1e-7);
    }
}

TEST_CASE("changing a few cells gives bit for bit what condensing the changed array gives") {
    for (std::uint32_t number = 1100; number < 1180; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        const std::vector<CellChange> changes = random_changes(crossbar, number, 1 + number % 5);
        const CondensedArray before(crossbar, CondenseKeep::all_parts);
        const CondensedArray after = before.with_cells(changes);
        const CondensedArray fresh(changed(crossbar, changes));
        CHECK(after.crossbar().g == fresh.crossbar().g);
        CHECK(after.port_conductance() == fresh.port_conductance());
        const Matrix<double> drive(1, crossbar.rows() + crossbar.lines(), 0.3);
        Matrix<double> ports = drive;
        for (Index p = 0; p < ports.cols(); ++p) ports(0, p) *= std::cos(static_cast<double>(p));
        CHECK(same_points(after.operating_points(ports, true), fresh.operating_points(ports, true)));
        // The array before is as it was.
        CHECK(before.port_conductance() == CondensedArray(crossbar).port_conductance());
    }
}

TEST_CASE("changes may follow each other, and come back to where they began") {
    const Crossbar crossbar = large_crossbar(90, 77, 1);
    const CondensedArray first(crossbar, CondenseKeep::all_parts);
    const std::vector<CellChange> there{{3, 5, 0.0}, {80, 70, 1e-3}, {44, 5, 7e-5}};
    const CondensedArray second = first.with_cells(there);
    CHECK(second.port_conductance() != first.port_conductance());
    CHECK(second.port_conductance() == CondensedArray(changed(crossbar, there)).port_conductance());
    std::vector<CellChange> back = there;
    for (CellChange& change : back) change.g = crossbar.g(change.row, change.line);
    CHECK(second.with_cells(back).port_conductance() == first.port_conductance());
}

TEST_CASE("without its parts a condensed array can be changed all the same") {
    const Crossbar crossbar = large_crossbar(20, 30, 2);
    const std::vector<CellChange> changes{{7, 11, 3e-4}};
    CHECK(CondensedArray(crossbar).with_cells(changes).port_conductance() ==
          CondensedArray(changed(crossbar, changes)).port_conductance());
}

TEST_CASE("a cell that becomes a short joins its nodes, and parts them again when it is mended") {
    const Crossbar crossbar = large_crossbar(20, 12, 1);
    const std::vector<CellChange> shorted{{4, 9, std::numeric_limits<double>::infinity()}};
    const std::vector<CellChange> mended{{4, 9, 1e-5}};
    const CondensedArray intact(crossbar, CondenseKeep::all_parts);
    const CondensedArray faulty = intact.with_cells(shorted);
    CHECK(largest_difference(eliminated_densely(changed(crossbar, shorted)), faulty.port_conductance()) <
          1e-10);
    CHECK(intact.port_conductance_with(shorted) == faulty.port_conductance());
    CHECK(faulty.with_cells(mended).port_conductance() ==
          CondensedArray(changed(crossbar, mended)).port_conductance());
}

TEST_CASE("the port conductances of a few changed cells follow from the array as it was") {
    for (std::uint32_t number = 1200; number < 1260; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_crossbar(number);
        const std::vector<CellChange> changes = random_changes(crossbar, number, 1 + number % 7);
        const Matrix<double> fresh = CondensedArray(changed(crossbar, changes)).port_conductance();
        CHECK(largest_difference(fresh, CondensedArray(crossbar).port_conductance_with(changes)) < 1e-9);
    }
    const CondensedArray any(random_crossbar(1200));
    CHECK(any.port_conductance_with({}) == any.port_conductance());
}

TEST_CASE("changes that name no cell or no conductance are refused") {
    const CondensedArray array(large_crossbar(4, 6, 1), CondenseKeep::all_parts);
    for (const CellChange& wrong : {CellChange{4, 0, 1e-5}, CellChange{-1, 0, 1e-5}, CellChange{0, 6, 1e-5},
                                    CellChange{0, 0, -1e-5}, CellChange{0, 0, std::nan("")}}) {
        const std::vector<CellChange> changes{wrong};
        CHECK_THROWS_AS((void)array.with_cells(changes), InputError);
        CHECK_THROWS_AS((void)array.port_conductance_with(changes), InputError);
    }
}

TEST_CASE("a condensed array does not depend on the number of threads") {
    // 320 rows: the uppermost fronts are cut into tiles.
    const Crossbar crossbar = large_crossbar(320, 330, 1);
    Matrix<double> ports(11, 650);
    for (Index k = 0; k < ports.rows(); ++k) {
        for (Index p = 0; p < ports.cols(); ++p) ports(k, p) = std::sin(static_cast<double>(k * 650 + p));
    }
    const auto on_threads = [&](int threads) {
        const ThreadLimit limit(threads);
        const CondensedArray array(crossbar, CondenseKeep::all_parts);
        return std::pair{array.port_conductance(), array.operating_points(ports)};
    };
    const auto [y, points] = on_threads(1);
    for (const int threads : {2, 3}) {
        const auto [other_y, other_points] = on_threads(threads);
        CHECK(y == other_y);
        CHECK(same_points(points, other_points));
    }
}

TEST_CASE("the currents inside agree with the port conductances, and obey Kirchhoff") {
    const Crossbar crossbar = large_crossbar(100, 130, 2);
    const CondensedArray array(crossbar);
    const Index count = crossbar.rows() + crossbar.lines();
    Matrix<double> ports(140, count); // more than are carried at once
    for (Index k = 0; k < ports.rows(); ++k) {
        for (Index p = 0; p < count; ++p) ports(k, p) = std::sin(static_cast<double>(k * count + p));
    }
    const CondensedPoints points = array.operating_points(ports);
    const Matrix<double> expected = multiply(ports, array.port_conductance());
    double scale = 0.0;
    for (const double i : expected.values()) scale = std::max(scale, std::abs(i));
    for (Index k = 0; k < ports.rows(); ++k) {
        CHECK(points.kcl_error[static_cast<std::size_t>(k)] < 1e-11 * scale);
        CHECK(points.kcl_error[static_cast<std::size_t>(k)] > 0.0);
        for (Index r = 0; r < crossbar.rows(); ++r)
            CHECK(std::abs(points.i_row(k, r) - expected(k, r)) < 1e-11 * scale);
        for (Index l = 0; l < crossbar.lines(); ++l)
            CHECK(std::abs(points.i_col(k, l) + expected(k, crossbar.rows() + l)) < 1e-11 * scale);
    }
}
