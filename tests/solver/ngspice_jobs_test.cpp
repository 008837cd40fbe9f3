#include "solver/ngspice_jobs.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

/// A divider of two equal resistors, fed by vin.
NgspiceJob divider(const std::vector<double>& v_in) {
    NgspiceJob job;
    job.deck = "divider\nvin in 0 dc 0\nr1 in mid 1k\nr2 mid 0 1k\n.options noopalter\n.end\n";
    job.inputs = {"vin"};
    job.input_values = Matrix<double>(static_cast<Index>(v_in.size()), 1, v_in);
    job.outputs = {"mid", "i(vin)"};
    return job;
}

void check_divider(double v_in) {
    const NgspiceAnswer answer = solve_operating_points(divider({v_in}));
    CHECK(answer.values(0, 0) == testing::approx(v_in / 2).epsilon(1e-14));
    CHECK(answer.values(0, 1) == testing::approx(-v_in / 2000).epsilon(1e-14));
    CHECK(answer.converged[0]);
}

std::string problem_of(const NgspiceJob& job, NgspiceEnd expected = NgspiceEnd::refused) {
    const NgspiceAnswer answer = solve_operating_points(job);
    CHECK(answer.report.end == expected);
    for (const bool converged : answer.converged) CHECK_FALSE(converged);
    for (const double value : answer.values.values()) CHECK(std::isnan(value));
    return answer.report.problem;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("ngspice solves one deck for every set of inputs") {
    const std::vector<double> v_in{1.0, -3.0, 1.0 / 3.0, 0.0};
    const NgspiceAnswer answer = solve_operating_points(divider(v_in));
    for (Index p = 0; p < 4; ++p) {
        const double v = v_in[static_cast<std::size_t>(p)];
        CHECK(answer.values(p, 0) == testing::approx(v / 2).epsilon(1e-14));
        CHECK(answer.values(p, 1) == testing::approx(-v / 2000).epsilon(1e-14));
        CHECK(answer.converged[static_cast<std::size_t>(p)]);
        CHECK(answer.iterations[static_cast<std::size_t>(p)] >= 1);
    }
    CHECK(contains(answer.report.log, "divider"));
}

TEST_CASE("ngspice's gmin does not reach resistors: 1e15 Ohm stay 1e15 Ohm") {
    NgspiceJob job = divider({1.0});
    job.deck = "divider\nvin in 0 dc 0\nr1 in mid 1e15\nr2 mid 0 1e15\n.options noopalter\n.end\n";
    CHECK(solve_operating_points(job).values(0, 0) == testing::approx(0.5).epsilon(1e-14));
}

TEST_CASE("a deck that ngspice cannot parse is refused with the card it means") {
    NgspiceJob job = divider({1.0});
    job.deck = "bad\nvin in 0 dc 0\nr1 in mid 1k\nr2 mid 0 1k\nfoo bar\n.end\n";
    const std::string problem = problem_of(job);
    CHECK(contains(problem, "ngspice does not accept the deck"));
    CHECK(contains(problem, "foo bar"));
    check_divider(1.0);
}

TEST_CASE("a deck with an unknown subcircuit, model or include file is refused") {
    NgspiceJob job = divider({1.0});
    job.deck = "bad\nvin in 0 dc 0\nxnone in mid nosuchthing\n.end\n";
    CHECK(contains(problem_of(job), "nosuchthing"));
    job.deck = "bad\nvin in 0 dc 0\nr1 in mid 1k\nd1 mid 0 nosuchmodel\n.end\n";
    CHECK(contains(problem_of(job), "nosuchmodel"));
    job.deck = "bad\nvin in 0 dc 0\n.include nosuchfile.cir\n.end\n";
    CHECK(contains(problem_of(job), "nosuchfile.cir"));
    check_divider(2.0);
}

TEST_CASE("a deck that makes ngspice ask for its end is a result, and the next deck is solved") {
    NgspiceJob job = divider({1.0});
    job.deck = "bad\nvin in 0 dc {undefined_parameter}\nr1 in mid 1k\nr2 mid 0 1k\n.end\n";
    for (int again = 0; again < 3; ++again) {
        CHECK(contains(problem_of(job, NgspiceEnd::stopped), "undefined_parameter"));
        check_divider(3.0);
    }
}

TEST_CASE("inputs and outputs that the deck does not have are refused by name") {
    NgspiceJob job = divider({1.0});
    job.inputs = {"vnone"};
    CHECK(contains(problem_of(job), "cannot alter source vnone"));
    job = divider({1.0});
    job.outputs = {"nowhere"};
    CHECK(contains(problem_of(job), "no result named nowhere"));
    check_divider(4.0);
}

TEST_CASE("an input list that does not fit its values is refused") {
    NgspiceJob job = divider({1.0});
    job.inputs = {};
    CHECK_THROWS_AS(static_cast<void>(solve_operating_points(job)), InputError);
    job = divider({std::nan("")});
    CHECK_THROWS_AS(static_cast<void>(solve_operating_points(job)), InputError);
}

TEST_CASE("a point without a solution is marked, and those after it are solved") {
    // A load of -(x^2 + 1) mA at x volts behind 1 kOhm: x^2 - x + 1 + vin = 0 has no root for vin = 0, and
    // for vin = -2 V the root (1 - sqrt(5))/2 next to the start at 0.
    NgspiceJob job = divider({0.0, -2.0});
    job.deck = "half solvable\nvin in 0 dc 0\nr1 in mid 1k\nb1 mid 0 i=-1e-3*(v(mid)*v(mid)+1)\n"
               ".options noopalter reltol=1e-9\n.end\n";
    const NgspiceAnswer answer = solve_operating_points(job);
    CHECK_FALSE(answer.converged[0]);
    CHECK(std::isnan(answer.values(0, 0)));
    CHECK(contains(answer.report.log, "aborted"));
    CHECK(answer.converged[1]);
    CHECK(answer.values(1, 0) == testing::approx((1.0 - std::sqrt(5.0)) / 2.0).epsilon(1e-12));
}

TEST_CASE("the log of an ngspice that never stops talking is kept short") {
    NgspiceJob job = divider({0.0, 0.0, 0.0});
    job.deck = "root of a negative number\nvin in 0 dc 0\nr1 in mid 1k\nb1 mid 0 i=sqrt(v(in)-1)\n.end\n";
    const NgspiceAnswer answer = solve_operating_points(job);
    CHECK_FALSE(answer.converged[0]);
    CHECK(contains(answer.report.log, "out of range for sqrt"));
    CHECK(contains(answer.report.log, "lines left out"));
    CHECK(answer.report.log.size() < 50'000);
}

TEST_CASE("several threads may ask at once") {
    constexpr std::size_t jobs = 400;
    std::vector<double> v_mid(jobs);
    parallel_for(jobs, [&](Index i) {
        v_mid[static_cast<std::size_t>(i)] =
            solve_operating_points(divider({static_cast<double>(i + 1)})).values(0, 0);
    });
    for (std::size_t i = 0; i < jobs; ++i) {
        CHECK(v_mid[i] == testing::approx(0.5 * static_cast<double>(i + 1)).epsilon(1e-14));
    }
}
