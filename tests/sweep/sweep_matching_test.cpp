#include "sweep/sweep_matching.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "tests/sweep/made_up_sweep.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Results in a folder of their own.
struct Bench {
    TemporaryFolder folder;

    [[nodiscard]] StoredSweep sweep(const std::string& name, const std::string& study,
                                    const MakeUp& make_up = number_as_power) const {
        return made_up_sweep(folder, name, study, make_up);
    }

    /// What `ohmloom run` writes, as far as it matters here.
    [[nodiscard]] StoredSweep run(const std::string& name, const std::string& study) const {
        Hdf5Writer writer(folder / (name + ".h5"));
        writer.set_attribute("/", "schema", "ohmloom-run-1");
        writer.set_attribute("/", "version", "v1");
        writer.write_text("/study", study);
        writer.write("/labels", std::vector<std::uint8_t>{1, 2}, "1");
        writer.write("/points/classes", Matrix<std::uint8_t>(1, 2, {1, 0}), "1");
        writer.write("/points/power_w", std::vector<double>{7.0}, "W");
        writer.commit();
        return open_sweep(folder / (name + ".h5"));
    }
};

std::string refusal(const StoredSweep& first, const StoredSweep& second,
                    const std::vector<std::string>& ignored = {}) {
    return message_of<InputError>([&] { static_cast<void>(match_sweeps(first, second, ignored)); });
}

/// Circuits of one device each.
MakeUp devices(std::vector<std::string> names) {
    return [names = std::move(names)](const TomlDocument&, Index, PointRecord& point) {
        point.table.rows = static_cast<Index>(names.size());
        point.table.columns = {{"device", "1", ResultKind::text, 1, {}, names}};
    };
}

} // namespace

TEST_CASE("Points are matched by the values of their axes, whatever the order of either") {
    const Bench bench;
    const StoredSweep first = bench.sweep("a",
                                          "[sweep]\ndevice.r_on = [\"5k\", \"6k\"]\nkind = [\"x\", \"y\"]\n"),
                      second = bench.sweep(
                          "b", "[sweep]\nkind = [\"y\", \"z\"]\ndevice.r_on = [6000, 5e3, 8000]\n");
    const SweepMatching found = match_sweeps(first, second);
    // First: 5k x, 5k y, 6k x, 6k y. Second: y 6000, y 5000, y 8000, z 6000, z 5000, z 8000.
    CHECK(found.rows == std::vector<PointMatch>{{1, 1}, {3, 0}});
    CHECK(found.only_first == std::vector<Index>{0, 2});
    CHECK(found.only_second == std::vector<Index>{2, 3, 4, 5});
    CHECK(found.name(found.rows[1]) == "device.r_on = 6000, kind = y");
}

TEST_CASE("Numbers on an axis with texts are numbers still") {
    const Bench bench;
    const StoredSweep first = bench.sweep("a", "[sweep]\nadc.step = [\"5m\", \"auto\"]\n"),
                      second = bench.sweep("b", "[sweep]\nadc.step = [0.01, 0.005]\n");
    CHECK(match_sweeps(first, second).rows == std::vector<PointMatch>{{0, 1}});
}

TEST_CASE("An axis of one sweep is taken where the other's study holds its key") {
    const Bench bench;
    const StoredSweep both = bench.sweep("a", "[sweep]\narray.rows = [1, 2]\narray.cols = [3, 4, 5]\n"),
                      one = bench.sweep("b", "[array]\ncols = 4\n[sweep]\narray.rows = [2, 1]\n");
    const SweepMatching found = match_sweeps(both, one);
    CHECK(found.rows == std::vector<PointMatch>{{1, 1}, {4, 0}});
    REQUIRE(found.lone_axes.size() == 1);
    CHECK(found.lone_axes.front().key == "array.cols");
    CHECK(found.lone_axes.front().is_of_first);
    CHECK(found.lone_axes.front().use == LoneAxis::Use::held);
    CHECK(found.lone_axes.front().value == "4");
    CHECK(found.only_first.size() == 4);
    // The other way round it is the second's.
    CHECK(match_sweeps(one, both).rows == std::vector<PointMatch>{{0, 4}, {1, 1}});
    CHECK_FALSE(match_sweeps(one, both).lone_axes.front().is_of_first);
}

