#include "solver/array_transient.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "dense_transient.hpp"
#include "generated_arrays.hpp"
#include "solver/transient_drive.hpp"

#include "tests/approx.hpp"
#include "tests/generated_cases.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// One cell between a row with a series resistance and a column held at 0 V; the row node has a capacitance.
Crossbar one_cell(double resistance, double g, double capacitance) {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 1, g);
    crossbar.r_source = {resistance};
    crossbar.capacitance.row_ground = capacitance;
    return crossbar;
}

Matrix<double> random_inputs(CaseDraws& draws, Index batch, Index rows) {
    Matrix<double> v(batch, rows);
    for (double& x : v.values()) x = draws.uniform(-0.3, 0.3);
    return v;
}

/// Largest difference between the line currents and those of the dense exponential, over the largest of them.
double error_against_exponential(const Crossbar& crossbar, const Matrix<double>& v_row,
                                 const TransientOptions& options) {
    const TransientSolution solution = solve_transient(crossbar, step_drive(v_row), options);
    const DenseTransient dense(crossbar);
    double largest = 0.0, full = 0.0;
    for (Index k = 0; k < v_row.rows(); ++k) {
        std::vector<double> v(v_row.row(k).begin(), v_row.row(k).end());
        v.resize(static_cast<std::size_t>(crossbar.rows() + crossbar.lines()), 0.0);
        for (std::size_t i = 0; i < options.times.size(); ++i) {
            const std::vector<double> expected = dense.step_response(v, options.times[i]);
            for (Index l = 0; l < crossbar.lines(); ++l) {
                full = std::max(full, std::abs(expected[static_cast<std::size_t>(crossbar.rows() + l)]));
                largest =
                    std::max(largest, std::abs(solution.i_col[i](k, l) +
                                               expected[static_cast<std::size_t>(crossbar.rows() + l)]));
            }
            for (Index r = 0; r < crossbar.rows(); ++r) {
                full = std::max(full, std::abs(expected[static_cast<std::size_t>(r)]));
                largest = std::max(largest,
                                   std::abs(solution.i_row[i](k, r) - expected[static_cast<std::size_t>(r)]));
            }
        }
    }
    return largest / full;
}

/// A random array of up to 4 x 4 sites against the matrix exponential.
void check_against_exponential(std::uint32_t number, Index lines_per_site, double tolerance) {
    CaseDraws draws(7000 + number);
    const Index rows = draws.integer(1, 4), sites = draws.integer(1, 4);
    const Crossbar crossbar = random_rc_array(draws, rows, sites, lines_per_site);
    CAPTURE(number);
    const TransientOptions options{
        .times = {1e-12, 1e-10, 1e-9, 1e-8, 1e-7}, .tolerance = tolerance, .kcl_tolerance = 0.01 * tolerance};
    CHECK(error_against_exponential(crossbar, random_inputs(draws, 3, crossbar.rows()), options) < 1e-6);
}

} // namespace

TEST_CASE("a step through a resistance into a cell with a capacitance is an exponential") {
    // C·dw/dt = (1 − w)/R − g·w: w(t) = w_end·(1 − exp(−t/tau)), w_end = 1/(1 + g·R), tau = C·R/(1 + g·R).
    const double r = 1e4, g = 2e-5, c = 1e-13, tau = c * r / (1.0 + g * r), w_end = 1.0 / (1.0 + g * r);
    const TransientOptions options{
        .times = {0.1 * tau, tau, 3.0 * tau, 10.0 * tau}, .tolerance = 1e-8, .settled_within = 1e-2};
    const TransientSolution solution =
        solve_transient(one_cell(r, g, c), step_drive(Matrix<double>(1, 1, 1.0)), options);
    for (std::size_t i = 0; i < options.times.size(); ++i) {
        const double t = options.times[i], w = w_end * (1.0 - std::exp(-t / tau));
        CHECK(solution.i_col[i](0, 0) == testing::approx(g * w).epsilon(1e-5));
        CHECK(solution.i_row[i](0, 0) == testing::approx((1.0 - w) / r).epsilon(1e-5));
        // The cell's charge is the integral of g·w.
        CHECK(solution.charge_col[i](0, 0) ==
              testing::approx(g * w_end * (t - tau * (1.0 - std::exp(-t / tau)))).epsilon(1e-4));
    }
    CHECK(solution.settled(0, 0) == testing::approx(tau * std::log(100.0)).epsilon(1e-3));
    CHECK(solution.status[0] == SolveStatus::converged);
}

