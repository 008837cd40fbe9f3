#include "base/errors.hpp"
#include "devicemodels/device_library.hpp"
#include "devicemodels/pcm/statistics.hpp"
#include "tests/devicemodels/distributions.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace ohmloom::testing {

namespace {

constexpr double hour = 3600.0, day = 86400.0, year = 365.0 * day, uS = 1e-6;

/// Statistics of the mushroom cells, as card pcm/aihwkit has them.
PcmStatistics mushroom() {
    PcmStatistics statistics;
    statistics.programming = {0.26348 * uS, 1.9650 * uS, -1.1731 * uS};
    statistics.drift_mean = {-0.0155, 0.0244, 0.049, 0.100};
    statistics.drift_spread = {-0.0125, -0.0059, 0.008, 0.045};
    statistics.read_power = {0.0088, 0.65, 0.2};
    return statistics;
}

DeviceDraws draws_of(std::uint32_t number) {
    return {7, {0, number / 1000, number % 1000}};
}

/// A device programmed once to r·g_max, with the number of its place.
Programmed programmed(const DeviceModel& device, double r, std::uint32_t number) {
    return device.program(device.fresh(draws_of(number)), r * device.g_max(), {Programming::single_shot},
                          draws_of(number), 0);
}

/// Spread of the conductance that programming leaves and mean drift exponent, asked of the model itself.
std::vector<double> sample(std::uint32_t count, const auto& draw) {
    std::vector<double> samples;
    for (std::uint32_t k = 0; k < count; ++k) samples.push_back(draw(k));
    return samples;
}

} // namespace

TEST_CASE("programming noise of the mushroom cells is the published polynomial") {
    const PcmStatistics statistics = mushroom();
    const double r[] = {0.0, 0.1, 0.5, 0.8, 1.0}, expected[] = {0.26348, 0.44825, 0.95271, 1.08470, 1.05538};
    for (int k = 0; k < 5; ++k)
        CHECK(statistics.programming_spread(r[k]) / uS == testing::approx(expected[k]).epsilon(1e-5));
}

TEST_CASE("drift exponents of the mushroom cells are the published clipped logarithms") {
    const PcmStatistics statistics = mushroom();
    const double r[] = {1.0, 0.1, 0.05, 0.02}, mean[] = {0.04900, 0.06009, 0.07083, 0.08504},
                 spread[] = {0.00800, 0.02288, 0.03155, 0.04300};
    for (int k = 0; k < 4; ++k) {
        CHECK(std::abs(statistics.drift_mean.at(r[k]) - mean[k]) < 5.01e-6);
        CHECK(std::abs(statistics.drift_spread.at(r[k]) - spread[k]) < 5.01e-6);
    }
    // Where the clipping begins.
    CHECK(statistics.drift_mean.at(0.2046) == 0.049);
    CHECK(statistics.drift_mean.at(0.2044) > 0.049);
    CHECK(statistics.drift_mean.at(0.00762) == testing::approx(0.1).epsilon(1e-3));
    CHECK(statistics.drift_mean.at(0.0076) == 0.1);
    CHECK(statistics.drift_spread.at(0.3290) == 0.008);
    CHECK(statistics.drift_spread.at(0.3288) > 0.008);
    CHECK(statistics.drift_spread.at(0.01703) == 0.045);
    CHECK(statistics.drift_spread.at(0.01706) < 0.045);
}

TEST_CASE("the conductance drifts by the published factors") {
    const PcmStatistics statistics = mushroom();
    struct Case {
        double nu, t, factor;
    };
    for (const Case& c : {Case{0.031, hour, 0.85116},
                          {0.031, day, 0.77143},
                          {0.031, year, 0.64249},
                          {0.049, hour, 0.77513},
                          {0.049, day, 0.66352},
                          {0.049, 30 * day, 0.56167},
                          {0.049, year, 0.49695},
                          {0.060, day, 0.60515},
                          {0.100, day, 0.43295}}) {
        CHECK(std::abs(statistics.drift_factor(c.nu, c.t) - c.factor) < 5.01e-6);
    }
    CHECK(statistics.drift_factor(0.05, 0.0) == 1.0);
}

