// Arrays in time as circuits: what lines answers where it can, and closed forms where it cannot.
#include "solver/mna_transient.hpp"

#include "generated_arrays.hpp"
#include "solver/transient_drive.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// A solution of the right shapes that solve_transient_mna() fills in.
TransientSolution by_mna(const Crossbar& crossbar, const TransientDrive& drive,
                         const TransientOptions& options) {
    const Index batch = drive.v_row.rows();
    TransientSolution solution;
    solution.i_col.assign(options.times.size(), Matrix<double>(batch, crossbar.lines()));
    solution.i_row.assign(options.times.size(), Matrix<double>(batch, crossbar.rows()));
    solution.charge_col = solution.i_col;
    solution.charge_row = solution.i_row;
    solution.settled = Matrix<double>(batch, crossbar.lines());
    solution.energy.assign(static_cast<std::size_t>(batch), 0.0);
    solution.residual = solution.energy;
    solution.status.assign(static_cast<std::size_t>(batch), SolveStatus::converged);
    solution.i_final = solve_array(crossbar, {final_potentials(drive), final_columns(drive)}).i_col;
    solve_transient_mna(solution, crossbar, drive, options);
    return solution;
}

/// Largest distance of two lists of matrices, over the largest magnitude.
double distance(const std::vector<Matrix<double>>& a, const std::vector<Matrix<double>>& b) {
    double largest = 0.0, full = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t k = 0; k < a[i].values().size(); ++k) {
            largest = std::max(largest, std::abs(a[i].values()[k] - b[i].values()[k]));
            full = std::max(full, std::abs(b[i].values()[k]));
        }
    }
    return largest / full;
}

/// One cell without resistance between a driver and a sense node: one node in all, with all capacitance.
struct ShortedCell {
    static constexpr double r_source = 2e3, r_sense = 1e3, c = 3e-13;
    static constexpr double tau = c * r_source * r_sense / (r_source + r_sense),
                            i_end = 0.6 / (r_source + r_sense);
    Crossbar crossbar;
    ShortedCell() {
        crossbar.g = Matrix<double>(1, 1, std::numeric_limits<double>::infinity());
        crossbar.r_source = {r_source};
        crossbar.r_sense = {r_sense};
        crossbar.capacitance = {.row_ground = c / 3.0, .col_ground = 2.0 * c / 3.0};
    }
};

} // namespace

TEST_CASE("on arrays that are chains, circuits in time answer as lines does") {
    for (std::uint32_t number = 0; number < 4; ++number) {
        CAPTURE(number);
        CaseDraws draws(7900 + number);
        Crossbar crossbar = random_rc_array(draws, 3, 2, draws.integer(1, 2));
        for (double& r : crossbar.r_source) r += 100.0;
        for (double& r : crossbar.r_sense) r += 100.0;
        if (number == 3) crossbar.cell = SinhCell{3.0};
        Matrix<double> v(2, 3);
        for (double& x : v.values()) x = draws.uniform(-0.3, 0.3);
        TransientDrive drive = step_drive(v);
        // Something before t = 0, a jump there, a ramp, and a jump later; columns that go their own way.
        drive.curves = {{{0.0, 0.0, 2e-9, 4e-9, 4e-9}, {0.3, 0.8, 0.8, 1.0, 0.4}},
                        {{1e-9, 3e-9}, {1.0, 0.5}}};
        for (Index l = 0; l < crossbar.lines(); ++l) {
            drive.v_col.push_back(draws.uniform(-0.1, 0.1));
            drive.col_curve.push_back(1);
        }
        const TransientOptions options{
            .times = {1e-10, 1e-9, 3.5e-9, 6e-9, 1e-7}, .tolerance = 1e-6, .from_zero = number == 1};
        const TransientSolution ours = by_mna(crossbar, drive, options),
                                lines = solve_transient(crossbar, drive, options);
        CHECK(lines.engine == Engine::lines);
        CHECK(lines.fallbacks.empty());
        CHECK(ours.engine == Engine::mna);
        CHECK(ours.fallbacks == std::vector<Index>{0, 1});
        CHECK(distance(ours.i_col, lines.i_col) < 1e-4);
        CHECK(distance(ours.i_row, lines.i_row) < 1e-4);
        CHECK(distance(ours.charge_col, lines.charge_col) < 1e-4);
        CHECK(distance(ours.charge_row, lines.charge_row) < 1e-4);
        for (std::size_t k = 0; k < 2; ++k) {
            CHECK(ours.status[k] == SolveStatus::converged);
            CHECK(ours.energy[k] == testing::approx(lines.energy[k]).epsilon(1e-3));
            CHECK(ours.residual[k] < 1e-7);
            for (Index l = 0; l < crossbar.lines(); ++l) {
                CHECK(ours.settled(static_cast<Index>(k), l) ==
                      testing::approx(lines.settled(static_cast<Index>(k), l)).epsilon(2e-2).scale(1e-9));
            }
        }
    }
}

TEST_CASE("a shorted cell in time is a capacitor between two resistances") {
    // C·dv/dt = (V − v)/R1 − v/R2: i = V/(R1 + R2)·(1 − exp(−t/tau)), tau = C·R1·R2/(R1 + R2), into the sense node; the charge is its
    // integral. After the pulse both currents decay with tau.
    const ShortedCell cell;
    const double tau = cell.tau, width = 5.0 * tau;
    TransientDrive drive = step_drive(Matrix<double>(1, 1, 0.6));
    drive.curves.front() = {{0.0, 0.0, width, width}, {0.0, 1.0, 1.0, 0.0}};
    const TransientOptions options{.times = {0.5 * tau, tau, 3.0 * tau, width, 6.0 * tau}, .tolerance = 1e-7};
    const TransientSolution solution = solve_transient(cell.crossbar, drive, options);
    CHECK(solution.engine == Engine::mna);
    CHECK(solution.fallbacks == std::vector<Index>{0});
    CHECK(solution.status[0] == SolveStatus::converged);
    CHECK(solution.residual[0] < 1e-9);
    const auto rising = [&](double t) { return cell.i_end * (1.0 - std::exp(-t / tau)); };
    for (std::size_t i = 0; i < 4; ++i) {
        const double t = options.times[i];
        CAPTURE(t);
        CHECK(solution.i_col[i](0, 0) == testing::approx(rising(t)).epsilon(1e-5));
        CHECK(solution.charge_col[i](0, 0) ==
              testing::approx(cell.i_end * t - tau * rising(t)).epsilon(1e-5));
        CHECK(solution.i_row[i](0, 0) ==
              testing::approx((0.6 - cell.r_sense * rising(t)) / cell.r_source).epsilon(1e-5));
    }
    CHECK(solution.i_col[4](0, 0) == testing::approx(rising(width) * std::exp(-1.0)).epsilon(1e-5));
    // What the source gave: V times its charge, all of it before the pulse ends.
    CHECK(solution.energy[0] == testing::approx(0.6 * solution.charge_row[3](0, 0)).epsilon(1e-6));
}

TEST_CASE("a shorted cell settles when its exponential is within what is asked") {
    const ShortedCell cell;
    const TransientSolution solution =
        solve_transient(cell.crossbar, step_drive(Matrix<double>(1, 1, 0.6)),
                        {.times = {10.0 * cell.tau}, .tolerance = 1e-7, .settled_within = 1e-2});
    CHECK(solution.settled(0, 0) == testing::approx(cell.tau * std::log(100.0)).epsilon(1e-3));
    CHECK(solution.i_final(0, 0) == testing::approx(cell.i_end).epsilon(1e-9));
}