TEST_CASE("charging a capacitor through a resistor takes twice the energy it then holds") {
    const double r = 1e3, c = 2e-15;
    const TransientOptions options{.times = {60.0 * r * c}, .tolerance = 1e-7};
    const TransientSolution solution =
        solve_transient(one_cell(r, 0.0, c), step_drive(Matrix<double>(1, 1, 0.8)), options);
    CHECK(solution.energy[0] == testing::approx(c * 0.8 * 0.8).epsilon(1e-5));
    CHECK(solution.charge_row[0](0, 0) == testing::approx(c * 0.8).epsilon(1e-8));
}

TEST_CASE("random RC arrays of single lines follow the matrix exponential") {
    for (std::uint32_t number = 0; number < generated_cases(12); ++number)
        check_against_exponential(number, 1, 1e-9);
}

TEST_CASE("random RC arrays of line pairs follow the matrix exponential") {
    // The voltages between the lines of a pair are small beside those that the tolerance is relative to.
    for (std::uint32_t number = 12; number < 12 + generated_cases(5); ++number)
        check_against_exponential(number, 2, 2e-10);
}

TEST_CASE("lines without resistance move in time as one node") {
    for (std::uint32_t number = 0; number < generated_cases(12); ++number) {
        CaseDraws draws(7100 + number);
        Crossbar crossbar = random_rc_array(draws, 3, 2, draws.integer(1, 2));
        // Merged lines need a series resistance to have a voltage of their own.
        for (double& r : crossbar.r_source) r += 100.0;
        for (double& r : crossbar.r_sense) r += 100.0;
        if (number % 3 != 0) crossbar.r_row = 0.0;
        if (number % 3 != 1) crossbar.r_col = 0.0;
        CAPTURE(number);
        const TransientOptions options{
            .times = {1e-11, 1e-9, 1e-8}, .tolerance = 1e-9, .kcl_tolerance = 1e-11};
        CHECK(error_against_exponential(crossbar, random_inputs(draws, 2, 3), options) < 1e-6);
    }
}

TEST_CASE("the error of a transient falls as that of a method of second order") {
    // A step's error is of third order, so steps go with the cube root of the tolerance, and what they sum up to with its two thirds:
    // a tolerance 1000 times smaller, 100 times less error.
    CaseDraws draws(7200);
    const Crossbar crossbar = random_rc_array(draws, 4, 4, 1);
    const Matrix<double> v = random_inputs(draws, 1, 4);
    const auto error = [&](double tolerance) {
        return error_against_exponential(crossbar, v,
                                         {.times = {3e-9}, .tolerance = tolerance, .kcl_tolerance = 1e-12});
    };
    const double coarse = error(1e-4), fine = error(1e-7);
    CHECK(coarse / fine > 40.0);
    CHECK(coarse / fine < 400.0);
    CHECK(coarse < 1e-3);
}