TEST_CASE("read noise of the mushroom cells grows with time as published") {
    const PcmStatistics statistics = mushroom();
    const double t[] = {0.0, hour, day, year}, growth[] = {4.18382, 4.76475, 5.08681, 5.63696},
                 relative[] = {0.0368, 0.0419, 0.0448, 0.0496};
    for (int k = 0; k < 4; ++k) {
        CHECK(std::abs(statistics.read_growth(t[k]) - growth[k]) < 5.01e-6);
        CHECK(std::abs(statistics.read_coefficient(1.0) * statistics.read_growth(t[k]) - relative[k]) <
              5.01e-5);
    }
    CHECK(std::abs(statistics.read_coefficient(0.5) * statistics.read_growth(day) - 0.0702) < 5.01e-5);
    CHECK(std::abs(statistics.read_coefficient(0.1) * statistics.read_growth(day) - 0.200) < 5.01e-4);
    CHECK(statistics.read_coefficient(0.00817) == 0.2);
    CHECK(statistics.read_coefficient(0.00819) < 0.2);
}

TEST_CASE("the polynomial fit of the same cells by others agrees to eight percent") {
    const auto joshi = find_card("pcm/joshi");
    PcmStatistics statistics;
    statistics.programming = joshi.numbers("programming");
    const double g[] = {0.25, 12.5, 25.0}, expected[] = {0.3052, 0.9553, 1.0655};
    for (int k = 0; k < 3; ++k) {
        CHECK(std::abs(statistics.programming_spread(g[k] / 25.0) / uS - expected[k]) < 5.01e-5);
        CHECK(statistics.programming_spread(g[k] / 25.0) ==
              testing::approx(mushroom().programming_spread(g[k] / 25.0)).epsilon(0.08));
    }
}

TEST_CASE("the card of the mushroom cells says what the formulas say") {
    const auto device = make_device(find_card("pcm"));
    CHECK(device->card().name == "pcm/aihwkit");
    CHECK(device->g_max() == 25e-6);
    constexpr std::uint32_t count = 4000;
    const PcmStatistics statistics = mushroom();
    for (const double r : {0.1, 0.5, 1.0}) {
        const double g = r * 25e-6, spread = statistics.programming_spread(r);
        const auto got = sample(count, [&](std::uint32_t k) { return programmed(*device, r, k).got(); });
        CHECK(kolmogorov_distance(got, [&](double x) { return normal_distribution((x - g) / spread); }) <
              1.7);
        const auto nu = sample(count, [&](std::uint32_t k) { return programmed(*device, r, k).state.drift; });
        const double mean = statistics.drift_mean.at(r), width = statistics.drift_spread.at(r);
        CHECK(kolmogorov_distance(nu, [&](double x) {
                  return x < 0 ? 0.0
                               : normal_distribution((x - mean) / width) -
                                     normal_distribution((-x - mean) / width);
              }) < 1.7);
        const ReadCondition condition{day, 300.0};
        const DeviceState state{.g = g, .drift = mean};
        CHECK(device->aged(state, condition).g ==
              testing::approx(g * statistics.drift_factor(mean, day)).epsilon(1e-14));
        const double sigma =
            device->aged(state, condition).g * statistics.read_coefficient(r) * statistics.read_growth(day);
        CHECK(device->read_noise(state, condition) == testing::approx(sigma).epsilon(1e-12));
        const auto read = sample(
            count, [&](std::uint32_t k) { return read_device(*device, state, condition, draws_of(k), 3).g; });
        const double aged = device->aged(state, condition).g;
        CHECK(kolmogorov_distance(read, [&](double x) { return normal_distribution((x - aged) / sigma); }) <
              1.7);
    }
}

TEST_CASE("a day's drift over many cells has the published mean and spread") {
    const auto device = make_device(find_card("pcm"));
    const auto factors = sample(40000, [&](std::uint32_t k) {
        const DeviceState state = programmed(*device, 1.0, k).state;
        return device->aged(state, {day, 300.0}).g / state.g;
    });
    const Moments moments = moments_of(factors);
    CHECK(std::abs(moments.mean - 0.66501) < 4 * 0.0445 / 200);
    CHECK(std::abs(moments.spread / moments.mean - 0.0670) < 0.0010);
    // The same over the distribution itself, by Simpson's rule on +-8 deviates.
    const PcmStatistics statistics = mushroom();
    double weight = 0.0, sum = 0.0, squares = 0.0;
    constexpr int steps = 1600;
    for (int k = 0; k <= steps; ++k) {
        const double xi = -8.0 + 16.0 * k / steps;
        const double w = std::exp(-0.5 * xi * xi) * (k == 0 || k == steps ? 1 : k % 2 == 1 ? 4 : 2);
        const double factor = statistics.drift_factor(
            std::abs(statistics.drift_mean.at(1.0) + statistics.drift_spread.at(1.0) * xi), day);
        weight += w;
        sum += w * factor;
        squares += w * factor * factor;
    }
    const double mean = sum / weight, spread = std::sqrt(squares / weight - mean * mean);
    CHECK(std::abs(mean - 0.66501) < 5.01e-6);
    CHECK(std::abs(spread / mean - 0.0670) < 5.01e-5);
}

