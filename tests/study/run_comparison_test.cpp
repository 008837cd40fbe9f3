#include "study/run_comparison.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"
#include "tests/approx.hpp"

#include <algorithm>
#include <cmath>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// A run of points with these names and classes.
StoredRun run_of(const std::vector<std::string>& devices,
                 const std::vector<std::vector<std::uint8_t>>& classes,
                 const std::vector<std::uint8_t>& labels) {
    StoredRun run;
    run.file = "run.h5";
    run.labels = labels;
    run.classes = Matrix<std::uint8_t>(static_cast<Index>(classes.size()), static_cast<Index>(labels.size()));
    for (std::size_t p = 0; p < classes.size(); ++p)
        std::ranges::copy(classes[p], run.classes.row(static_cast<Index>(p)).begin());
    run.texts["device"] = devices;
    Matrix<double> power(run.points(), 1), wall(run.points(), 1);
    for (Index p = 0; p < run.points(); ++p) power(p, 0) = 1e-3 * static_cast<double>(p + 1);
    run.figures["power_w"] = {"W", power};
    run.figures["wall_s"] = {"s", wall};
    return run;
}

} // namespace

TEST_CASE("outcomes are counted image by image") {
    const std::vector<std::uint8_t> labels{0, 1, 2, 3, 4}, first{0, 1, 2, 0, 0}, second{0, 1, 0, 3, 1};
    const PairedOutcomes found = count_outcomes(first, second, labels);
    CHECK(found ==
          PairedOutcomes{.both = 2, .first_only = 1, .second_only = 1, .neither = 1, .same_class = 2});
    CHECK_THROWS_AS(count_outcomes(first, second, std::vector<std::uint8_t>{0, 1}), InputError);
}

TEST_CASE("McNemar's probability is the binomial tail of both sides") {
    CHECK(mcnemar_probability({.both = 7}) == 1.0);
    CHECK(mcnemar_probability({.first_only = 4, .second_only = 4}) == 1.0);
    // 2·(1/2)^5
    CHECK(mcnemar_probability({.first_only = 5}) == approx(0.0625).epsilon(1e-13));
    // 2·(C(12, 0) + C(12, 1) + C(12, 2)) / 2^12
    CHECK(mcnemar_probability({.first_only = 10, .second_only = 2}) ==
          approx(2.0 * 79.0 / 4096.0).epsilon(1e-13));
    CHECK(mcnemar_probability({.first_only = 2, .second_only = 10}) ==
          approx(2.0 * 79.0 / 4096.0).epsilon(1e-13));
    // Many images: 5000 against 5200 is √(200² / 10200) = 1.980 standard deviations, with the correction for whole numbers 1.970.
    const double expected = std::erfc(199.0 / std::sqrt(10200.0) / std::sqrt(2.0));
    CHECK(mcnemar_probability({.first_only = 5000, .second_only = 5200}) == approx(expected).epsilon(1e-3));
}

TEST_CASE("the interval of a difference covers it as often as it says") {
    // 2000 drawn pairs of 300 images: right with 0.9 and 0.86, correlated. Expected to be covered in 95 %, ± 4 standard deviations.
    const RandomStream stream(1, RandomPurpose::test_generation);
    const double p_both = 0.83, p_first = 0.07, p_second = 0.03;
    int covered = 0;
    for (std::uint32_t trial = 0; trial < 2000; ++trial) {
        PairedOutcomes outcomes;
        for (std::uint32_t image = 0; image < 300; ++image) {
            const double u = stream.uniform(trial, image, 0);
            ++(u < p_both                        ? outcomes.both
               : u < p_both + p_first            ? outcomes.first_only
               : u < p_both + p_first + p_second ? outcomes.second_only
                                                 : outcomes.neither);
        }
        const Accuracy difference = accuracy_difference(outcomes);
        covered += difference.low <= p_second - p_first && p_second - p_first <= difference.high ? 1 : 0;
    }
    CHECK(std::abs(covered / 2000.0 - 0.95) < 4.0 * std::sqrt(0.95 * 0.05 / 2000.0));
    // Exchanging the two turns the interval about 0.
    const PairedOutcomes one{60, 12, 5, 3}, other{60, 5, 12, 3};
    CHECK(accuracy_difference(one).low == approx(-accuracy_difference(other).high).epsilon(1e-14));
    CHECK(accuracy_difference(one).value == approx(-7.0 / 80.0).epsilon(1e-14));
}

TEST_CASE("probabilities of several tests are raised as Holm says") {
    // Sorted 0.01, 0.02, 0.04: times 3, 2 and 1, never less than the one before.
    const std::vector<double> adjusted = holm_adjusted({0.04, 0.01, 0.02});
    CHECK(adjusted[0] == approx(0.04).epsilon(1e-14));
    CHECK(adjusted[1] == approx(0.03).epsilon(1e-14));
    CHECK(adjusted[2] == approx(0.04).epsilon(1e-14));
    CHECK(holm_adjusted({0.9, 0.8})[1] == 1.0);
    CHECK(holm_adjusted({}).empty());
}

TEST_CASE("points are matched by what they are, else by their order; wall time does not count") {
    const std::vector<std::uint8_t> labels{0, 1, 2, 3};
    StoredRun first = run_of({"pcm", "mram"}, {{0, 1, 2, 3}, {0, 0, 0, 0}}, labels);
    StoredRun second = run_of({"mram", "flash"}, {{0, 1, 2, 0}, {0, 1, 1, 1}}, labels);
    second.figures["wall_s"].values(0, 0) = 7.0;
    RunComparison found = compare_runs(first, second);
    REQUIRE(found.points.size() == 1);
    CHECK(!found.by_place);
    CHECK(found.points[0].first == 1);
    CHECK(found.points[0].second == 0);
    CHECK(found.points[0].outcomes ==
          PairedOutcomes{.both = 1, .second_only = 2, .neither = 1, .same_class = 2});
    REQUIRE(found.points[0].moved.size() == 1);
    CHECK(found.points[0].moved[0].name == "power_w");
    CHECK(found.points[0].moved[0].first == std::vector<double>{2e-3});
    CHECK(found.only_first == std::vector<std::string>{"pcm"});
    CHECK(found.only_second == std::vector<std::string>{"flash"});

    second.texts["device"] = {"x", "y"};
    found = compare_runs(first, second);
    CHECK(found.by_place);
    CHECK(found.points.size() == 2);
    CHECK(found.points[1].name == "mram against y");
    second = run_of({"x"}, {{0, 1, 2, 0}}, labels);
    CHECK_THROWS_WITH_AS(compare_runs(first, second), doctest::Contains("have no point in common"),
                         InputError);
}

TEST_CASE("runs of fewer images are compared on those, runs of other images not at all") {
    const StoredRun first = run_of({"pcm"}, {{0, 1, 2, 3}}, {0, 1, 2, 3}),
                    second = run_of({"pcm"}, {{0, 0}}, {0, 1});
    CHECK(compare_runs(first, second).images == 2);
    CHECK(compare_runs(first, second).points[0].outcomes ==
          PairedOutcomes{.both = 1, .first_only = 1, .same_class = 1});
    CHECK_THROWS_WITH_AS(compare_runs(first, run_of({"pcm"}, {{0, 0}}, {0, 2})),
                         doctest::Contains("image 1 is a 1 in the first, a 2 in the second"), InputError);
}
