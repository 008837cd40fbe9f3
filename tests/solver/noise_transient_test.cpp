#include "base/parallel.hpp"
#include "tests/solver/transient_runs.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ohmloom::testing {

namespace {

constexpr double boltzmann = 1.380649e-23; // [J/K]

CircuitTransientOptions noise_of(double step, std::uint64_t seed, double temperature = 300.15) {
    CircuitTransientOptions options;
    options.noise = ThermalNoise{step, seed, temperature};
    return options;
}

double mean_square(const std::vector<double>& values, std::size_t from) {
    double sum = 0.0;
    for (std::size_t p = from; p < values.size(); ++p) sum += values[p] * values[p];
    return sum / static_cast<double>(values.size() - from);
}

} // namespace

TEST_CASE("the thermal noise of a sampled RC is kT/C, whatever the resistance") {
    for (const double resistance : {1e3, 1e4}) {
        CAPTURE(resistance);
        const double step = resistance * 1e-12 / 20.0;
        const double steps = 200000.0;
        const Waveforms waveforms = run_transient(fmt::format("r1 a 0 {}\nc1 a 0 1p\n", resistance),
                                                  {steps * step, steps * step}, noise_of(step, 5));
        const std::vector<double> v = signal_of(waveforms, "v(a)");
        CHECK(v.size() > 200000);
        // The variance of n points with a correlation time tau has a relative error of sqrt(2 tau/(n step)) = 1.4 %.
        CHECK(mean_square(v, 1000) ==
              testing::approx(boltzmann * 300.15 / 1e-12).epsilon(3.0 * std::sqrt(2.0 * 20.0 / steps)));
    }
}

TEST_CASE("every capacitor of a network has its own kT/C, and no correlation with the others at rest") {
    // Equipartition: <v_a v_b> = kT (C^-1)_ab, diagonal here; the network and its temperature alone do not matter.
    const double step = 2.5e-11, steps = 400000.0, temperature = 350.0;
    const Waveforms waveforms = run_transient("r1 a 0 1k\nc1 a 0 1p\nr2 a b 2k\nc2 b 0 3p\nr3 b 0 5k\n",
                                              {steps * step, steps * step}, noise_of(step, 11, temperature));
    const std::vector<double> a = signal_of(waveforms, "v(a)"), b = signal_of(waveforms, "v(b)");
    CHECK(mean_square(a, 1000) == testing::approx(boltzmann * temperature / 1e-12).epsilon(0.04));
    CHECK(mean_square(b, 1000) == testing::approx(boltzmann * temperature / 3e-12).epsilon(0.08));
    double product = 0.0;
    for (std::size_t p = 1000; p < a.size(); ++p) product += a[p] * b[p];
    product /= static_cast<double>(a.size() - 1000);
    CHECK(std::abs(product) < 0.05 * std::sqrt(mean_square(a, 1000) * mean_square(b, 1000)));
}

TEST_CASE("noise is drawn by its seed alone, on any number of threads, and adds to the signal") {
    const std::string cards = "v1 in 0 pulse(0 1 1n 0.1n 0.1n 5n 20n)\nr1 in a 1k\nc1 a 0 1p\n";
    const auto run = [&](std::uint64_t seed, int threads) {
        const ThreadLimit limit(threads);
        return signal_of(run_transient(cards, {1e-10, 1e-8}, noise_of(2e-11, seed)), "v(a)");
    };
    const std::vector<double> first = run(3, 1);
    CHECK(first == run(3, 2));
    const std::vector<double> other = run(4, 1);
    REQUIRE(other.size() == first.size());
    CHECK(other != first);
    const std::vector<double> still =
        signal_of(run_transient(cards, {1e-10, 1e-8}, noise_of(2e-11, 3, 0.0)), "v(a)");
    REQUIRE(still.size() == first.size());
    double largest = 0.0;
    for (std::size_t p = 0; p < still.size(); ++p) largest = std::max(largest, std::abs(first[p] - still[p]));
    CHECK(largest > 1e-5);
    CHECK(largest < 5.0 * std::sqrt(boltzmann * 300.15 / 1e-12));
}

TEST_CASE("a noise step or a temperature that cannot be is refused") {
    CircuitSolver solver(transient_deck("r1 a 0 1k\nc1 a 0 1p\n").circuit);
    CHECK_THROWS_WITH_AS(static_cast<void>(solver.transient({1e-9, 1e-8}, noise_of(0.0, 1))),
                         doctest::Contains("noise step is 0 s, expected more than 0"), InputError);
    CHECK_THROWS_WITH_AS(static_cast<void>(solver.transient({1e-9, 1e-8}, noise_of(1e-12, 1, -1.0))),
                         doctest::Contains("noise temperature is -1 K"), InputError);
}

} // namespace ohmloom::testing