TEST_CASE("the HERMES sets have the published numbers") {
    const auto one = make_device(find_card("pcm/hermes_1"));
    const Card card = one->card();
    CHECK(one->g_max() == testing::approx(10.35e-6));
    const auto law = [&](const Card& from, const std::string& stem) {
        const auto& log = from.numbers(stem + "_log");
        return StateLaw{log[0],
                        log[1],
                        log[2],
                        log[3],
                        from.number(stem + "_switch"),
                        from.numbers(stem + "_polynomial")};
    };
    CHECK(std::abs(law(card, "drift_mean").at(0.1) - 0.0719) < 5.01e-5);
    CHECK(std::abs(law(card, "drift_spread").at(0.1) - 0.02533) < 5.01e-6);
    CHECK(std::abs(law(card, "read").at(0.1) - 0.02176) < 5.01e-6);
    CHECK(std::abs(law(card, "drift_mean").at(1.0) - 0.0174) < 1e-12);
    CHECK(std::abs(law(card, "drift_spread").at(1.0) - 0.0055) < 1e-12);
    CHECK(std::abs(law(card, "read").at(1.0) - 0.0168) < 1e-12);
    PcmStatistics statistics;
    statistics.programming = card.numbers("programming");
    CHECK(std::abs(statistics.programming_spread(1.0) / uS - 1.0076) < 5.01e-5);
    const DeviceState state{.g = 1e-5, .drift = 0.0174};
    CHECK(std::abs(one->aged(state, {day, 300.0}).g / state.g - 0.89976) < 5.01e-6);

    const Card two = find_card("pcm/hermes_2");
    CHECK(two.number("g_max") == testing::approx(20.7e-6));
    CHECK(two.number("t0") == 300.0);
    CHECK(two.number("t_read") == testing::approx(512e-9));
    CHECK(law(two, "drift_spread").at(1.0) == testing::approx(0.0048));
    CHECK(law(two, "read").at(1.0) == testing::approx(0.0123));
    CHECK(law(two, "drift_spread").at(0.1) == testing::approx(-0.0117 * std::log(0.1) - 0.0057));
}

TEST_CASE("the HERMES cards hold every published coefficient, and each law on its own side of its switching "
          "point") {
    struct Log {
        double slope, offset, low, high, switch_at;
        std::vector<double> polynomial;
    };
    struct Set {
        const char* card;
        double g_max, t0;
        std::vector<double> programming; // uS
        Log mean, spread, read;
    };
    const Log mean{-0.0387, -0.0182, 0.0720, 0.13, 0.0945, {0.0736, -0.0126, -0.0436}};
    const Set sets[] = {{"pcm/hermes_1",
                         10.35e-6,
                         200.0,
                         {0.15781817, 2.32443916, -2.16310839, 0.68841818},
                         mean,
                         {-0.0120, -0.0023, 0.0124, 0.04, 0.3039, {0.0104, 0.0116, -0.0165}},
                         {-0.0078, 0.0038, 0.0179, 0.04, 0.1591, {0.0088, 0.0768, -0.1352, 0.0664}}},
                        {"pcm/hermes_2",
                         20.7e-6,
                         300.0,
                         {0.16603222, 4.71806468, -8.48101252, 4.68961419},
                         mean,
                         {-0.0117, -0.0057, 0.0091, 0.04, 0.3055, {0.0073, 0.0093, -0.0118}},
                         {-0.0117, -0.0069, 0.015, 0.04, 0.16, {0.0123, 0.0211, -0.0280, 0.0069}}}};
    for (const Set& set : sets) {
        CAPTURE(set.card);
        const Card card = find_card(set.card);
        CHECK(card.number("g_max") == testing::approx(set.g_max));
        CHECK(card.number("t0") == set.t0);
        CHECK(card.number("t_read") == testing::approx(512e-9));
        for (std::size_t k = 0; k < 4; ++k)
            CHECK(card.numbers("programming").at(k) / uS == testing::approx(set.programming[k]));
        const std::pair<const char*, const Log*> laws[] = {
            {"drift_mean", &set.mean}, {"drift_spread", &set.spread}, {"read", &set.read}};
        for (const auto& [stem, log] : laws) {
            CAPTURE(stem);
            const auto& clipped = card.numbers(std::string(stem) + "_log");
            const StateLaw law{clipped[0],
                               clipped[1],
                               clipped[2],
                               clipped[3],
                               card.number(std::string(stem) + "_switch"),
                               card.numbers(std::string(stem) + "_polynomial")};
            const double below = log->switch_at * (1 - 1e-9), middle = 0.6 * log->switch_at;
            for (const double r : {1e-4, middle, below}) {
                const double expected =
                    std::min(log->high, std::max(log->low, log->slope * std::log(r) + log->offset));
                CHECK(law.at(r) == testing::approx(expected).epsilon(1e-12));
            }
            for (const double r : {log->switch_at, 0.7, 1.0}) {
                double expected = 0.0, power = 1.0;
                for (const double coefficient : log->polynomial) {
                    expected += coefficient * power;
                    power *= r;
                }
                CHECK(law.at(r) == testing::approx(expected).epsilon(1e-12));
            }
            CHECK(law.at(1e-6) == log->high);
        }
    }
}

