#include "study/run.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "store/hdf5.hpp"
#include "study/run_file.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace ohmloom;

namespace {

const std::filesystem::path examples = std::filesystem::path(OHMLOOM_SOURCE_DIR) / "examples";

Study small_part_of(const char* name) {
    Study study = read_study(examples / name);
    study.schemes.erase(study.schemes.begin(), study.schemes.end() - 2);
    return study;
}

} // namespace

TEST_CASE("a run gives one point per scheme with figures that belong together") {
    const RunResult result = run_study(small_part_of("mnist-partitions.toml"), 300);
    REQUIRE(result.points.size() == 2);
    for (const RunPoint& point : result.points) {
        CHECK(point.converged);
        CHECK(point.residual_max < 1e-9);
        CHECK(point.accuracy.low < point.accuracy.value);
        CHECK(point.accuracy.high > point.accuracy.value);
        CHECK(point.classes.size() == 300);
        CHECK(measure_accuracy(point.classes, result.labels).value == point.accuracy.value);
        CHECK(point.power.cells > 0.0);
        CHECK(point.power.wires > 0.0);
        CHECK(point.power.stages > 0.0);
        CHECK(point.energy == testing::approx(point.power.total() * 1e-9));
    }
    CHECK(result.points[0].tiles == 13 * 4 + 4 * 3 + 3);
    CHECK(result.points[1].tiles == 16 * 8 + 8 * 8 + 8);
    // The shipped network was trained through the last scheme's circuit.
    CHECK(result.points[1].accuracy.value > 0.9);
}

TEST_CASE("a run does not depend on the number of threads") {
    const Study study = small_part_of("mnist-partitions.toml");
    const auto run_with = [&](int threads) {
        const ThreadLimit limit(threads);
        return run_study(study, 100).points[1];
    };
    const RunPoint one = run_with(1), two = run_with(2);
    CHECK(one.classes == two.classes);
    CHECK(one.power.total() == two.power.total());
    CHECK(one.residual_max == two.residual_max);
}

TEST_CASE("a run file holds the figures with their units and the study's text") {
    const TemporaryFolder folder;
    const RunResult result = run_study(small_part_of("mnist-partitions.toml"), 50);
    write_run(result, "test", folder / "run.h5");
    const Hdf5Reader reader(folder / "run.h5");
    reader.require_schema("ohmloom-run-1");
    CHECK(reader.read_vector("/points/accuracy", "1")[1] == result.points[1].accuracy.value);
    CHECK(reader.read_vector("/points/power_w", "W")[0] == result.points[0].power.total());
    CHECK(reader.read_matrix("/points/horizontal", "1", 2, 3)(1, 2) == 8.0);
    CHECK(reader.read_matrix("/points/classes", "1", 2, 50)(0, 7) == result.points[0].classes[7]);
    CHECK(reader.read_scalar("/seed", "1") == 1.0);
    CHECK(reader.read_texts("/points/network_training")[0].find("ohmloom train") != std::string::npos);
    CHECK(reader.read_text("/study") == result.study.text);
    CHECK(folder.entries() == 1);
}

TEST_CASE("a run's maps are of the points that have the tile, and its file holds them") {
    const TemporaryFolder folder;
    // 13/4/3 x 4/3/1 and 16/8/8 x 8/8/1: the third layer has 3 and 8 tiles.
    const std::vector<CheckedPair> places{{2, 1, 0}, {2, 5, 7}};
    const RunResult result = run_study(small_part_of("mnist-partitions.toml"), 20, {}, {}, places);
    REQUIRE(result.points[0].maps.size() == 1);
    REQUIRE(result.points[1].maps.size() == 2);
    write_run(result, "test", folder / "run.h5");
    const Hdf5Reader reader(folder / "run.h5");
    CHECK(reader.children("/maps") == std::vector<std::string>{"0", "1", "2"});
    CHECK(reader.attribute_number("/maps/0", "point") == 0.0);
    CHECK(reader.attribute_number("/maps/2", "point") == 1.0);
    CHECK(reader.attribute_number("/maps/2", "tile") == 5.0);
    CHECK(reader.attribute_number("/maps/2", "image") == 7.0);
    CHECK(reader.attribute_number("/maps/2", "lines_per_output") == 2.0);
    const TileMap& map = result.points[1].maps[1];
    CHECK(reader.read_matrix("/maps/2/v_w", "V") == map.v_w);
    CHECK(reader.read_matrix("/maps/2/v_b", "V") == map.v_b);
    CHECK(reader.read_matrix("/maps/2/i_cell", "A") == map.i_cell);
    CHECK(reader.read_matrix("/maps/2/outputs", "V", 20, 10) == map.outputs);
    CHECK(reader.read_matrix("/maps/2/outputs_ideal", "V", 20, 10) == map.outputs_ideal);
}

TEST_CASE("a run between converters maps its tiles, too") {
    const Study study = read_study(examples / "mnist-converters.toml");
    const RunResult result = run_study(study, 5, {}, {}, std::vector<CheckedPair>{{1, 0, 2}});
    REQUIRE(result.points.front().maps.size() == 1);
    CHECK(result.points.front().maps.front().converged);
    CHECK(result.points.front().maps.front().outputs.rows() == 5);
}

TEST_CASE("maps that cannot be made are refused before the work is done") {
    const auto run_with = [](const char* study, const CheckedPair& place) {
        (void)run_study(read_study(examples / study), 20, {}, {}, std::vector<CheckedPair>{place});
    };
    CHECK_THROWS_WITH_AS(run_with("mnist-partitions.toml", {2, 8, 0}), doctest::Contains("layer 2, tile 8"),
                         InputError);
    CHECK_THROWS_WITH_AS(run_with("mnist-partitions.toml", {3, 0, 0}), doctest::Contains("no scheme has"),
                         InputError);
    CHECK_THROWS_WITH_AS(run_with("mnist-partitions.toml", {0, 0, 20}), doctest::Contains("20 images"),
                         InputError);
    CHECK_THROWS_WITH_AS(run_with("mnist-charge.toml", {0, 0, 0}), doctest::Contains("compute in charge"),
                         InputError);
}

TEST_CASE("more images than the data set has are refused") {
    CHECK_THROWS_WITH_AS((void)run_study(small_part_of("mnist-partitions.toml"), 20000),
                         doctest::Contains("10000"), InputError);
}
