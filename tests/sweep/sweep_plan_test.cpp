#include "sweep/sweep_plan.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

SweepPlan plan_of(const std::string& sweep) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "study.toml";
    std::ofstream(file) << "seed = 7\n[array]\nrows = 32\ncols = 16\nwire = { r_row = 3, r_col = \"4.5\" }\n"
                           "[readout]\ngain = [30, 10]\n[sweep]\n"
                        << sweep;
    return read_sweep(file);
}

std::vector<std::vector<std::string>> all_values(const SweepPlan& plan) {
    std::vector<std::vector<std::string>> values;
    for (Index n = 0; n < plan.points(); ++n) values.push_back(point_at(plan, n).values);
    return values;
}

std::string value_at(const SweepPlan& plan, Index number, const std::string& key) {
    return study_at(plan, point_at(plan, number)).value(key).value_or("");
}

} // namespace

TEST_CASE("Axes are combined in the order of the file, the last one fastest, whether their keys are quoted "
          "or dotted") {
    const SweepPlan plan = plan_of("\"array.rows\" = [8, 16]\narray.cols = [1, 2, 3]\n");
    using Row = std::vector<std::string>;
    CHECK(all_values(plan) ==
          std::vector<Row>{{"8", "1"}, {"8", "2"}, {"8", "3"}, {"16", "1"}, {"16", "2"}, {"16", "3"}});
    CHECK(value_at(plan, 4, "array.rows") == "16");
    CHECK(value_at(plan, 4, "array.cols") == "2");
    CHECK(value_at(plan, 4, "array.wire.r_row") == "3"); // the study's own
    CHECK_FALSE(study_at(plan, point_at(plan, 4)).value("sweep").has_value());
}

TEST_CASE("Ranges have both ends exactly; logarithmic ones have equal ratios, whole ones whole numbers") {
    const SweepPlan plan =
        plan_of("array.wire.r_row = { from = 0.1, to = 0.5, steps = 4 }\n"
                "array.wire.r_col = { from = \"1m\", to = \"1k\", steps = 4, scale = \"log\" }\n"
                "array.rows = { from = 4, to = 60, steps = 3, scale = \"log\", integer = true }\n");
    const std::vector<double>& linear = plan.groups[0].axes[0].numbers;
    CHECK(linear.front() == 0.1);
    CHECK(linear.back() == 0.5); // 0.1 + (0.5 - 0.1) is 0.5000000000000001
    CHECK(linear[2] == doctest::Approx(1.1 / 3.0).epsilon(1e-15));
    const std::vector<double>& logarithmic = plan.groups[1].axes[0].numbers;
    CHECK(logarithmic.front() == 1e-3);
    CHECK(logarithmic.back() == 1e3);
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(logarithmic[i] / logarithmic[i - 1] == doctest::Approx(100.0).epsilon(1e-13));
    CHECK(plan.groups[2].axes[0].literal(1) == "15"); // sqrt(4 * 60) = 15.49, as a whole number in TOML
}

TEST_CASE("Zipped axes take their steps together, at the place of the first of them") {
    const SweepPlan plan =
        plan_of("array.rows = [1, 2]\nreadout.gain = [[5, 5], [6, 6]]\narray.cols = [3, 4]\n"
                "zip = [[\"array.rows\", \"array.cols\"]]\n");
    using Row = std::vector<std::string>; // axes group by group: rows, cols, then gain
    CHECK(all_values(plan) ==
          std::vector<Row>{
              {"1", "3", "[5, 5]"}, {"1", "3", "[6, 6]"}, {"2", "4", "[5, 5]"}, {"2", "4", "[6, 6]"}});
}

TEST_CASE("Zipped axes may take a value twice, if not all of them do at once") {
    const SweepPlan plan = plan_of("array.rows = [1, 1, 2]\narray.cols = [3, 4, 4]\n"
                                   "zip = [[\"array.rows\", \"array.cols\"]]\n");
    using Row = std::vector<std::string>;
    CHECK(all_values(plan) == std::vector<Row>{{"1", "3"}, {"1", "4"}, {"2", "4"}});
}