TEST_CASE("a drift exponent of 0.1 from a picosecond on is the usual law of other simulators") {
    // MemTorch: G (t/t0)^-0.1, t0 = 1e-12 s.
    PcmStatistics statistics = mushroom();
    statistics.t0 = 1e-12;
    CHECK(statistics.drift_factor(0.1, 1.0) == testing::approx(std::pow(10.0, -1.2)).epsilon(1e-12));
    CHECK(statistics.drift_factor(0.1, 3600.0) ==
          testing::approx(std::pow(3600.0 / 1e-12, -0.1)).epsilon(1e-12));
}

TEST_CASE("write-verify ends within its tolerance or uses up its pulses") {
    const auto device = make_device(find_card("pcm"));
    const ProgrammingScheme scheme{Programming::write_verify, 0.01, 400};
    int reached = 0;
    for (std::uint32_t k = 0; k < 1000; ++k) {
        const double target = 25e-6 * (k % 11) / 10.0;
        const Programmed result = device->program(device->fresh(draws_of(k)), target, scheme, draws_of(k), 0);
        CHECK(result.asked == target);
        CHECK(result.pulses <= 400);
        CHECK(result.energy == testing::approx(result.pulses * 5e-12));
        if (result.reached) {
            ++reached;
            CHECK(std::abs(result.got() - target) <= 0.01 * 25e-6);
        } else {
            CHECK(result.pulses == 400);
        }
    }
    CHECK(reached > 900);
    CHECK_THROWS_AS(static_cast<void>(device->program({}, 26e-6, scheme, draws_of(0), 0)), InputError);
}

TEST_CASE("amorphous cells bend their current, conduct better when warm, and both by the stated laws") {
    const auto device = make_device(find_card("pcm"));
    const DeviceState low = programmed(*device, 0.0, 1).state, high{.g = 25e-6, .shape = 0.0};
    CHECK(low.shape == testing::approx((1 - low.g / 25e-6) / 0.25));
    const double k = 8.617333262e-5;
    CHECK(
        device->aged(low, {0.0, 350.0}).g / low.g ==
        testing::approx(std::exp(-(0.3 - 0.2 * low.g / 25e-6) / k * (1 / 350.0 - 1 / 300.0))).epsilon(1e-6));
    CHECK(device->aged(low, {0.0, 350.0}).shape == testing::approx(low.shape * 300 / 350));
    CHECK(device->aged(high, {0.0, 300.0}).g == 25e-6);
}