TEST_CASE("what flows into an array and not out of it stays on its capacitors") {
    CaseDraws draws(7300);
    Crossbar crossbar = random_rc_array(draws, 5, 3, 2);
    crossbar.row_ends = TiedEnds::first;
    crossbar.col_ends = TiedEnds::last;
    const Matrix<double> v = random_inputs(draws, 2, 5);
    const TransientOptions options{.times = {1e-9, 1e-4}, .tolerance = 1e-3, .kcl_tolerance = 1e-12};
    const TransientSolution solution = solve_transient(crossbar, step_drive(v), options);
    // At the end the charges are those of the operating point; only ground takes part, what lies between two nodes takes as much as it gives.
    const ArraySolution still = solve_array(crossbar, {v, {}}, {.tolerance = 1e-12, .fields = true});
    const ArrayCapacitance& c = crossbar.capacitance;
    for (Index k = 0; k < 2; ++k) {
        double stored = 0.0, in = 0.0;
        for (const double w : still.v_w.row(k)) stored += c.row_ground * w;
        for (const double b : still.v_b.row(k)) stored += c.col_ground * b;
        for (Index r = 0; r < 5; ++r) {
            in += solution.charge_row[1](k, r);
            // The driver's node lies behind the series resistance.
            const double series = crossbar.r_source[static_cast<std::size_t>(r)];
            if (series > 0.0) stored += c.driver * (v(k, r) - series * still.i_row(k, r));
        }
        for (Index l = 0; l < crossbar.lines(); ++l) {
            in -= solution.charge_col[1](k, l);
            const double series = crossbar.r_sense[static_cast<std::size_t>(l)];
            stored += c.sense * series * still.i_col(k, l);
        }
        double scale = 0.0;
        for (Index r = 0; r < 5; ++r) scale = std::max(scale, std::abs(solution.charge_row[1](k, r)));
        CHECK(std::abs(in - stored) < 1e-9 * scale);
    }
}

TEST_CASE("input as pulse widths is the sum of its steps") {
    CaseDraws draws(7400);
    const Crossbar crossbar = random_rc_array(draws, 3, 3, 1);
    const double unit = 5e-10, v = 0.2;
    const TransientOptions options{
        .times = {0.7e-9, 2.2e-9, 6e-9}, .tolerance = 1e-8, .kcl_tolerance = 1e-10};
    const Matrix<Index> codes(1, 3, {0, 3, 1});
    const TransientSolution pulses = solve_transient(crossbar, pulse_width_drive(codes, v, unit), options);
    // One row at a time: a step, and its opposite where the pulse ends.
    std::vector<double> expected(9, 0.0);
    for (Index r = 0; r < 3; ++r) {
        Matrix<double> one(1, 3, 0.0);
        one(0, r) = v;
        for (std::size_t i = 0; i < 3; ++i) {
            const double end = static_cast<double>(codes(0, r)) * unit;
            if (codes(0, r) == 0) continue;
            const double t = options.times[i];
            for (const auto& [since, sign] : {std::pair(t, 1.0), std::pair(t - end, -1.0)}) {
                if (since <= 0.0) continue;
                const TransientSolution step = solve_transient(
                    crossbar, step_drive(one), {.times = {since}, .tolerance = 1e-8, .kcl_tolerance = 1e-10});
                for (Index l = 0; l < 3; ++l)
                    expected[i * 3 + static_cast<std::size_t>(l)] += sign * step.i_col[0](0, l);
            }
        }
    }
    double full = 0.0;
    for (const double i : expected) full = std::max(full, std::abs(i));
    for (std::size_t i = 0; i < 3; ++i) {
        for (Index l = 0; l < 3; ++l)
            CHECK(std::abs(pulses.i_col[i](0, l) - expected[i * 3 + static_cast<std::size_t>(l)]) <
                  1e-5 * full);
    }
}