TEST_CASE("Constraints leave points out, derived keys follow the axes and the study's own values") {
    const SweepPlan plan =
        plan_of("array.rows = [8, 16, 32]\narray.cols = [8, 16, 32]\n"
                "where = [\"array.cols <= array.rows\", \"array.rows * array.cols < 1000\"]\n"
                "[sweep.derived]\narray.wire.r_row = \"array.rows / 8\"\n"
                "array.wire.r_col = \"array.wire.r_row + readout.gain[1]\"\n");
    // (8,8) (16,8) (16,16) (32,8) (32,16): 32 x 32 = 1024 is too many
    REQUIRE(plan.points() == 5);
    CHECK(plan.combinations == 9);
    CHECK(value_at(plan, 4, "array.rows") == "32");
    CHECK(value_at(plan, 4, "array.cols") == "16");
    CHECK(value_at(plan, 4, "array.wire.r_row") == "4");
    CHECK(value_at(plan, 4, "array.wire.r_col") == "14"); // 4 + 10
    CHECK(axes_of(plan).back().kind == AxisKind::derived);
}

TEST_CASE("A corner sets its own keys and leaves the others as the study has them") {
    const SweepPlan plan = plan_of("[sweep.corners]\ntypical = {}\nslow = { array.wire.r_row = 9 }\n"
                                   "fast = { \"array.wire.r_row\" = 1, \"array.wire.r_col\" = 2 }\n");
    REQUIRE(plan.points() == 3);
    CHECK(value_at(plan, 0, "array.wire.r_row") == "3");
    CHECK(value_at(plan, 1, "array.wire.r_row") == "9");
    CHECK(value_at(plan, 1, "array.wire.r_col") == "\"4.5\"");
    CHECK(value_at(plan, 2, "array.wire.r_col") == "2");
    CHECK(point_at(plan, 1).values.front() == "\"slow\"");
    CHECK_FALSE(study_at(plan, point_at(plan, 1)).value("corner").has_value());
}

TEST_CASE("A corner's ranges and choices take their steps together, while other corners stay what they are") {
    const SweepPlan plan =
        plan_of("[sweep.corners]\ntypical = {}\n"
                "wires = { array.wire.r_row = { from = 2, to = 8, steps = 3, scale = \"log\" }, "
                "array.wire.r_col = { choice = [5, 6, 7] }, array.rows = 4 }\n"
                "drivers = { array.r_source = { choice = [100, 200] } }\n");
    using Row =
        std::vector<std::string>; // corner, r_row, r_col, rows, r_source; "" where the study has its own
    CHECK(all_values(plan) == std::vector<Row>{{"\"typical\"", "", "", "", ""},
                                               {"\"wires\"", "2", "5", "4", ""},
                                               {"\"wires\"", "4", "6", "4", ""},
                                               {"\"wires\"", "8", "7", "4", ""},
                                               {"\"drivers\"", "", "", "", "100"},
                                               {"\"drivers\"", "", "", "", "200"}});
}

TEST_CASE("Repeats renew the seed of everything, draws those of the sources they name") {
    const SweepPlan repeats = plan_of("repeats = 3\n");
    CHECK(value_at(repeats, 0, "seed") == "7");
    CHECK(value_at(repeats, 2, "seed") == "9");
    const SweepPlan draws = plan_of("[sweep.monte-carlo]\ndraws = 4\nsources = [\"devices\", \"stages\"]\n");
    REQUIRE(draws.points() == 4);
    CHECK(value_at(draws, 3, "seeds.devices") == "10");
    CHECK(value_at(draws, 3, "seeds.stages") == "10");
    CHECK(value_at(draws, 3, "seeds.converters").empty());
    CHECK(value_at(draws, 3, "seed") == "7");
}