TEST_CASE("fast read noise falls with the integration time") {
    // At 1 ns the logarithm is 0 and the constants stand alone.
    CHECK(fast_read_noise(10e-6, 1e-9) == testing::approx(0.02578764 * 10e-6 + 0.117763e-6).epsilon(1e-12));
    CHECK(fast_read_noise(10e-6, 1e-7) < fast_read_noise(10e-6, 1e-8));
    // The published polynomials in log10 of the nanoseconds, term by term.
    for (const double x : {1.0, 1.7, 2.0, 3.0}) {
        const double slope = 2.1926e-4 * std::pow(x, 4) - 1.87352e-3 * std::pow(x, 3) + 6.55714e-3 * x * x -
                             1.46159e-2 * x + 2.578764e-2;
        const double offset = 1.11906e-9 * std::pow(x, 4) - 9.08577e-9 * std::pow(x, 3) + 3.07015e-8 * x * x -
                              6.77079e-8 * x + 1.17763e-7;
        const double t = std::pow(10.0, x - 9.0);
        CHECK(fast_read_noise(0.0, t) == testing::approx(offset).epsilon(1e-9));
        CHECK(fast_read_noise(20e-6, t) == testing::approx(slope * 20e-6 + offset).epsilon(1e-9));
    }
}

TEST_CASE("SET pulses accumulate as published, without their noise") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const DeviceDraws draws = draws_of(0);
    DeviceState state = device->fresh(draws);
    CHECK(state.g == testing::approx(0.1e-6));
    const int counts[] = {1, 2, 3, 5, 10, 15, 20, 40};
    const double expected[] = {1.925, 3.292, 4.337, 5.805, 7.759, 8.767, 9.380, 10.287};
    int done = 0;
    for (int k = 0; k < 8; ++k) {
        for (; done < counts[k]; ++done) state = device->pulse(state, {1.0, 50e-9}, draws, 0).state;
        CHECK(std::abs(state.g / uS - expected[k]) < 5.01e-4);
    }
    for (; done < 2000; ++done) state = device->pulse(state, {-1.0, 50e-9}, draws, 0).state;
    CHECK(std::abs(state.g / uS - 10.476) < 5.01e-4);
}

TEST_CASE("a long SET pulse is as good as the short ones it holds, and parts of a pulse add up to it") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const DeviceDraws draws = draws_of(0);
    DeviceState many = device->fresh(draws), parts = many;
    const DeviceState once = device->pulse(many, {1.0, 350e-9}, draws, 0).state;
    for (int k = 0; k < 7; ++k) many = device->pulse(many, {1.0, 50e-9}, draws, 0).state;
    for (int k = 0; k < 70; ++k) parts = device->pulse(parts, {1.0, 5e-9}, draws, 0).state;
    CHECK(once.g == testing::approx(many.g).epsilon(1e-12));
    CHECK(parts.g == testing::approx(many.g).epsilon(1e-9));
    CHECK(parts.memory == testing::approx(many.memory).epsilon(1e-9));
    const DeviceState reset = device->pulse(many, {2.5, 1e-6}, draws, 0).state;
    CHECK(reset.g == testing::approx(0.1e-6));
    CHECK(reset.memory == 1.0);
    CHECK(device->pulse(many, {0.79, 1.0}, draws, 0).state.g == many.g);
}

TEST_CASE("SET pulses scatter as published") {
    const auto device = make_device(find_card("pcm/accumulation", {{"g_max", "20u"}}));
    const int counts[] = {1, 5, 10, 20, 40};
    const Moments expected[] = {{2.06, 1.52}, {5.92, 2.38}, {7.84, 2.46}, {9.40, 2.67}, {10.24, 2.91}};
    constexpr std::uint32_t devices = 200000;
    std::vector<DeviceState> states;
    for (std::uint32_t k = 0; k < devices; ++k) states.push_back({.g = 0.1e-6, .memory = 1.0});
    int done = 0;
    for (int stage = 0; stage < 5; ++stage) {
        for (; done < counts[stage]; ++done) {
            for (std::uint32_t k = 0; k < devices; ++k) {
                states[k] =
                    device->pulse(states[k], {1.0, 50e-9}, draws_of(k), static_cast<std::uint32_t>(done))
                        .state;
            }
        }
        const Moments found = moments_of(sample(devices, [&](std::uint32_t k) { return states[k].g / uS; }));
        // The published values are good to 0.02, 200,000 samples to 0.013 (two standard errors).
        CHECK(std::abs(found.mean - expected[stage].mean) < 0.033);
        CHECK(std::abs(found.spread - expected[stage].spread) < 0.033);
    }
    for (const DeviceState& state : states) {
        CHECK(state.g >= 0.1e-6);
        CHECK(state.g <= 20e-6);
    }
}

