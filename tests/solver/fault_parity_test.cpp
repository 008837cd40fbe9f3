#include "array/array_nodes.hpp"
#include "base/errors.hpp"
#include "solver/array_solver.hpp"
#include "solver/line_system.hpp"
#include "tests/solver/generated_arrays.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Errors are relative to the largest line current.
constexpr double parity_tolerance = 1e-8;

bool all_finite(const Matrix<double>& values) {
    return std::all_of(values.values().begin(), values.values().end(),
                       [](double x) { return std::isfinite(x); });
}

double largest_current(const ArraySolution& solution, Index k) {
    double largest = 0.0;
    for (const double i : solution.i_row.row(k)) largest = std::max(largest, std::abs(i));
    for (const double i : solution.i_col.row(k)) largest = std::max(largest, std::abs(i));
    return largest;
}

/// What a solution claims of itself, where that is less than all engines owe each other: where hardly any current flows, the
/// rounding of voltages over short wires shows, and the residual tells.
double claimed_error(const ArraySolution& solution) {
    const double residual = *std::max_element(solution.residual.begin(), solution.residual.end());
    return std::max(parity_tolerance, 10.0 * residual);
}

/// What goes into an array comes out of it.
void check_charge(const ArraySolution& solution) {
    CAPTURE(to_string(solution.engine));
    for (Index k = 0; k < solution.i_row.rows(); ++k) {
        double sum = 0.0;
        for (const double i : solution.i_row.row(k)) sum += i;
        for (const double i : solution.i_col.row(k)) sum -= i;
        CHECK(std::abs(sum) <= parity_tolerance * largest_current(solution, k));
    }
}

/// Power that cells and wires turn into heat at the node voltages of operating point `k`.
double dissipated_power(const Crossbar& crossbar, const Drive& drive, const ArraySolution& solution,
                        Index k) {
    const ArrayPlaces places(crossbar);
    const auto voltage = [&](Index place) {
        if (place < places.rows) return drive.v_row(k, place);
        const Index line = place - places.rows;
        if (line < places.lines)
            return drive.v_col.empty() ? 0.0 : drive.v_col[static_cast<std::size_t>(line)];
        const Index row_node = place - places.row_node(0, 0), row_nodes = places.rows * places.sites;
        return row_node < row_nodes ? solution.v_w(k, row_node) : solution.v_b(k, row_node - row_nodes);
    };
    double power = 0.0;
    for_each_wire(crossbar, [&](Index a, Index b, double resistance) {
        const double drop = voltage(a) - voltage(b);
        if (resistance > 0.0) power += drop * drop / resistance;
    });
    for (Index r = 0; r < places.rows; ++r) {
        for (Index l = 0; l < places.lines; ++l) {
            const double v =
                voltage(places.row_node(r, l / crossbar.lines_per_site)) - voltage(places.col_node(r, l));
            const double g = crossbar.g(r, l);
            if (std::isfinite(g))
                power += v * evaluate_cell(crossbar.cell, g, crossbar.shape_at(r, l), v).current;
        }
    }
    return power;
}

void check_power(const Crossbar& crossbar, const Drive& drive, const ArraySolution& solution) {
    CAPTURE(to_string(solution.engine));
    for (Index k = 0; k < solution.i_row.rows(); ++k) {
        double scale = 1e-20; // less power than that is rounding
        // 0.6 V is the largest drop that random_drive() can make.
        for (const double i : solution.i_row.row(k)) scale += 0.6 * std::abs(i);
        for (const double i : solution.i_col.row(k)) scale += 0.6 * std::abs(i);
        const double heat = dissipated_power(crossbar, drive, solution, k);
        CHECK(std::abs(solution.power[static_cast<std::size_t>(k)] - heat) <=
              claimed_error(solution) * scale);
    }
}

void check_solved(const ArraySolution& solution) {
    CAPTURE(to_string(solution.engine));
    CHECK(all_finite(solution.i_row));
    CHECK(all_finite(solution.i_col));
    CHECK(all_finite(solution.v_w));
    CHECK(all_finite(solution.v_b));
    for (const SolveStatus status : solution.status) CHECK(status == SolveStatus::converged);
}

Index batch_of(std::uint32_t number) {
    return number % 25 == 3 ? 19 : 1 + static_cast<Index>(number % 4);
}

} // namespace

