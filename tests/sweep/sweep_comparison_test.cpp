#include "sweep/sweep_comparison.hpp"

#include "tests/sweep/made_up_sweep.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Points with these figures in these units, and classes.
MakeUp figures(std::vector<std::pair<std::string, std::string>> names, double value) {
    return [=](const TomlDocument&, Index, PointRecord& point) {
        for (const auto& [name, unit] : names)
            point.table.columns.push_back({name, unit, ResultKind::number, 1, {value}});
        set_classes(point, {1, 0}, {1, 1});
    };
}

} // namespace

TEST_CASE(
    "All figures that both have in one unit are compared, but for how long points took and intervals' ends") {
    const TemporaryFolder folder;
    const std::string study = "[sweep]\narray.rows = [1, 2]\n";
    const StoredSweep
        first = made_up_sweep(
            folder, "a", study,
            figures({{"power_w", "W"}, {"wall_s", "s"}, {"accuracy_low", "1"}, {"old", "1"}, {"delay", "s"}},
                    1.0)),
        second = made_up_sweep(
            folder, "b", study,
            figures({{"power_w", "W"}, {"wall_s", "s"}, {"accuracy_low", "1"}, {"new", "1"}, {"delay", "ns"}},
                    2.0));
    const SweepComparison found = compare_sweeps(first, second);
    REQUIRE(found.figures.size() == 1);
    CHECK(found.figures.front().name == "power_w");
    CHECK(found.figures.front().moved == 2);
    CHECK(found.other_figures == std::vector<std::string>{"delay", "new", "old"});
    REQUIRE(found.outcomes);
    CHECK(found.outcomes->rows.size() == 2);
    CHECK(found.outcomes->rows.front().outcomes == PairedOutcomes{.both = 1, .neither = 1, .same_class = 2});
}

TEST_CASE("Without classes in one of the two only figures are compared") {
    const TemporaryFolder folder;
    const std::string study = "[sweep]\narray.rows = [1, 2]\n";
    const StoredSweep first = made_up_sweep(folder, "a", study, figures({{"power_w", "W"}}, 1.0)),
                      second = made_up_sweep(folder, "b", study, number_as_power);
    const SweepComparison found = compare_sweeps(first, second);
    CHECK_FALSE(found.outcomes);
    CHECK(found.figures.size() == 1);
}
