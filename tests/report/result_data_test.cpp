#include "report/result_data.hpp"

#include "base/errors.hpp"
#include "tests/report/sample_results.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::vector<std::string> axis_names(const ResultData& result) {
    std::vector<std::string> names;
    for (const ResultAxis& axis : result.axes) names.push_back(axis.name);
    return names;
}

std::string message_of(const std::filesystem::path& file) {
    try {
        (void)read_result(file);
    } catch (const FileError& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("a run is read with the axes that its points differ in, and nothing of what they share") {
    const TemporaryFolder folder;
    const ResultData result = read_result(write_sample_run(folder));
    CHECK(result.rows == 2);
    CHECK(result.images == 4);
    CHECK(result.version == "1.2.3");
    CHECK(result.study == "# a study\n");
    REQUIRE(axis_names(result) == std::vector<std::string>{"scheme"}); // the device is the same
    CHECK(result.axes[0].texts == std::vector<std::string>{"4/1 x 1", "16/8 x 8/1"});
    REQUIRE(find_figure(result, "power_w") != nullptr);
    CHECK(find_figure(result, "power_w")->unit == "W");
    CHECK(find_figure(result, "power_w")->values(1, 0) == 2e-3);
    CHECK(find_figure(result, "horizontal")->values.cols() == 2);
    CHECK(find_figure(result, "classes") == nullptr);
    CHECK(result.sweep.status.empty());
}

TEST_CASE("a confusion matrix counts images of a class by what they were taken for") {
    const TemporaryFolder folder;
    const ResultData result = read_result(write_sample_run(folder));
    REQUIRE(result.confusion.size() == 2);
    // Labels 0 1 2 2, classes 0 1 2 0.
    CHECK(result.confusion[0] == Matrix<Index>(3, 3, {1, 0, 0, 0, 1, 0, 1, 0, 1}));
}

TEST_CASE("a sweep is read with its axes in their order, and what became of its points") {
    const TemporaryFolder folder;
    const ResultData result = read_result(write_sample_sweep(folder));
    CHECK(axis_names(result) == std::vector<std::string>{"array.r_row", "device.model", "seed"});
    CHECK(result.axes[0].unit == "Ohm");
    CHECK(result.axes[0].kind == "log");
    CHECK(result.axes[0].numbers[4] == 50.0);
    CHECK(result.axes[1].texts[2] == "pcm");
    CHECK(result.axes[2].kind == "repeat");
    CHECK(result.sweep.status == std::vector<int>{0, 0, 0, 1, 0, 0, 0, 0, 2});
    CHECK(result.sweep.messages[8] == "no such card");
    CHECK(result.sweep.point_of_row == std::vector<Index>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(std::ranges::count(result.provenance, std::pair<std::string, std::string>{"host", "lab"}) == 1);
    CHECK(std::ranges::count(result.provenance, std::pair<std::string, std::string>{"seed", "7"}) == 1);
}

TEST_CASE("what rows of one sweep point differ in is an axis, what sweep points differ in is none beside the "
          "sweep's own") {
    const TemporaryFolder folder;
    const auto times = [](std::vector<double> values) {
        return [values](Hdf5Writer& writer) { writer.write("/points/sample_time_s", values, "s"); };
    };
    CHECK(axis_names(read_result(write_sample_sweep(folder, times({1, 1, 1, 1, 2, 2, 2, 2})))).size() == 3);
    const ResultData two = read_result(write_sample_run(folder, times({1e-9, 2e-9})));
    REQUIRE(axis_names(two) == std::vector<std::string>{"scheme", "sampling time"});
    CHECK(two.axes[1].unit == "s");
    CHECK(two.axes[1].numbers == std::vector<double>{1e-9, 2e-9});
}

TEST_CASE("maps are read with their places") {
    const TemporaryFolder folder;
    const ResultData result = read_result(write_sample_run(folder, write_sample_map));
    REQUIRE(result.maps.size() == 1);
    const ResultMap& map = result.maps.front();
    CHECK(map.row == 1);
    CHECK(map.tile == 3);
    CHECK(map.lines_per_site == 2);
    CHECK(map.i_cell(0, 1) == 3e-6);
    CHECK(map.outputs(1, 0) == 2.3);
    CHECK(map.outputs_ideal(1, 0) == 2.0);
}

TEST_CASE("files that are no result, or whose parts do not fit, are refused by the part's name") {
    const TemporaryFolder folder;
    const auto refused = [&](const WriteMore& more, const char* part) {
        const std::string message = message_of(write_sample_run(folder, more));
        CAPTURE(message);
        CHECK(message.find(part) != std::string::npos);
    };
    refused([](Hdf5Writer& w) { w.write("/points/tiles", std::vector<double>{1.0}, "1"); }, "/points/tiles");
    refused([](Hdf5Writer& w) { w.write_texts("/points/engine", {"a"}); }, "/points/engine");
    refused(
        [](Hdf5Writer& w) {
            write_sample_map(w);
            w.set_attribute("/maps/0", "point", std::int64_t{2});
        },
        "from 0 to 1");
    Hdf5Writer other(folder / "other.h5");
    other.set_attribute("/", "schema", "ohmloom-array-1");
    other.commit();
    CHECK(message_of(folder / "other.h5").find("ohmloom-run-1") != std::string::npos);
    Hdf5Writer empty(folder / "empty.h5");
    empty.set_attribute("/", "schema", "ohmloom-run-1");
    empty.commit();
    CHECK(message_of(folder / "empty.h5").find("/points/accuracy") != std::string::npos);
}
