#include "report/row_groups.hpp"

#include "tests/approx.hpp"
#include "tests/report/flaw_results.hpp"
#include "tests/report/sample_results.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ohmloom;
using namespace ohmloom::testing;

TEST_CASE("levels of numbers rise, levels of texts come as the rows have them") {
    ResultData result;
    result.rows = 3;
    result.axes = {{"r", "Ohm", "list", {20.0, 5.0, 20.0}, {}},
                   {"device", "1", "list", {}, {"z", "a", "a"}},
                   {"one", "1", "list", {1, 1, 1}, {}}};
    const std::vector<AxisLevels> axes = axes_with_levels(result);
    REQUIRE(axes.size() == 2); // an axis of one level tells nothing apart
    CHECK(axes[0].numbers == std::vector<double>{5.0, 20.0});
    CHECK(axes[0].names == std::vector<std::string>{"5 Ohm", "20 Ohm"});
    CHECK(axes[0].of_row == std::vector<Index>{1, 0, 1});
    CHECK(axes[1].names == std::vector<std::string>{"z", "a"});
    CHECK(axes[1].of_row == std::vector<Index>{0, 1, 1});
}

TEST_CASE("axes whose levels follow from another's are no axes of their own") {
    ResultData result;
    result.rows = 4;
    const ResultAxis device{"device", "1", "list", {}, {"a", "b", "c", "c"}},
        time{"read time", "s", "list", {0, 0, 1, 1}, {}},
        scheme{"scheme", "1", "list", {}, {"x", "x", "x", "y"}};
    const auto names = [&](std::vector<ResultAxis> axes) {
        result.axes = std::move(axes);
        std::string all;
        for (const AxisLevels& axis : axes_with_levels(result)) all += axis.axis->name + ";";
        return all;
    };
    CHECK(names({device, time, scheme}) == "device;scheme;"); // the time is the device's
    CHECK(names({time, device}) == "read time;device;");      // but two devices have one time
    ResultAxis derived = scheme, drawn{"drawn", "1", "sample", {1, 2, 3, 4}, {}};
    derived.kind = "derived";
    CHECK(names({device, derived}) == "device;");
    CHECK(names({drawn, device}) ==
          "drawn;device;"); // drawn numbers tell all rows apart, and mean nothing by it
}

TEST_CASE("rows of stepped corners are named by what their own corner steps through") {
    std::vector<std::string> names;
    for (const RowGroup& group : groups_of_rows(flaw_result())) names.push_back(group.name);
    CHECK(names ==
          std::vector<std::string>{"bits, x 1", "bits, x 2", "wires, 5 Ohm", "wires, 6 Ohm", "none"});
    const ResultData result = flaw_result();
    const std::vector<AxisLevels> axes = axes_with_levels(result);
    REQUIRE(axes.size() == 3);
    CHECK_FALSE(axes[0].is_stepped);
    CHECK(axes[1].is_stepped);
}

TEST_CASE("rows that differ in repetitions only are one group") {
    const TemporaryFolder folder;
    const ResultData sweep = read_result(write_sample_sweep(folder));
    const std::vector<RowGroup> groups = groups_of_rows(sweep);
    REQUIRE(groups.size() == 4);
    CHECK(groups[1].name == "1 Ohm, pcm");
    CHECK(groups[1].rows == std::vector<Index>{2, 3});
    CHECK(axes_with_levels(sweep, true).size() == 1);
    const ResultData run = read_result(write_sample_run(folder));
    CHECK(groups_of_rows(run).size() == 2);
}

TEST_CASE("one row tells its own interval, several their median and the middle 95 %") {
    const TemporaryFolder folder;
    const ResultData result = read_result(write_sample_sweep(folder));
    const ResultFigure &accuracy = *find_figure(result, "accuracy"), &power = *find_figure(result, "power_w");
    const RowSummary one = *summarise(result, accuracy, std::vector<Index>{2});
    CHECK(one.value == 0.80);
    CHECK(one.low == approx(0.75));
    CHECK(one.high == approx(0.82));
    CHECK(summarise(result, power, std::vector<Index>{2})->low == 1.0);
    // 0.70 0.72 0.80: the median is the middle one, 2.5 % lie 0.05 of the way from the first to the second.
    const RowSummary three = *summarise(result, accuracy, std::vector<Index>{4, 2, 5});
    CHECK(three.count == 3);
    CHECK(three.value == 0.72);
    CHECK(three.low == approx(0.701));
    CHECK(three.high == approx(0.796));
    ResultData gaps = result;
    gaps.figures.front().values(2, 0) = std::numeric_limits<double>::quiet_NaN();
    CHECK(!summarise(gaps, gaps.figures.front(), std::vector<Index>{2}).has_value());
}