TEST_CASE("the simplified accumulation has its fixed point and spread") {
    const auto device = make_device(find_card("pcm/accumulation_simple"));
    const auto quiet = make_device(find_card("pcm/accumulation_simple", {{"noise", "0"}}));
    DeviceState state = quiet->fresh(draws_of(0));
    for (int k = 0; k < 2000; ++k) state = quiet->pulse(state, {1.0, 50e-9}, draws_of(0), 0).state;
    CHECK(std::abs(state.g / uS - 10.62) < 5.01e-3);
    const DeviceState from{.g = 6e-6, .memory = 0.5};
    const auto got = sample(5000, [&](std::uint32_t k) {
        return device->pulse(from, {1.0, 50e-9}, draws_of(k), 7).state.g / uS;
    });
    const double mean = 6 - 0.084 * 6 + 0.892, spread = 0.09 * 6 + 0.575;
    CHECK(kolmogorov_distance(got, [&](double x) { return normal_distribution((x - mean) / spread); }) < 1.7);
}

TEST_CASE("accumulating cells drift and read with the published noise") {
    const auto device = make_device(find_card("pcm/accumulation"));
    const DeviceState state{.g = 10e-6, .memory = 0.1};
    CHECK(std::abs(device->aged(state, {day, 300.0}).g / state.g - 0.7345) < 5.01e-5);
    CHECK(device->read_noise(state, {0.0, 300.0}) == testing::approx(0.43e-6));
}

TEST_CASE("open-loop programming counts pulses by the published cubic") {
    const auto quiet = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const auto cubic = [](double g) { return 0.027 * g * g * g - 0.15 * g * g + 0.81 * g; };
    CHECK(cubic(5.0) == testing::approx(3.675));
    for (const double target : {0.5, 2.0, 5.0, 8.0, 11.0}) {
        const Programmed shot = quiet->program(quiet->fresh(draws_of(0)), target * uS,
                                               {Programming::single_shot}, draws_of(0), 0);
        CHECK(shot.pulses == 1 + static_cast<int>(std::floor(cubic(target) - cubic(0.1))));
    }
}

TEST_CASE("accumulating cells are programmed by open loop and by write-verify") {
    const auto device = make_device(find_card("pcm/accumulation"));
    const double target = 5e-6;
    std::vector<double> open, closed;
    for (std::uint32_t k = 0; k < 2000; ++k) {
        const DeviceState fresh = device->fresh(draws_of(k));
        const Programmed shot = device->program(fresh, target, {Programming::single_shot}, draws_of(k), 0);
        const Programmed verified =
            device->program(fresh, target, {Programming::write_verify, 0.05, 100}, draws_of(k), 0);
        open.push_back(shot.got());
        closed.push_back(verified.got());
        CHECK(verified.pulses <= 100);
        CHECK(verified.reached == (std::abs(verified.got() - target) <= 0.05 * 12e-6));
    }
    CHECK(moments_of(closed).spread < 0.4 * moments_of(open).spread);
    CHECK(std::abs(moments_of(open).mean - target) < 1.5e-6);
}

TEST_CASE("a waveform's excursions act as pulses of their peak and length") {
    const auto device = make_device(find_card("pcm/accumulation", {{"noise", "0"}}));
    const DeviceDraws draws = draws_of(0);
    const DeviceState fresh = device->fresh(draws);
    // Two rectangles of 50 ns at 1 V with edges of 0, and a triangle that stays below v_set.
    const VoltageCurve waveform{{0, 1e-7, 1e-7, 1.5e-7, 1.5e-7, 2e-7, 2e-7, 2.5e-7, 2.5e-7, 3e-7, 4e-7},
                                {0, 0, 1, 1, 0, 0, 1, 1, 0, 0.79, 0}};
    DeviceState twice = fresh;
    for (int k = 0; k < 2; ++k) twice = device->pulse(twice, {1.0, 50e-9}, draws, 0).state;
    CHECK(device->waveform(fresh, waveform, draws, 0).state.g == testing::approx(twice.g).epsilon(1e-9));
    // A triangle to 1.6 V over 100 ns spends half of it above 0.8 V.
    const DeviceState once = device->pulse(fresh, {1.6, 50e-9}, draws, 0).state;
    CHECK(device->waveform(fresh, {{0, 50e-9, 100e-9}, {0, 1.6, 0}}, draws, 0).state.g ==
          testing::approx(once.g).epsilon(1e-9));
}

} // namespace ohmloom::testing