TEST_CASE("a run starts at the operating point before its first step") {
    CaseDraws draws(7500);
    const Crossbar crossbar = random_rc_array(draws, 4, 3, 1);
    const Matrix<double> v = random_inputs(draws, 1, 4);
    TransientDrive drive = step_drive(v);
    drive.curves.front() = {{1e-9, 1e-9}, {1.0, 0.5}};
    drive.v_col = {0.1, 0.0, -0.2};
    const TransientSolution solution = solve_transient(
        crossbar, drive, {.times = {0.9e-9, 1e-6}, .tolerance = 1e-6, .kcl_tolerance = 1e-11});
    Matrix<double> half = v;
    for (double& x : half.values()) x *= 0.5;
    const ArraySolution before = solve_array(crossbar, {v, drive.v_col}),
                        after = solve_array(crossbar, {half, drive.v_col});
    for (Index l = 0; l < 3; ++l) {
        CHECK(solution.i_col[0](0, l) == testing::approx(before.i_col(0, l)).epsilon(1e-7));
        CHECK(solution.i_col[1](0, l) == testing::approx(after.i_col(0, l)).epsilon(1e-7));
    }
}

TEST_CASE("an instant that differs from a bend or a jump in its last digits alone counts as the same") {
    const double r = 1e4, g = 2e-5, c = 1e-14, tau = c * r / (1.0 + g * r);
    for (const double top : {1.0, std::nextafter(1.0, 2.0), std::nextafter(1.0, 0.0)}) {
        TransientDrive drive = step_drive(Matrix<double>(1, 1, 1.0));
        const double end = 1e-10 * top;
        for (const double fall : {0.0, 1e-6}) {
            CAPTURE(top);
            CAPTURE(fall);
            drive.curves.front() = {{0.0, 0.0, end, end + fall}, {0.0, 1.0, 1.0, 0.0}};
            const TransientSolution solution =
                solve_transient(one_cell(r, g, c), drive, {.times = {1e-10, 1.5e-10}, .tolerance = 1e-8});
            CHECK(solution.status[0] == SolveStatus::converged);
            const double w = (1.0 - std::exp(-1e-10 / tau)) / (1.0 + g * r);
            CHECK(solution.i_col[0](0, 0) == testing::approx(g * w).epsilon(1e-5));
            if (fall == 0.0)
                CHECK(solution.i_col[1](0, 0) ==
                      testing::approx(g * w * std::exp(-0.5e-10 / tau)).epsilon(1e-5));
        }
    }
}

TEST_CASE("stiff wires do not ring") {
    // Wires of femtoseconds beside a driver of nanoseconds: at steps far above the former every current rises or falls evenly.
    Crossbar crossbar;
    crossbar.g = Matrix<double>(8, 8, 1e-5);
    crossbar.r_row = crossbar.r_col = 0.01;
    crossbar.r_source = std::vector<double>(8, 1e4);
    crossbar.capacitance = {.row_ground = 1e-14, .col_ground = 1e-16};
    TransientOptions options{.times = {}, .tolerance = 1e-2};
    for (int i = 1; i <= 40; ++i) options.times.push_back(1e-10 * i);
    const TransientSolution solution =
        solve_transient(crossbar, step_drive(Matrix<double>(1, 8, 0.5)), options);
    for (std::size_t i = 1; i < options.times.size(); ++i) {
        for (Index l = 0; l < 8; ++l)
            CHECK(solution.i_col[i](0, l) > solution.i_col[i - 1](0, l) * (1.0 - 1e-9));
    }
}

TEST_CASE("cells of a law without end conduct in time as at their operating point once all has settled") {
    CaseDraws draws(7600);
    Crossbar crossbar = random_rc_array(draws, 6, 5, 1);
    crossbar.cell = SinhCell{4.0};
    const Matrix<double> v = random_inputs(draws, 3, 6);
    const TransientSolution solution = solve_transient(
        crossbar, step_drive(v), {.times = {1e-5}, .tolerance = 1e-6, .kcl_tolerance = 1e-10});
    for (Index k = 0; k < 3; ++k) {
        for (Index l = 0; l < 5; ++l)
            CHECK(solution.i_col[0](k, l) == testing::approx(solution.i_final(k, l)).epsilon(1e-6));
    }
}

