#include "netlist/comparison.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace ohmloom;

TEST_CASE("expected values that are written and read back are the same") {
    const TemporaryFolder folder;
    std::vector<DeckMeasure> measures{{"o_0", "dc", "v(o_0)", "V", {}, 1.0 / 3.0, ""},
                                      {"settle_0", "tran", "v(o_0)", "s", {}, {}, ""},
                                      {"p_1", "tran", "v(power)", "W", 2e-9, -1e-300, ""}};
    const auto read = read_expected(folder.write("expected.csv", expected_text(measures)));
    REQUIRE(read.size() == 2); // what is not known is not expected
    CHECK(read[0].name == "o_0");
    CHECK(read[0].value == 1.0 / 3.0);
    CHECK(!read[0].at);
    CHECK(read[1].signal == "v(power)");
    CHECK(read[1].unit == "W");
    CHECK(read[1].at == 2e-9);
    CHECK(read[1].value == -1e-300);
    CHECK_THROWS_AS(static_cast<void>(read_expected(folder.write("a", "name,value\n"))), FileError);
    CHECK_THROWS_AS(
        static_cast<void>(read_expected(folder.write("b", expected_text(measures) + "o,V,v(o),,x\n"))),
        FileError);
    CHECK_THROWS_AS(static_cast<void>(read_expected(folder.write("c", expected_text(measures) + "o,V\n"))),
                    FileError);
    CHECK_THROWS_AS(static_cast<void>(read_expected(folder.write("d", expected_text({})))), FileError);
}

TEST_CASE(
    "a result is held to the expected values, small ones to a thousandth of the largest of their unit") {
    const std::vector<ExpectedValue> expected{
        {"o_0", "V", "v(o_0)", {}, 2.0}, {"o_1", "V", "v(o_1)", {}, 1e-6}, {"p", "W", "v(power)", {}, 1e-3}};
    SimulatorResult result;
    result.measures = {{"o_0", 2.0 + 2e-7}, {"o_1", 1e-6 + 4e-10}, {"p", 1e-3}};
    Comparison comparison = compare(expected, result);
    CHECK(comparison.compared == 3);
    CHECK(comparison.worst_name == "o_1"); // 4e-10 of 2e-3, against 2e-7 of 2
    CHECK(comparison.worst == testing::approx(2e-7).epsilon(1e-6));
    result.measures["p"] = 1.01e-3;
    comparison = compare(expected, result);
    CHECK(comparison.worst_name == "p");
    CHECK(comparison.worst == testing::approx(0.01).epsilon(1e-9));
    CHECK(comparison.worst_found == 1.01e-3);
    result.measures["o_0"] = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isinf(compare(expected, result).worst));
}

TEST_CASE("signals stand in for measures that a result lacks; what has neither is told") {
    const std::vector<ExpectedValue> expected{{"o_0_0", "V", "v(o_0)", 1.0, 2.0},
                                              {"o_1_0", "V", "v(o_1)", 1.0, 2.0}};
    SimulatorResult result;
    result.axis = {0.0, 2.0};
    result.signals["v(o_0)"] = {1.0, 3.0};
    const Comparison comparison = compare(expected, result);
    CHECK(comparison.compared == 1);
    CHECK(comparison.worst == 0.0);
    CHECK(comparison.missing == std::vector<std::string>{"o_1_0"});
}