TEST_CASE("Samples follow their distributions: ends, medians, whole numbers and choices") {
    const SweepPlan plan = plan_of("[sweep.samples]\ncount = 1001\n"
                                   "array.wire.r_row = { from = 2, to = 200, scale = \"log\" }\n"
                                   "array.wire.r_col = { mean = 10, sigma = 2, min = 4 }\n"
                                   "array.rows = { from = 1, to = 64, integer = true }\n"
                                   "device.model = { choice = [\"pcm\", \"mram\"] }\n");
    REQUIRE(plan.points() == 1001);
    REQUIRE(plan.groups.size() == 1);
    const std::vector<SweepAxis>& axes = plan.groups[0].axes;
    double log_sum = 0.0, sum = 0.0, squares = 0.0;
    int pcm = 0;
    for (std::size_t i = 0; i < 1001; ++i) {
        log_sum += std::log(axes[0].numbers[i]);
        sum += axes[1].numbers[i];
        squares += std::pow(axes[1].numbers[i] - 10.0, 2);
        CHECK((axes[0].numbers[i] > 2.0 && axes[0].numbers[i] < 200.0));
        CHECK(axes[1].numbers[i] >= 4.0);
        CHECK(axes[2].numbers[i] == std::round(axes[2].numbers[i]));
        pcm += axes[3].literals[i] == "\"pcm\"" ? 1 : 0;
    }
    // A Latin hypercube's means are far better than those of independent draws.
    CHECK(log_sum / 1001 == doctest::Approx(std::log(20.0)).epsilon(1e-3));
    CHECK(sum / 1001 == doctest::Approx(10.0).epsilon(1e-3));
    CHECK(std::sqrt(squares / 1001) == doctest::Approx(2.0).epsilon(0.02));
    CHECK(std::abs(pcm - 500.5) < 1.0);
}

TEST_CASE("A study without a sweep is its only point") {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "study.toml";
    std::ofstream(file) << "[array]\nrows = 32\n";
    const SweepPlan plan = read_sweep(file);
    CHECK(plan.points() == 1);
    CHECK(study_at(plan, point_at(plan, 0)).text() == TomlDocument::read(file).text());
}

TEST_CASE("What cannot be a sweep is refused with the line and the key") {
    const auto refused = [](const std::string& sweep, const char* message) {
        CAPTURE(sweep);
        CHECK_THROWS_WITH_AS(plan_of(sweep), doctest::Contains(message), InputError);
    };
    refused("array.rows = []\n", "study.toml:9: sweep.array.rows is empty");
    refused("array.rows = 5\n", "sweep.array.rows is one value: expected a list");
    refused("array.rows = [5, 5]\n", "holds 5 twice");
    refused("array.rows = { from = 0, to = 5, steps = 3, scale = \"log\" }\n",
            "sweep.array.rows.from must be positive");
    refused("array.rows = { from = 1, to = 5, steps = 0 }\n", "steps is 0");
    refused("array.rows = { from = 1, to = 5, step = 2, steps = 2 }\n", "unknown key sweep.array.rows.step");
    refused("array.rows = [1, 2]\narray.cols = [1, 2, 3]\nzip = [[\"array.rows\", \"array.cols\"]]\n",
            "joins 'array.rows' with 2 values and 'array.cols' with 3");
    refused("array.rows = [1, 2, 1]\narray.cols = [1, 2, 1]\nzip = [[\"array.rows\", \"array.cols\"]]\n",
            "sweep.array.rows holds 1 with 1 twice");
    refused(
        "[sweep.corners]\nslow = { array.rows = { choice = [1, 2] }, array.cols = { choice = [1, 2, 3] } }\n",
        "steps 'array.rows' through 2 values and 'array.cols' through 3: expected as many");
    refused("array.rows = [1, 2]\nzip = [[\"array.rows\", \"array.colls\"]]\n",
            "'array.colls', which is no axis");
    refused("array.rows = [1, 2]\nwhere = \"array.rows > 5\"\n", "leaves none of the 2 combinations");
    refused("array.rows = [1, 2]\nwhere = \"array.rosw > 5\"\n", "'array.rosw' is neither an axis nor a key");
    refused("array.rows = [1, 2]\nwhere = \"array.rows >\"\n", "is no formula");
    refused("array.rows = [1, 2]\nwhere = \"readout.gain > 1\"\n", "formulas work with numbers");
    refused("seed = [1, 2]\nrepeats = 2\n", "cannot be varied beside repeats");
    refused("array.rows = [1, 2]\n[sweep.samples]\ncount = 3\narray.rows = { from = 1, to = 2 }\n",
            "varied twice");
    refused("[sweep.monte-carlo]\ndraws = 4\nsources = [\"device\"]\n",
            "holds 'device': expected some of devices");
    refused("[sweep.samples]\ncount = 3\n", "has nothing to sample");
    refused("a.b = { from = 1, to = 2, steps = 1000000 }\na.c = { from = 1, to = 2, steps = 1000000 }\n",
            "more than 2^31 combinations");
}