TEST_CASE("bent cells at rest stay at rest until their rows move") {
    // Steps at rest need no correction, hence no elimination of the chains; the error estimate does.
    CaseDraws draws(7800);
    Crossbar crossbar = random_rc_array(draws, 4, 3, 1);
    crossbar.cell = SinhCell{4.0};
    TransientDrive drive = step_drive(random_inputs(draws, 2, 4));
    drive.curves.front() = {{0.0, 1e-9, 2e-9}, {0.4, 0.4, 1.0}};
    const TransientSolution solution =
        solve_transient(crossbar, drive, {.times = {0.9e-9, 1e-5}, .tolerance = 1e-6, .kcl_tolerance = 1e-9});
    const ArraySolution before =
        solve_array(crossbar, {row_potentials(drive, {0.4}), {}}, {.tolerance = 1e-12});
    for (Index k = 0; k < 2; ++k) {
        CHECK(solution.status[static_cast<std::size_t>(k)] == SolveStatus::converged);
        double full = 0.0;
        for (const double i : solution.i_final.row(k)) full = std::max(full, std::abs(i));
        for (Index l = 0; l < 3; ++l) {
            CHECK(std::abs(solution.i_col[0](k, l) - before.i_col(k, l)) < 1e-6 * full);
            CHECK(std::abs(solution.i_col[1](k, l) - solution.i_final(k, l)) < 1e-6 * full);
        }
    }
}

TEST_CASE("a sinh cell discharges its node as the closed form says") {
    // C·dw/dt = −(g/alpha)·sinh(alpha·w), node left to itself at w0: tanh(alpha·w/2) = tanh(alpha·w0/2)·exp(−g·t/C).
    // The row's source holds w0 through a resistance that is too large to matter.
    const double g = 1e-4, alpha = 5.0, c = 1e-13, w0 = 0.4;
    Crossbar crossbar = one_cell(1e15, g, c);
    crossbar.cell = SinhCell{alpha};
    TransientDrive drive = step_drive(Matrix<double>(1, 1, w0));
    // From 0 V through 1 Ohm the node would follow at once; here it starts charged because the column steps down by w0 instead: the
    // capacitor to ground keeps the row node where it was, at 0 V, while the column goes to −w0.
    drive.v_row(0, 0) = 0.0;
    drive.v_col = {-w0};
    const TransientOptions options{.times = {0.2e-9, 1e-9, 3e-9}, .tolerance = 1e-8, .from_zero = true};
    const TransientSolution solution = solve_transient(crossbar, drive, options);
    for (std::size_t i = 0; i < options.times.size(); ++i) {
        const double v =
            2.0 / alpha * std::atanh(std::tanh(alpha * w0 / 2.0) * std::exp(-g * options.times[i] / c));
        CHECK(solution.i_col[i](0, 0) == testing::approx(g * std::sinh(alpha * v) / alpha).epsilon(1e-4));
    }
}

TEST_CASE("a ladder of 64 sections delays by its Elmore time") {
    // One row of 64 nodes without cells, R and C each: the first moment of the last node's step response is
    // sum over k of R_k·(C behind it) = R·C·(1 + 2 + … + 64) = R·C·2080. The moment of what the source delivers: every
    // capacitor's charge arrives at its own Elmore time, so the charge in flight is read off the last node's current into a sense
    // resistor too large to matter.
    const double r = 10.0, c = 1e-15;
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 64, 0.0);
    crossbar.g(0, 63) = 1e-12;
    crossbar.r_row = r;
    crossbar.capacitance.row_ground = c;
    const double elmore = r * c * 2080.0;
    TransientOptions options{.times = {40.0 * elmore}, .tolerance = 1e-7};
    const TransientSolution solution =
        solve_transient(crossbar, step_drive(Matrix<double>(1, 1, 1.0)), options);
    // integral of (i_end − i) dt over i_end is the first moment.
    const double i_end = solution.i_final(0, 63),
                 moment = options.times[0] - solution.charge_col[0](0, 63) / i_end;
    CHECK(moment == testing::approx(elmore).epsilon(1e-4));
}