TEST_CASE("Axes that the other holds at none of their values, or does not give, are refused together") {
    const Bench bench;
    const StoredSweep first = bench.sweep("a", "[sweep]\narray.rows = [1, 2]\narray.cols = [3, 4]\n"),
                      second = bench.sweep("b", "[array]\ncols = 5\n[sweep]\nseed = [1, 2]\n");
    const std::string message = refusal(first, second);
    CHECK(mentions(message, "array.rows (b.h5 does not give it)", "array.cols (b.h5 has 5)",
                   "seed (a.h5 does not give it)", "--ignore"));
}

TEST_CASE("An axis with one value tells no points apart, and need not be in the other") {
    const Bench bench;
    const StoredSweep first = bench.sweep("a", "[sweep]\narray.rows = [1, 2]\narray.cols = [3]\n"),
                      second = bench.sweep("b", "[sweep]\narray.rows = [1, 2]\n");
    const SweepMatching found = match_sweeps(first, second);
    CHECK(found.rows.size() == 2);
    REQUIRE(found.lone_axes.size() == 1);
    CHECK(found.lone_axes.front().use == LoneAxis::Use::single);
    CHECK(found.lone_axes.front().value == "3");
}

TEST_CASE("An axis that is ignored must be there, and must not be needed") {
    const Bench bench;
    const std::string rows = "[sweep]\narray.rows = [1, 2]\n";
    const StoredSweep first = bench.sweep(
                          "a", rows + "array.cols = [3, 4]\nzip = [[\"array.rows\", \"array.cols\"]]\n"),
                      second = bench.sweep("b", rows), all = bench.sweep("c", rows + "array.cols = [3, 4]\n");
    CHECK(mentions(refusal(first, second), "array.cols"));
    CHECK(match_sweeps(first, second, {"array.cols"}).rows == std::vector<PointMatch>{{0, 0}, {1, 1}});
    CHECK(mentions(refusal(first, second, {"array.row"}), "'array.row'", "array.rows, array.cols"));
    CHECK(mentions(refusal(all, second, {"array.cols"}), "2 of 4 points of", "c.h5"));
}

TEST_CASE("Corners are matched by name where both have them, and by what they set where one has") {
    const Bench bench;
    const StoredSweep corners =
                          bench.sweep("a", "[array]\nrows = 5\n[sweep.corners]\nfast = { array.rows = 2 }\n"
                                           "slow = { array.rows = 9 }\ntypical = { }\n"),
                      other = bench.sweep(
                          "b", "[sweep.corners]\nfast = { array.rows = 2 }\nslow = { array.rows = 8 }\n"),
                      list = bench.sweep("c", "[sweep]\narray.rows = [2, 5]\n");
    const SweepMatching found = match_sweeps(corners, other);
    CHECK(found.rows == std::vector<PointMatch>{{0, 0}}); // slow is another value
    const SweepMatching by_value = match_sweeps(corners, list);
    CHECK(by_value.rows == std::vector<PointMatch>{{0, 0}, {2, 1}});
    REQUIRE(by_value.lone_axes.size() == 1);
    CHECK(by_value.lone_axes.front().use == LoneAxis::Use::label);
}

TEST_CASE("Draws and repeats are matched by number, and with a study of their seed") {
    const Bench bench;
    const std::string draws = "[sweep.monte-carlo]\ndraws = 4\nsources = [\"devices\", \"stages\"]\n";
    const StoredSweep four = bench.sweep("a", "seed = 7\n" + draws),
                      repeats = bench.sweep("b", "seed = 7\n[sweep]\nrepeats = 4\n"),
                      other_seed = bench.sweep("c", "seed = 50\n" + draws);
    CHECK(match_sweeps(four, other_seed).rows.size() == 4);
    const auto row_of = [&](const StoredSweep& sweep, const std::string& study) {
        const SweepMatching found = match_sweeps(sweep, bench.run("run", study));
        REQUIRE(found.rows.size() == 1);
        return found.rows.front().first;
    };
    CHECK(row_of(four, "seed = 7\n") == 0);
    CHECK(row_of(four, "seed = 9\n") == 2);
    CHECK(row_of(four, "seed = 1\n[seeds]\ndevices = 10\nstages = 10\n") == 3);
    CHECK(row_of(repeats, "seed = 8\n") == 1);
    CHECK(mentions(refusal(four, bench.run("run", "seed = 7\n[seeds]\ndevices = 8\n")), "draw"));
    CHECK(mentions(refusal(repeats, bench.run("run", "seed = 6\n")), "repeat"));
}

