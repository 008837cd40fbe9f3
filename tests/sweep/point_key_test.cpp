#include "sweep/point_key.hpp"

#include "sweep/run_sweep.hpp"
#include "sweep/sweep_result.hpp"
#include "tests/sweep/small_studies.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::vector<std::string> keys_of(const std::filesystem::path& study) {
    const SweepPlan plan = read_sweep(study);
    const PointKeys keys(plan, "v1");
    std::vector<std::string> all;
    for (Index n = 0; n < plan.points(); ++n) all.push_back(keys.key(point_at(plan, n)));
    return all;
}

std::string key_of(const std::filesystem::path& study) {
    return keys_of(study).front();
}

} // namespace

TEST_CASE("A key follows the files that cards name, however far away") {
    const SmallStudies bench;
    std::filesystem::create_directories(bench.folder / "cards");
    bench.folder.write("cards/mine.toml",
                       "model = \"table\"\n[values]\nfile = { value = \"iv.csv\", source = \"mine.toml\" }\n"
                       "more = [\"other.toml\"]\n");
    bench.folder.write("cards/other.toml", "further = { deep = \"deep.csv\" }\n");
    bench.folder.write("cards/iv.csv", "1");
    bench.folder.write("cards/deep.csv", "1");
    const auto study = bench.study("device.model = \"cards/mine.toml\"\n");
    const std::string before = key_of(study);
    CHECK(key_of(study) == before);
    bench.folder.write("cards/iv.csv", "2");
    const std::string other_table = key_of(study);
    CHECK(other_table != before);
    bench.folder.write("cards/deep.csv", "2");
    CHECK(key_of(study) != other_table);
    bench.folder.write("cards/deep.csv", "1");
    bench.folder.write("cards/iv.csv", "1");
    CHECK(key_of(study) == before);
}

TEST_CASE("A card that is one value of an axis changes the points at that value, and no others") {
    const SmallStudies bench;
    bench.folder.write("card.toml", "file = \"iv.csv\"\n");
    bench.folder.write("iv.csv", "1");
    const auto study = bench.study("[sweep]\ndevice.model = [\"pcm\", \"card.toml\"]\n");
    const std::vector<std::string> before = keys_of(study);
    bench.folder.write("iv.csv", "2");
    const std::vector<std::string> after = keys_of(study);
    CHECK(after[0] == before[0]);
    CHECK(after[1] != before[1]);
}

TEST_CASE("A key follows the images and labels in use, packed or not, and not their place") {
    const SmallStudies bench;
    const auto study = bench.study("");
    const std::string before = key_of(study);
    const auto images = bench.folder / "t10k-images-idx3-ubyte";
    bench.write_images('\x90');
    CHECK(key_of(study) != before);
    bench.write_images('\x80');
    CHECK(key_of(study) == before);
    // As gzip packs them, and elsewhere.
    std::string pixels;
    for (Index i = 0; i < SmallStudies::images * 16; ++i) pixels += i % 3 == 0 ? '\x80' : '\0';
    std::filesystem::remove(images);
    std::filesystem::create_directory(bench.folder / "mnist");
    bench.folder.write("mnist/t10k-images-idx3-ubyte.gz",
                       gzip(idx_images(SmallStudies::images, 4, 4, pixels)));
    std::filesystem::rename(bench.folder / "t10k-labels-idx1-ubyte",
                            bench.folder / "mnist/t10k-labels-idx1-ubyte");
    CHECK(key_of(study) == before);
    bench.folder.write("mnist/t10k-labels-idx1-ubyte",
                       idx_labels(SmallStudies::images, std::string(SmallStudies::images, '\1')));
    CHECK(key_of(study) != before);
}

