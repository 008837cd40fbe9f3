#include "base/dense.hpp"
#include "base/random.hpp"
#include "tests/solver/transient_runs.hpp"

#include <fmt/format.h>

#include <numbers>

namespace ohmloom::testing {

namespace {

CircuitTransientOptions tight(double relative) {
    CircuitTransientOptions options;
    options.relative = relative;
    options.voltage = 1e-3 * relative;
    options.current = 1e-6 * relative;
    return options;
}

CircuitTransientOptions steps_of(double h) {
    CircuitTransientOptions options;
    options.fixed_step = h;
    options.relative = 1e-9; // for Newton
    return options;
}

/// e^a by Taylor's series of a/2^k, squared k times.
Matrix<double> exponential(Matrix<double> a) {
    const Index n = a.rows();
    double norm = 0.0;
    for (Index r = 0; r < n; ++r) {
        double sum = 0.0;
        for (Index c = 0; c < n; ++c) sum += std::abs(a(r, c));
        norm = std::max(norm, sum);
    }
    const int squarings = std::max(0, static_cast<int>(std::ceil(std::log2(norm))) + 4);
    for (double& value : a.values()) value = std::ldexp(value, -squarings);
    Matrix<double> sum(n, n), term(n, n);
    for (Index i = 0; i < n; ++i) sum(i, i) = term(i, i) = 1.0;
    for (int k = 1; k <= 20; ++k) {
        term = multiply(term, a);
        for (double& value : term.values()) value /= k;
        for (std::size_t i = 0; i < sum.values().size(); ++i) sum.values()[i] += term.values()[i];
    }
    for (int k = 0; k < squarings; ++k) sum = multiply(sum, sum);
    return sum;
}

} // namespace

TEST_CASE("an RC step follows its exponential within the tolerance") {
    const std::string cards = "v1 in 0 pulse(0 1 0 1p 1p 1 2)\nr1 in out 1k\nc1 out 0 1n\n";
    for (const double relative : {1e-3, 1e-5, 1e-7}) {
        const Waveforms waveforms = run_transient(cards, {1e-7, 8e-6}, tight(relative));
        CAPTURE(relative);
        CHECK(largest_error(waveforms, "v(out)", [](double t) {
                  // The line up to 1 ps, then what follows from it, as if it began half way.
                  return t < 1e-12 ? 0.0 : 1.0 - std::exp(-(t - 0.5e-12) / 1e-6);
              }) < 30.0 * relative);
    }
}

TEST_CASE("the current of an inductor and the ringing of an RLC circuit follow their closed forms") {
    const Waveforms rl =
        run_transient("v1 in 0 pwl(0 0 1p 1)\nr1 in out 100\nl1 out 0 1m\n", {1e-7, 5e-5}, tight(1e-6));
    CHECK(largest_error(rl, "i(l1)", [](double t) { return 0.01 * (1.0 - std::exp(-t / 1e-5)); }) < 1e-7);
    const Waveforms rlc =
        run_transient("v1 in 0 pwl(0 0 1p 1)\nr1 in a 10\nl1 a b 1m\nc1 b 0 1u\n", {1e-6, 4e-4}, tight(1e-7));
    const double alpha = 5000.0, w = std::sqrt(1e9 - alpha * alpha);
    CHECK(largest_error(rlc, "v(b)", [&](double t) {
              return 1.0 - std::exp(-alpha * t) * (std::cos(w * t) + alpha / w * std::sin(w * t));
          }) < 1e-4);
}

TEST_CASE("a ladder of 64 sections follows its eigenvalues, and its Elmore delay is half n (n + 1) r c") {
    constexpr int n = 64;
    const double r = 10.0, c = 1e-15;
    std::string cards = "v1 n0 0 pwl(0 0 1e-20 1)\n";
    for (int k = 1; k <= n; ++k)
        cards += fmt::format("r{0} n{1} n{0} {2}\nc{0} n{0} 0 {3}\n", k, k - 1, r, c);
    const double elmore = 0.5 * n * (n + 1) * r * c;
    const Waveforms waveforms = run_transient(cards, {elmore / 20.0, 12.0 * elmore}, tight(1e-7));
    // Eigenvectors sin(j theta_k) of the ladder with an open end, theta_k = (2 k − 1) pi/(2 n + 1).
    const auto exact = [&](int node, double t) {
        double v = 1.0;
        for (int k = 1; k <= n; ++k) {
            const double theta = (2.0 * k - 1.0) * std::numbers::pi / (2.0 * n + 1.0);
            double of_ones = 0.0;
            for (int j = 1; j <= n; ++j) of_ones += std::sin(j * theta);
            const double rate = (2.0 - 2.0 * std::cos(theta)) / (r * c);
            v -= 4.0 / (2.0 * n + 1.0) * of_ones * std::sin(node * theta) * std::exp(-rate * t);
        }
        return v;
    };
    for (const int node : {1, 7, 32, 64}) {
        CAPTURE(node);
        CHECK(largest_error(waveforms, fmt::format("v(n{})", node),
                            [&](double t) { return t == 0.0 ? 0.0 : exact(node, t); }) < 2e-6);
    }
    const std::vector<double> v = signal_of(waveforms, "v(n64)");
    double area = 0.0;
    for (std::size_t p = 1; p < v.size(); ++p)
        area += (waveforms.axis[p] - waveforms.axis[p - 1]) * (1.0 - 0.5 * (v[p] + v[p - 1]));
    CHECK(area == testing::approx(elmore).epsilon(1e-4));
}

TEST_CASE("random RC arrays of 4x4 follow the matrix exponential to 1e-6") {
    constexpr Index size = 4, nodes = 2 * size * size;
    for (std::uint32_t number = 0; number < 3; ++number) {
        const RandomStream random(7, RandomPurpose::test_generation);
        const auto draw = [&](Index place, std::uint32_t what) {
            return random.uniform(number, static_cast<std::uint32_t>(place), what);
        };
        Matrix<double> g(nodes, nodes), b(nodes, 1);
        std::vector<double> c;
        std::string cards;
        const auto join = [&](Index p, Index q, double conductance) {
            g(p, p) += conductance;
            g(q, q) += conductance;
            g(p, q) -= conductance;
            g(q, p) -= conductance;
            cards += fmt::format("r{0}_{1} n{0} n{1} {2:.17g}\n", p, q, 1.0 / conductance);
        };
        for (Index node = 0; node < nodes; ++node) {
            c.push_back(1e-15 * (0.5 + draw(node, 0)));
            cards += fmt::format("c{0} n{0} 0 {1:.17g}\n", node, c.back());
        }
        for (Index row = 0; row < size; ++row) {
            const double drive = 0.2 + 0.2 * draw(row, 1), wire = 0.2 + 0.1 * draw(row, 2);
            cards += fmt::format("v{0} in{0} 0 pwl(0 0 1e-22 {1:.17g})\nrin{0} in{0} n{2} {3:.17g}\n", row,
                                 drive, row * size, 1.0 / wire);
            g(row * size, row * size) += wire;
            b(row * size, 0) = wire * drive;
            const double foot = 0.3;
            const Index last = size * size + (size - 1) * size + row;
            g(last, last) += foot;
            cards += fmt::format("rfoot{} n{} 0 {:.17g}\n", row, last, 1.0 / foot);
            for (Index col = 0; col < size; ++col) {
                const Index w = row * size + col, bit = w + size * size;
                join(w, bit, 1e-4 * (0.1 + draw(w, 3)));
                if (col + 1 < size) join(w, w + 1, 0.05 + 0.5 * draw(w, 4));
                if (row + 1 < size) join(bit, bit + size, 0.05 + 0.5 * draw(w, 5));
            }
        }
        const Matrix<double> at_rest = solve_dense(g, b);
        const CircuitTransientOptions options = tight(2e-9);
        const double stop = 2e-13;
        const Waveforms waveforms = run_transient(cards, {stop / 20.0, stop}, options);
        double largest = 0.0;
        for (int k = 1; k <= 20; ++k) {
            const double t = stop / 20.0 * k;
            Matrix<double> a(nodes, nodes);
            for (Index i = 0; i < nodes; ++i) {
                for (Index j = 0; j < nodes; ++j) a(i, j) = -g(i, j) / c[static_cast<std::size_t>(i)] * t;
            }
            const Matrix<double> decayed = multiply(exponential(a), at_rest);
            const auto place = std::min_element(
                waveforms.axis.begin(), waveforms.axis.end(),
                [&](double left, double right) { return std::abs(left - t) < std::abs(right - t); });
            for (Index node = 0; node < nodes; ++node) {
                const std::vector<double> v = signal_of(waveforms, fmt::format("v(n{})", node));
                largest =
                    std::max(largest, std::abs(v[static_cast<std::size_t>(place - waveforms.axis.begin())] -
                                               (at_rest(node, 0) - decayed(node, 0))));
            }
        }
        CAPTURE(number);
        CHECK(largest < 1e-6 * 0.4);
    }
}

TEST_CASE(
    "the error of fixed steps falls with the square of the step, and with control as the tolerance says") {
    const std::string cards = "v1 in 0 sin(0 1 1meg)\nr1 in a 1k\nl1 a b 50u\nc1 b 0 200p\nr2 b 0 2k\n";
    // The phasor of node b and what dies out would be long to write: a run with much shorter steps stands for both.
    const auto end_of = [&](const CircuitTransientOptions& options) {
        const Waveforms waveforms = run_transient(cards, {1e-6, 2e-6, 0.0, 1e-6}, options);
        return signal_of(waveforms, "v(b)").back();
    };
    const double exact = end_of(steps_of(2e-6 / 65536));
    std::vector<double> errors;
    for (const double count : {100.0, 200.0, 400.0, 800.0})
        errors.push_back(std::abs(end_of(steps_of(2e-6 / count)) - exact));
    for (std::size_t k = 1; k < errors.size(); ++k) {
        CAPTURE(k);
        CHECK(errors[k - 1] / errors[k] == testing::approx(4.0).epsilon(0.1));
    }
    // Steps of length h err by h^3 each, so by h^2 in all: the error falls with the tolerance to the power 2/3.
    const double loose = std::abs(end_of(tight(1e-4)) - exact), fine = std::abs(end_of(tight(1e-7)) - exact);
    CHECK(std::log10(loose / fine) == testing::approx(2.0).epsilon(0.3));
}

TEST_CASE("charge is conserved to 1e-9, on linear and on nonlinear capacitances") {
    // An island of two capacitors and a junction, through resistors; nothing leads away but capacitors.
    const std::string cards = "c1 a 0 1p ic=1\nc2 b 0 3p ic=0\nr1 a b 1k\nr2 b k 10k\nd1 0 k dd\n"
                              ".model dd d is=1e-30 cjo=2p vj=0.7 m=0.4 fc=0.5\n";
    CircuitSolveOptions no_leak;
    no_leak.gmin = 0.0;
    CircuitSolver solver(transient_deck(cards).circuit, no_leak);
    const Waveforms waveforms = solver.transient({1e-9, 1e-6, 0.0, std::nullopt, true}, tight(1e-5));
    REQUIRE(waveforms.all_converged());
    const std::vector<double> a = signal_of(waveforms, "v(a)"), b = signal_of(waveforms, "v(b)"),
                              k = signal_of(waveforms, "v(k)");
    const auto charge = [&](std::size_t p) {
        // The junction is reversed: its charge is −cjo vj/(1 − m) (1 − (1 + v/vj)^(1 − m)).
        const double junction = 2e-12 * 0.7 / 0.6 * (std::pow(1.0 + k[p] / 0.7, 0.6) - 1.0);
        return 1e-12 * a[p] + 3e-12 * b[p] + junction;
    };
    double largest = 0.0;
    for (std::size_t p = 0; p < a.size(); ++p) {
        // Between accepted points parabolas conserve what is linear only.
        const double from_grid = std::abs(std::remainder(waveforms.axis[p], 1e-9));
        if (from_grid > 1e-13) largest = std::max(largest, std::abs(charge(p) - 1e-12));
    }
    CHECK(largest < 1e-9 * 1e-12);
    CHECK(k.back() == testing::approx(a.back()).epsilon(1e-4));
}

TEST_CASE("wires with a time constant of 1e-15 s beside 1e-9 s do not ring") {
    const std::string cards =
        "v1 in 0 pulse(0 1 1n 1p 1p 5n 20n)\nr1 in a 1\nc1 a 0 1f\nr2 a b 1\nc2 b 0 1f\n"
        "r3 b c 1k\nc3 c 0 1p\n";
    const Waveforms waveforms = run_transient(cards, {1e-10, 2e-8});
    for (const char* name : {"v(a)", "v(b)", "v(c)"}) {
        const std::vector<double> v = signal_of(waveforms, name);
        CHECK(*std::max_element(v.begin(), v.end()) <= 1.0 + 1e-5);
        CHECK(*std::min_element(v.begin(), v.end()) >= -1e-5);
        // One rise and one fall, no more turns.
        int turns = 0;
        for (std::size_t p = 2; p < v.size(); ++p) {
            const double before = v[p - 1] - v[p - 2], after = v[p] - v[p - 1];
            if (before * after < 0.0 && std::min(std::abs(before), std::abs(after)) > 1e-5) ++turns;
        }
        CHECK(turns <= 1);
    }
    REQUIRE(waveforms.work.has_value());
    CHECK(waveforms.work->steps < 1000);
}

TEST_CASE("capacitors, inductors and nodes begin where uic and .ic say") {
    const Waveforms own = run_transient("c1 a 0 1n ic=2\nr1 a 0 1k\nl1 b 0 1m ic=3m\nr2 b 0 10\n",
                                        {1e-8, 1e-6, 0.0, std::nullopt, true}, tight(1e-7));
    CHECK(largest_error(own, "v(a)", [](double t) { return 2.0 * std::exp(-t / 1e-6); }) < 1e-5);
    CHECK(largest_error(own, "i(l1)", [](double t) { return 3e-3 * std::exp(-t / 1e-4); }) < 1e-8);
    CHECK(signal_of(own, "v(b)").front() == testing::approx(-0.03).epsilon(1e-6));
    // By the voltages of nodes, with uic and, held during the operating point, without.
    for (const bool from_initial : {true, false}) {
        CAPTURE(from_initial);
        const Waveforms held =
            run_transient("v1 in 0 1\nr1 in a 1k\nc1 a b 1n\nr2 b 0 1k\n.ic v(a)=3 v(b)=0.5\n",
                          {1e-8, 5e-6, 0.0, std::nullopt, from_initial}, tight(1e-6));
        // 2.5 V on the capacitor, 1 V in the end, through 2 kOhm.
        CHECK(largest_error(held, "v(b)", [&](double t) {
                  // Without uic, the first point is the operating point with both nodes held.
                  return t == 0.0 && !from_initial ? 0.5 : -0.75 * std::exp(-t / 2e-6);
              }) < 1e-4);
    }
}

TEST_CASE("sources with corners at the same instant are met once") {
    const Waveforms waveforms =
        run_transient("v1 a 0 pulse(0 1 1n 0.1n 0.1n 2n 5n)\nv2 b 0 pulse(1 0 1n 0.1n 0.1n 2n "
                      "5n)\nv3 c 0 pwl(0 0 1n 0 1.1n 1 3.1n 1 3.2n 0)\nr1 a m 1k\nr2 b m 1k\nr3 c m "
                      "1k\nc1 m 0 0.1p\n",
                      {1e-10, 2e-8}, tight(1e-5));
    const std::vector<double> a = signal_of(waveforms, "v(a)"), b = signal_of(waveforms, "v(b)");
    for (std::size_t p = 0; p < a.size(); ++p) CHECK(std::abs(a[p] + b[p] - 1.0) < 1e-12);
    for (const double corner : {1e-9, 1.1e-9, 3.1e-9, 3.2e-9, 6e-9, 18.2e-9}) {
        CAPTURE(corner);
        CHECK(std::any_of(waveforms.axis.begin(), waveforms.axis.end(),
                          [&](double t) { return std::abs(t - corner) < 1e-20 + 1e-14 * corner; }));
    }
}

TEST_CASE("a relaxation oscillator of a switch with hysteresis has the period of its closed form") {
    // Charged through 10 kOhm from 5 V to 3 V, discharged through 100 Ohm beside them to 1 V.
    const Waveforms waveforms = run_transient("v1 in 0 5\nr1 in c 10k\nc1 c 0 1n\ns1 c 0 c 0 sw\n"
                                              ".model sw sw vt=2 vh=1 ron=100 roff=1e12\n.ic v(c)=0\n",
                                              {1e-7, 5e-5, 0.0, std::nullopt, true}, tight(1e-7));
    const std::vector<double> v = signal_of(waveforms, "v(c)");
    std::vector<double> peaks;
    for (std::size_t p = 1; p + 1 < v.size(); ++p) {
        if (v[p] > 2.9 && v[p] >= v[p - 1] && v[p] > v[p + 1]) peaks.push_back(waveforms.axis[p]);
    }
    REQUIRE(peaks.size() >= 4);
    const double low = 5.0 / 101.0, rc_on = 1e-9 * 1e6 / 10100.0;
    const double period = 1e-5 * std::log(4.0 / 2.0) + rc_on * std::log((3.0 - low) / (1.0 - low));
    CHECK((peaks[3] - peaks[0]) / 3.0 == testing::approx(period).epsilon(1e-5));
    CHECK(*std::max_element(v.begin(), v.end()) == testing::approx(3.0).epsilon(1e-6));
}

TEST_CASE("a jump of a formula is found, and what it drives is right on both sides of it") {
    // A comparator falls when the sine falls below one half, at 5/12 us; 10 pF to ground and 1 pF to the comparator.
    const Waveforms waveforms = run_transient("v1 in 0 sin(0 1 1meg)\nb1 a 0 v=v(in)>0.5 ? 1 : 0\nr1 a b 1k\n"
                                              "c1 b 0 10p\nc2 a b 1p\n",
                                              {1e-8, 9e-7}, tight(1e-5));
    const double fall = 5e-6 / 12.0, tau = 11e-9;
    const std::vector<double> b = signal_of(waveforms, "v(b)");
    double largest = 0.0;
    for (std::size_t p = 0; p < b.size(); ++p) {
        const double t = waveforms.axis[p] - fall;
        if (t > 1e-12) largest = std::max(largest, std::abs(b[p] - 10.0 / 11.0 * std::exp(-t / tau)));
    }
    CHECK(largest < 1e-4);
}

TEST_CASE("nodes that only capacitors reach begin near 0 V, and divide what comes") {
    const Waveforms waveforms = run_transient("v1 in 0 pulse(0 1 1n 1n 1n 5n 20n)\nc1 in m 1p\nc2 m 0 3p\n",
                                              {1e-10, 1e-8}, tight(1e-6));
    const std::vector<double> in = signal_of(waveforms, "v(in)"), m = signal_of(waveforms, "v(m)");
    for (std::size_t p = 0; p < m.size(); ++p) CHECK(std::abs(m[p] - 0.25 * in[p]) < 1e-6);
    CHECK(waveforms.message.find("from every node to ground") != std::string::npos);
}

TEST_CASE("a switch that chases itself ends with a word about its hysteresis") {
    CircuitSolver solver(transient_deck("v1 in 0 1\nr0 in a 1k\ns1 a 0 a 0 x\nc1 a 0 1p\n"
                                        ".model x sw vt=0.5 vh=0 ron=100 roff=1g\n")
                             .circuit);
    const Waveforms waveforms = solver.transient({1e-10, 2e-8, 0.0, std::nullopt, true});
    CHECK_FALSE(waveforms.all_converged());
    CHECK(waveforms.message.find("thrown to and fro") != std::string::npos);
    CHECK(waveforms.axis.back() == testing::approx(1e-9 * std::log(2.0)).epsilon(1e-2));
}

TEST_CASE("what cannot be stepped is refused, and what does not settle says where and what to do") {
    const std::string cards = "v1 in 0 1\nr1 in a 1k\nc1 a 0 1n\n";
    CircuitSolver solver(transient_deck(cards).circuit);
    const auto refused = [&](const TransientAnalysis& analysis, const char* what) {
        CHECK_THROWS_WITH_AS(static_cast<void>(solver.transient(analysis)), doctest::Contains(what),
                             InputError);
    };
    refused({1e-9, 0.0}, "stop time [s] is 0, expected more than 0");
    refused({0.0, 1e-6}, "output step [s] is 0, expected more than 0");
    refused({1e-9, 1e-6, 2e-6}, "start of output [s] is 2e-06, expected 0 or more, before the stop time");
    refused({1e-18, 1.0}, "points times signals");
    CircuitTransientOptions few;
    few.max_steps = 3;
    const Waveforms short_of = solver.transient({1e-9, 1e-6}, few);
    CHECK_FALSE(short_of.all_converged());
    CHECK(short_of.message.find("gave up at t = ") != std::string::npos);
    // A current that has no way out: the root of a negative number.
    CircuitSolver stuck(
        transient_deck("v1 in 0 pwl(0 1 1n -1)\nb1 0 a i=sqrt(v(in))\nr1 a 0 1k\nc1 a 0 1p\n").circuit);
    const Waveforms lost = stuck.transient({1e-11, 1e-9});
    CHECK_FALSE(lost.all_converged());
    CHECK(lost.axis.back() == testing::approx(0.5e-9).epsilon(1e-6));
    CHECK(lost.message.find("t = 5e-10 s") != std::string::npos);
    CHECK(lost.message.find("node a") != std::string::npos);
}

} // namespace ohmloom::testing