TEST_CASE(
    "all engines agree on generated arrays with gradients, joined and open segments, and shorted cells") {
    int by_lines = 0, by_mna = 0, by_ngspice = 0, by_condense = 0, refused = 0;
    for (std::uint32_t number = 0; number < 600; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_faulty_crossbar(number);
        const Drive drive = random_drive(crossbar, number, batch_of(number));
        const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna, .fields = true});
        check_solved(mna);
        check_charge(mna);
        check_power(crossbar, drive, mna);

        // Where cells that conduct 1e-18 of a wire alone hold a piece of it, condense may have to refuse.
        try {
            const ArraySolution condense =
                solve_array(crossbar, drive, {.engine = Engine::condense, .fields = true});
            check_solved(condense);
            check_charge(condense);
            check_power(crossbar, drive, condense);
            CHECK(largest_relative_difference(mna, condense) <= claimed_error(condense));
            if (claimed_error(condense) == parity_tolerance) ++by_condense;
        } catch (const BackendError&) {
            ++refused;
        }

        const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines, .fields = true});
        CHECK(lines.engine == Engine::lines);
        check_solved(lines);
        CHECK(largest_relative_difference(mna, lines) < parity_tolerance);
        const bool chains = is_line_system(crossbar);
        CHECK(lines.fallbacks.size() == (chains ? 0U : lines.status.size()));
        ++(chains ? by_lines : by_mna);

        if (crossbar.rows() * crossbar.lines() > 100) continue;
        const ArraySolution spice = solve_array(crossbar, drive, {.engine = Engine::ngspice, .fields = true});
        CHECK(largest_relative_difference(spice, mna) <= claimed_error(spice));
        if (claimed_error(spice) == parity_tolerance) ++by_ngspice;
    }
    CHECK(by_lines > 200);
    CHECK(by_mna > 150);
    CHECK(by_ngspice > 150);
    CHECK(by_condense > 550);
    CHECK(refused <= 3);
}

TEST_CASE("all engines agree on faulty arrays of sinh cells") {
    for (std::uint32_t number = 1000; number < 1100; ++number) {
        CAPTURE(number);
        Crossbar crossbar = random_faulty_crossbar(number);
        if (crossbar.rows() * crossbar.lines() > 2000) continue;
        crossbar.cell = SinhCell{CaseDraws(number + 5000).uniform(0.5, 8.0)};
        const Drive drive = random_drive(crossbar, number, 3);
        const ArraySolution mna = solve_array(crossbar, drive, {.engine = Engine::mna, .fields = true});
        const ArraySolution lines = solve_array(crossbar, drive, {.engine = Engine::lines, .fields = true});
        check_solved(mna);
        check_solved(lines);
        check_charge(mna);
        check_power(crossbar, drive, mna);
        CHECK(largest_relative_difference(mna, lines) < parity_tolerance);
        if (crossbar.rows() * crossbar.lines() > 60) continue;
        const ArraySolution spice = solve_array(crossbar, drive, {.engine = Engine::ngspice});
        CHECK(largest_relative_difference(spice, mna) <= claimed_error(spice));
    }
}

TEST_CASE("port matrices of faulty arrays agree, are reciprocal, and drive no current at equal potentials") {
    for (std::uint32_t number = 1200; number < 1260; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_faulty_crossbar(number);
        if (crossbar.rows() * crossbar.lines() > 2000) continue;
        const PortMatrix mna = port_matrix(crossbar, {.engine = Engine::mna});
        const PortMatrix condense = port_matrix(crossbar, {.engine = Engine::condense});
        double scale = 0.0;
        for (const double y : mna.y.values()) scale = std::max(scale, std::abs(y));
        for (Index i = 0; i < mna.y.rows(); ++i) {
            double row_sum = 0.0;
            for (Index j = 0; j < mna.y.cols(); ++j) {
                row_sum += mna.y(i, j);
                CHECK(std::abs(mna.y(i, j) - condense.y(i, j)) <= parity_tolerance * scale);
                CHECK(std::abs(mna.y(i, j) - mna.y(j, i)) <= parity_tolerance * scale);
            }
            CHECK(std::abs(row_sum) <= parity_tolerance * scale);
        }
    }
}

TEST_CASE("superposition holds in faulty arrays, in every native engine") {
    for (std::uint32_t number = 1300; number < 1330; ++number) {
        CAPTURE(number);
        const Crossbar crossbar = random_faulty_crossbar(number);
        if (crossbar.rows() * crossbar.lines() > 2000) continue;
        Drive drive = random_drive(crossbar, number, 3);
        drive.v_col.clear();
        for (Index r = 0; r < crossbar.rows(); ++r)
            drive.v_row(2, r) = 2.0 * drive.v_row(0, r) - drive.v_row(1, r);
        for (const Engine engine : {Engine::lines, Engine::condense, Engine::mna}) {
            const ArraySolution solution = solve_array(crossbar, drive, {.engine = engine});
            const double scale = std::max(
                {largest_current(solution, 0), largest_current(solution, 1), largest_current(solution, 2)});
            for (Index l = 0; l < crossbar.lines(); ++l) {
                CHECK(std::abs(solution.i_col(2, l) - 2.0 * solution.i_col(0, l) + solution.i_col(1, l)) <=
                      parity_tolerance * scale);
            }
        }
    }
}
