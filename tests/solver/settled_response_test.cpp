#include "solver/settled_response.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "dense_transient.hpp"
#include "generated_arrays.hpp"
#include "solver/array_transient.hpp"
#include "solver/exponential_fit.hpp"
#include "tests/generated_cases.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::vector<Index> all_ports(const Crossbar& crossbar) {
    std::vector<Index> ports(static_cast<std::size_t>(crossbar.rows() + crossbar.lines()));
    std::iota(ports.begin(), ports.end(), Index{0});
    return ports;
}

} // namespace

TEST_CASE("the series of a fit give exponentials, their slopes and their integrals at every rate") {
    const std::vector<double> times{1e-11, 3e-11, 1e-10, 2e-10};
    for (const double tolerance : {1e-3, 1e-6, 1e-9}) {
        const ExponentialFit fit = fit_exponentials(times, tolerance);
        CHECK(fit.error < tolerance);
        for (double rate = 1e7; rate < 1e15; rate *= 1.7) {
            const double theta = std::acos((rate - fit.sigma) / (rate + fit.sigma));
            const auto sum = [&](const std::vector<double>& c) {
                double value = 0.0;
                for (std::size_t k = 0; k < c.size(); ++k)
                    value += c[k] * std::cos(static_cast<double>(k) * theta);
                return value;
            };
            for (std::size_t i = 0; i < times.size(); ++i) {
                const double t = times[i], decay = std::exp(-rate * t);
                CHECK(std::abs(sum(fit.at[i].decay) - decay) < tolerance);
                CHECK(std::abs(sum(fit.at[i].displacement) - rate * decay) * t < tolerance);
                CHECK(std::abs(sum(fit.at[i].integral) + std::expm1(-rate * t) / rate) / t < tolerance);
            }
        }
    }
}

TEST_CASE("times are grouped so that fewer terms are needed in all than one by one or all together") {
    std::vector<double> times(20);
    for (std::size_t i = 0; i < times.size(); ++i)
        times[i] = 1e-12 * std::pow(1e6, static_cast<double>(i) / 19.0);
    const std::vector<std::size_t> groups = group_times(times, 1e-6);
    std::size_t first = 0;
    int terms = 0, single = 0;
    for (const std::size_t count : groups) {
        terms += fit_exponentials(std::span(times).subspan(first, count), 1e-6).terms();
        first += count;
    }
    for (const double& t : times) single += fit_exponentials({&t, 1}, 1e-6).terms();
    CHECK(first == times.size());
    CHECK(groups.size() > 1);
    CHECK(terms < single / 2);
}

TEST_CASE("settled-by-t maps of random RC arrays are those of the matrix exponential") {
    const std::vector<double> times{1e-12, 1e-10, 1e-9, 1e-8};
    for (std::uint32_t number = 0; number < 16; ++number) {
        CaseDraws draws(8000 + number);
        const Index rows = draws.integer(1, 4), sites = draws.integer(1, 4),
                    lines_per_site = draws.integer(1, 2);
        const Crossbar crossbar = random_rc_array(draws, rows, sites, lines_per_site);
        const SettledResponse response =
            settled_response(crossbar, times, {.tolerance = 1e-8, .driven = all_ports(crossbar)});
        const DenseTransient dense(crossbar);
        CAPTURE(number);
        CHECK(response.residual < 1e-9);
        const Index ports = crossbar.rows() + crossbar.lines();
        for (Index k = 0; k < ports; ++k) {
            std::vector<double> v(static_cast<std::size_t>(ports), 0.0);
            v[static_cast<std::size_t>(k)] = 1.0;
            for (std::size_t i = 0; i < times.size(); ++i) {
                const std::vector<double> expected = dense.step_response(v, times[i]);
                double full = 0.0, worst = 0.0;
                for (Index p = 0; p < ports; ++p) {
                    full = std::max(full, std::abs(expected[static_cast<std::size_t>(p)]));
                    worst = std::max(
                        worst, std::abs(response.current[i](k, p) - expected[static_cast<std::size_t>(p)]));
                }
                CHECK(worst < 1e-6 * full);
            }
        }
    }
}