TEST_CASE("Data sets that are values of an axis, or calibrate, count where they are used") {
    const SmallStudies bench;
    const std::string other = (bench.folder / "other").string();
    const auto copy = [&](char grey) {
        bench.write_images(grey);
        std::filesystem::create_directories(other);
        for (const char* name : {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
            std::filesystem::copy_file(bench.folder / name, std::filesystem::path(other) / name,
                                       std::filesystem::copy_options::overwrite_existing);
        bench.write_images('\x80');
    };
    copy('\x90');
    const auto study = bench.study("[sweep]\ndata.set = [\"mnist-test\", \"" + other + "\"]\n");
    const std::vector<std::string> before = keys_of(study);
    copy('\x91');
    const std::vector<std::string> after = keys_of(study);
    CHECK(after[0] == before[0]);
    CHECK(after[1] != before[1]);

    const auto calibrated = bench.study("data.calibration = \"" + other + "\"\n");
    const std::string key = key_of(calibrated);
    copy('\x92');
    CHECK(key_of(calibrated) != key);
}

TEST_CASE("Files and data are read once for all points: keys of a sweep under way stay what they were") {
    const SmallStudies bench;
    bench.folder.write("card.toml", "file = \"iv.csv\"\n");
    bench.folder.write("iv.csv", "1");
    const SweepPlan plan =
        read_sweep(bench.study("device.model = \"card.toml\"\n[sweep]\nreadout.slope = [10, 20]\n"));
    const std::vector<std::string> before = keys_of(plan.file);
    const PointKeys keys(plan, "v1");
    bench.folder.write("iv.csv", "2");
    bench.folder.write("net.h5", "other");
    bench.write_images('\x70');
    CHECK(keys.key(point_at(plan, 0)) == before[0]);
    CHECK(keys.key(point_at(plan, 1)) == before[1]);
    CHECK(key_of(plan.file) != before[0]);

    // Of values of an axis, too.
    const SweepPlan models = read_sweep(bench.study("[sweep]\ndevice.model = [\"card.toml\"]\n"
                                                    "data.set = [\"mnist-test\"]\n"));
    const PointKeys lazy(models, "v1");
    const std::string first = lazy.key(point_at(models, 0));
    bench.folder.write("iv.csv", "3");
    CHECK(lazy.key(point_at(models, 0)) == first);
    bench.write_images('\x60');
    CHECK(lazy.key(point_at(models, 0)) == first);
}

TEST_CASE("Data that is not here is told, and has a key of its own") {
    const SmallStudies bench;
    const auto study = bench.study("");
    const SweepPlan plan = read_sweep(study);
    CHECK(PointKeys(plan, "v1").missing_data().empty());
    const std::string before = key_of(study);
    const SweepPlan nowhere = read_sweep(bench.study("data.set = \"nowhere\"\n"));
    CHECK(PointKeys(nowhere, "v1").missing_data() == std::vector<std::string>{"\"nowhere\""});
    // Labels that are cut off are no data either.
    bench.folder.write("t10k-labels-idx1-ubyte.gz", gzip("labels").substr(0, 12));
    std::filesystem::remove(bench.folder / "t10k-labels-idx1-ubyte");
    CHECK(PointKeys(plan, "v1").missing_data() == std::vector<std::string>{"\"mnist-test\""});
    CHECK(key_of(plan.file) != before);
}

TEST_CASE("A result tells how many of its points are of files that have changed") {
    const SmallStudies bench;
    const SweepPlan plan =
        read_sweep(bench.study("[sweep]\ncomparisons = false\nreadout.slope = [10, 20, 30]\n"));
    const std::filesystem::path result = bench.folder / "s.h5";
    {
        const PointKeys keys(plan, "v1");
        SweepStore store(result, plan, "v1", {}, false);
        static_cast<void>(run_sweep(plan, keys, store, {}));
        store.flush();
        REQUIRE(
            merge_sweep(plan, keys, parts_folder(result), result, {"v1", "a test", "here"}, false).missing ==
            0);
        CHECK(count_outdated(result, plan, keys) == 0);
    }
    bench.write_images('\x10');
    CHECK(count_outdated(result, plan, PointKeys(plan, "v1")) == 3);
}