TEST_CASE("the step response of a ladder of 64 sections is the sum of its modes") {
    // Nodes k = 1 … n, first one tied to the source by R, last one open: eigenvectors sin((2j − 1)·pi·k/(2n + 1)), rates
    // 4/(R·C)·sin²((2j − 1)·pi/(2·(2n + 1))); v_n(t) = 1 − sum_j a_j·exp(−rate_j·t).
    const int n = 64;
    const double r = 10.0, c = 1e-15, g = 1e-12;
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, n, 0.0);
    crossbar.g(0, n - 1) = g;
    crossbar.r_row = r;
    crossbar.capacitance.row_ground = c;
    const double elmore = r * c * 2080.0;
    const TransientOptions options{.times = {0.05 * elmore, 0.3 * elmore, elmore, 3.0 * elmore},
                                   .tolerance = 1e-8};
    const TransientSolution solution =
        solve_transient(crossbar, step_drive(Matrix<double>(1, 1, 1.0)), options);
    for (std::size_t i = 0; i < options.times.size(); ++i) {
        double v = 1.0;
        for (int j = 1; j <= n; ++j) {
            const double theta = (2.0 * j - 1.0) * std::numbers::pi / (2.0 * n + 1.0),
                         sine = std::sin(theta / 2.0);
            double projected = 0.0;
            for (int k = 1; k <= n; ++k) projected += std::sin(theta * k);
            v -= projected * std::sin(theta * n) * 4.0 / (2.0 * n + 1.0) *
                 std::exp(-4.0 * sine * sine * options.times[i] / (r * c));
        }
        CHECK(std::abs(solution.i_col[i](0, n - 1) / g - v) < 1e-5);
    }
}

TEST_CASE("transients do not depend on the number of threads") {
    CaseDraws draws(7700);
    const Crossbar crossbar = random_rc_array(draws, 6, 6, 1);
    const Matrix<double> v = random_inputs(draws, 40, 6);
    const TransientOptions options{.times = {1e-10, 1e-9}};
    const auto solve = [&](int threads) {
        const ThreadLimit limit(threads);
        return solve_transient(crossbar, step_drive(v), options);
    };
    CHECK(solve(1).i_col[1].values() == solve(2).i_col[1].values());
}

TEST_CASE("a transient that cannot be asked for is refused by name") {
    const Crossbar crossbar = one_cell(1e3, 1e-4, 1e-15);
    const TransientDrive drive = step_drive(Matrix<double>(1, 1, 1.0));
    const auto refuses = [&](const TransientDrive& with, const TransientOptions& options, const char* words) {
        CHECK_THROWS_WITH_AS(static_cast<void>(solve_transient(crossbar, with, options)),
                             doctest::Contains(words), InputError);
    };
    refuses(drive, {.times = {}}, "no instant");
    refuses(drive, {.times = {2e-9, 1e-9}}, "must rise");
    refuses(drive, {.times = {1e-9}, .tolerance = 0.0}, "tolerance");
    TransientDrive wrong = drive;
    wrong.curves.front() = {{1e-9, 0.0}, {0.0, 1.0}};
    refuses(wrong, {.times = {1e-9}}, "must not fall");
    wrong = drive;
    wrong.curve = Matrix<Index>(1, 1, 3);
    refuses(wrong, {.times = {1e-9}}, "there are 1 curves");
    wrong = drive;
    wrong.v_row = Matrix<double>(1, 2, 1.0);
    refuses(wrong, {.times = {1e-9}}, "one potential per row");
    CHECK_THROWS_WITH_AS(static_cast<void>(pulse_width_drive(Matrix<Index>(1, 1, -1), 1.0, 1e-9)),
                         doctest::Contains("code -1"), InputError);
}