TEST_CASE("the map's currents and charges are those of a run in time") {
    for (std::uint32_t number = 0; number < generated_cases(9); ++number) {
        CaseDraws draws(8100 + number);
        const Index lines_per_site = draws.integer(1, 2);
        Crossbar crossbar = random_rc_array(draws, 5, 4, lines_per_site);
        // Lines without resistance, with a series resistance or held by their terminals: their cells' capacitors jump with them.
        if (number % 3 == 1) {
            crossbar.r_row = 0.0;
            crossbar.r_source.clear();
        }
        if (number % 3 == 2) {
            crossbar.r_col = 0.0;
            for (double& r : crossbar.r_sense) r += number > 4 ? 50.0 : 0.0;
            if (number <= 4) crossbar.r_sense.clear();
        }
        CAPTURE(number);
        const std::vector<double> times{2e-10, 3e-9};
        const SettledResponse response = settled_response(crossbar, times, {.tolerance = 1e-8, .driven = {}});
        Matrix<double> unit(5, 5, 0.0);
        for (Index r = 0; r < 5; ++r) unit(r, r) = 1.0;
        const TransientSolution run = solve_transient(
            crossbar, step_drive(unit), {.times = times, .tolerance = 1e-8, .kcl_tolerance = 1e-10});
        for (std::size_t i = 0; i < 2; ++i) {
            double current = 0.0, charge = 0.0, current_error = 0.0, charge_error = 0.0;
            const auto compare = [&](double expected, double found, double& largest, double& error) {
                largest = std::max(largest, std::abs(expected));
                error = std::max(error, std::abs(expected - found));
            };
            for (Index k = 0; k < 5; ++k) {
                for (Index l = 0; l < crossbar.lines(); ++l) {
                    compare(run.i_col[i](k, l), -response.current[i](k, 5 + l), current, current_error);
                    compare(run.charge_col[i](k, l), -response.charge[i](k, 5 + l), charge, charge_error);
                }
                for (Index r = 0; r < 5; ++r) {
                    compare(run.i_row[i](k, r), response.current[i](k, r), current, current_error);
                    compare(run.charge_row[i](k, r), response.charge[i](k, r), charge, charge_error);
                }
            }
            CHECK(current_error < 1e-5 * current);
            CHECK(charge_error < 1e-5 * charge);
        }
    }
}

TEST_CASE("a settled-by-t map between ports is the same both ways") {
    CaseDraws draws(8200);
    const Crossbar crossbar = random_rc_array(draws, 6, 5, 2);
    const std::vector<double> times{1e-9};
    const Matrix<double> y =
        settled_response(crossbar, times, {.tolerance = 1e-9, .driven = all_ports(crossbar)}).current.front();
    double full = 0.0, worst = 0.0;
    for (Index a = 0; a < y.rows(); ++a) {
        for (Index b = 0; b < a; ++b) {
            full = std::max(full, std::abs(y(a, b)));
            worst = std::max(worst, std::abs(y(a, b) - y(b, a)));
        }
    }
    CHECK(worst < 1e-7 * full);
}

TEST_CASE("settled-by-t maps do not depend on the number of threads") {
    CaseDraws draws(8300);
    const Crossbar crossbar = random_rc_array(draws, 40, 6, 1);
    const std::vector<double> times{1e-10, 1e-9};
    const auto solve = [&](int threads) {
        const ThreadLimit limit(threads);
        return settled_response(crossbar, times).current[1].values();
    };
    CHECK(solve(1) == solve(2));
}

TEST_CASE("a settled-by-t map that cannot be is refused by name") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(2, 2, 1e-5);
    crossbar.r_row = crossbar.r_col = 1.0;
    const auto refuses = [&](const std::vector<double>& times, const SettledOptions& options,
                             const char* words) {
        CHECK_THROWS_WITH_AS(static_cast<void>(settled_response(crossbar, times, options)),
                             doctest::Contains(words), InputError);
    };
    refuses({}, {}, "no time");
    refuses({0.0}, {}, "above 0");
    refuses({2e-9, 1e-9}, {}, "must rise");
    refuses({1e-9}, {.tolerance = 0.0, .driven = {}}, "tolerance 0");
    refuses({1e-9}, {.tolerance = 1e-6, .driven = {4}}, "there are 4 ports");
    crossbar.cell = SinhCell{3.0};
    refuses({1e-9}, {}, "must be linear");
}