TEST_CASE("A run is the point of a sweep that its study is") {
    const Bench bench;
    const StoredSweep sweep = bench.sweep("a", "[sweep]\narray.rows = [1, 2]\nkind = [\"x\", \"y\"]\n");
    const SweepMatching found = match_sweeps(sweep, bench.run("run", "kind = \"x\"\n[array]\nrows = 2\n"));
    CHECK(found.rows == std::vector<PointMatch>{{2, 0}});
    CHECK(found.lone_axes.size() == 2);
}

TEST_CASE("A point that failed in one is told from one that it has not") {
    const Bench bench;
    const auto failing = [](const TomlDocument& at, Index number, PointRecord& point) {
        if (at.value("array.rows") == "2") {
            point.status = PointStatus::failed;
            point.message = "what was wrong";
            point.table.rows = 0;
        } else {
            number_as_power(at, number, point);
        }
    };
    const StoredSweep first = bench.sweep("a", "[sweep]\narray.rows = [1, 2, 3, 4]\n"),
                      second = bench.sweep("b", "[sweep]\narray.rows = [3, 2, 1]\n", failing);
    REQUIRE(second.failures.size() == 1);
    CHECK(second.failures.front().point == 1);
    CHECK(second.failures.front().message == "what was wrong");
    SweepMatching found = match_sweeps(first, second);
    CHECK(found.rows == std::vector<PointMatch>{{0, 1}, {2, 0}});
    REQUIRE(found.failed_in_second.size() == 1);
    CHECK(found.failed_in_second.front().row == 1);
    CHECK(found.only_first == std::vector<Index>{3});
    CHECK(found.only_second.empty());
    found = match_sweeps(second, first);
    REQUIRE(found.failed_in_first.size() == 1);
    CHECK(found.failed_in_first.front().row == 1);
    CHECK(found.only_second == std::vector<Index>{3});
}

TEST_CASE("Circuits of a point are matched by name, and by their order only if none is alike") {
    const Bench bench;
    const std::string rows = "[sweep]\narray.rows = [1, 2]\n";
    const StoredSweep first = bench.sweep("a", rows, devices({"pcm", "mram"})),
                      swapped = bench.sweep("b", rows, devices({"mram", "cbram"})),
                      renamed = bench.sweep("c", rows, devices({"x", "y"})),
                      more = bench.sweep("d", rows, devices({"x", "y", "z"}));
    SweepMatching found = match_sweeps(first, swapped);
    CHECK_FALSE(found.circuits_by_place);
    CHECK(found.rows == std::vector<PointMatch>{{1, 0}, {3, 2}});
    CHECK(found.only_first == std::vector<Index>{0, 2});
    found = match_sweeps(first, renamed);
    CHECK(found.circuits_by_place);
    CHECK(found.rows == std::vector<PointMatch>{{0, 0}, {1, 1}, {2, 2}, {3, 3}});
    CHECK(mentions(refusal(first, more), "have no point in common", "pcm", "x"));
}

TEST_CASE("Sweeps without a common point, or without any result, are refused") {
    const Bench bench;
    const auto fail = [](const TomlDocument&, Index, PointRecord& point) {
        point.status = PointStatus::failed;
        point.table.rows = 0;
    };
    const StoredSweep first = bench.sweep("a", "[sweep]\narray.rows = [1, 2]\n"),
                      second = bench.sweep("b", "[sweep]\narray.rows = [3, 4]\n"),
                      failed = bench.sweep("c", "[sweep]\narray.rows = [1, 2]\n", fail);
    CHECK(mentions(refusal(first, second), "no point in common", "array.rows = 1", "array.rows = 3"));
    CHECK(mentions(refusal(first, failed), "c.h5", "none of its 2 points has results"));
}
