#include "sweep/sweep_store.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "sweep/sweep_result.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace ohmloom;

namespace {

/// A folder with a study of 50 points whose results are made up: the store does not know how they come about.
struct Bench {
    TemporaryFolder folder;
    std::filesystem::path result = folder / "result.h5";
    SweepPlan plan;
    PointKeys keys;

    explicit Bench(const std::string& axis = "array.rows = { from = 1, to = 50, steps = 50 }")
        : plan(read_sweep(folder.write("study.toml", "[array]\ncols = 3\n[sweep]\n" + axis + "\n"))),
          keys(plan, "v1") {}

    [[nodiscard]] PointRecord record(Index number) const {
        PointRecord point;
        point.key = keys.key(point_at(plan, number));
        point.status = number % 7 == 3 ? PointStatus::not_converged : PointStatus::good;
        point.message = number % 7 == 3 ? "nearly" : "";
        point.seed = static_cast<std::uint64_t>(100 + number);
        point.images = 2 + number % 2;
        point.wall = 0.25 * static_cast<double>(number);
        point.ended = 1'800'000'000 + number;
        point.host = "host " + std::to_string(number % 4);
        point.table.rows = 1 + number % 2;
        const auto rows = static_cast<std::size_t>(point.table.rows);
        point.table.columns = {{"accuracy", "1", ResultKind::number, 1,
                                std::vector<double>(rows, 0.01 * static_cast<double>(number))}};
        if (number % 3 == 0)
            point.table.columns.push_back(
                {"sometimes", "V", ResultKind::number, 1, std::vector<double>(rows, 1.0)});
        point.labels = std::make_shared<const std::vector<std::uint8_t>>(
            std::vector<std::uint8_t>{1, static_cast<std::uint8_t>(number % 5 == 0 ? 3 : 2)});
        return point;
    }

    std::optional<SweepStore> open(const SweepShard& shard = {}, const std::string& version = "v1",
                                   bool extend = false) {
        return std::optional<SweepStore>(std::in_place, result, plan, version, shard, extend);
    }

    void compute(const SweepShard& shard = {}, Index from = 0, Index to = 50) {
        auto store = open(shard);
        parallel_for(to - from, [&](Index i) {
            if (shard.has(from + i)) store->add(record(from + i));
        });
        store->flush();
    }

    MergeOutcome merge(bool partial = false) const {
        return merge_sweep(plan, keys, parts_folder(result), result, {"v1", "a test", "here"}, partial);
    }

    [[nodiscard]] std::vector<std::filesystem::path> record_files() const {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(parts_folder(result))) {
            if (entry.path().extension() == ".records") files.push_back(entry.path());
        }
        return files;
    }
};

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

} // namespace

TEST_CASE(
    "A store that is opened again knows its points, and the result is the same in whatever order they came") {
    Bench whole;
    whole.compute();
    CHECK(whole.merge().missing == 0);

    Bench parts;
    parts.compute({}, 20, 50);
    CHECK(parts.open()->known().size() == 30);
    CHECK(parts.merge().missing == 20);
    CHECK_FALSE(std::filesystem::exists(parts.result));
    parts.compute({}, 0, 20);
    CHECK(parts.merge().missing == 0);
    // The study's path is nowhere in the file, so that the two are the same to the last byte.
    CHECK(bytes_of(whole.result) == bytes_of(parts.result));
}

TEST_CASE("A point is in its file as soon as it is taken: the end of the process would not touch it") {
    Bench bench;
    auto store = bench.open();
    for (Index number = 0; number < 50; ++number) {
        store->add(bench.record(number));
        Index found = 0;
        CHECK(read_parts(parts_folder(bench.result), [&](const PointRecord&) { ++found; }).empty());
        CHECK(found == number + 1);
    }
}

TEST_CASE("Shards share a folder, and are joined into the same result") {
    Bench whole, shards;
    whole.compute();
    static_cast<void>(whole.merge());
    for (Index i = 0; i < 3; ++i) shards.compute({i, 3});
    CHECK(shards.record_files().size() == 3);
    CHECK(shards.merge().missing == 0);
    CHECK(bytes_of(whole.result) == bytes_of(shards.result));
}

TEST_CASE("A shard looks for its points where they can be: its own files, and those of another division") {
    Bench bench;
    bench.compute({1, 2});
    CHECK(bench.open({1, 2})->known().size() == 25);
    CHECK(bench.open({0, 2})->known().empty());
    CHECK(bench.open({0, 5})->known().size() == 25);
    CHECK(bench.open({0, 2}, "v1", true)->known().size() == 25);
}

TEST_CASE("Two that would work on the same points keep each other out, and the message names who is there") {
    Bench bench;
    const auto first = bench.open();
    const auto message = message_of<InputError>([&] { bench.open(); });
    CHECK(mentions(message, "result.h5.parts", "is at work on it", "process " + std::to_string(getpid())));
    CHECK_THROWS_AS(bench.open({1, 4}), InputError);

    Bench sharded;
    const auto one = sharded.open({0, 4}), other = sharded.open({1, 4});
    CHECK_THROWS_AS(sharded.open({1, 4}), InputError);
    CHECK_THROWS_AS(sharded.open(), InputError);
}

TEST_CASE(
    "A study that was changed in between is refused with the difference, unless points are to be kept") {
    Bench bench;
    bench.compute();
    bench.folder.write("study.toml",
                       "[array]\ncols = 4\n[sweep]\narray.rows = { from = 1, to = 60, steps = 60 }\n");
    bench.plan = read_sweep(bench.folder / "study.toml");
    const auto message = message_of<InputError>([&] { bench.open(); });
    CHECK(mentions(message, "begun for another study", "array.cols 3 -> 4", "sweep.array.rows.to 50 -> 60",
                   "--extend"));
    CHECK_NOTHROW(bench.open({}, "v1", true));

    Bench newer;
    newer.compute();
    CHECK(mentions(message_of<InputError>([&] { newer.open({}, "v2"); }), "begun by ohmloom v1, this is v2"));
}

TEST_CASE("Points that a longer study shares with a shorter one are found by their keys") {
    Bench bench("array.rows = { from = 1, to = 50, steps = 50 }");
    bench.compute();
    bench.folder.write(
        "study.toml",
        "# longer\n[array]\ncols = 3\n[sweep]\narray.rows = { from = 1, to = 60, steps = 60 }\n");
    const SweepPlan longer = read_sweep(bench.folder / "study.toml");
    const PointKeys keys(longer, "v1");
    const SweepStore store(bench.result, longer, "v1", {}, true);
    Index known = 0;
    for (Index n = 0; n < longer.points(); ++n)
        known += store.known().contains(keys.key(point_at(longer, n))) ? 1 : 0;
    CHECK(known == 50);
}

TEST_CASE("A key follows values, files and the version, and not the order or the name of things") {
    TemporaryFolder folder;
    const auto key_of = [&](const std::string& text, Index number = 0, const std::string& version = "v1") {
        const SweepPlan plan = read_sweep(folder.write("study.toml", text));
        return PointKeys(plan, version).key(point_at(plan, number));
    };
    const std::string study = "[network]\nfile = \"net.h5\"\n[array]\nrows = 4\ncols = 5\n";
    folder.write("net.h5", "content");
    const std::string key = key_of(study);
    CHECK(key_of("# a comment\n[array]\ncols = 5\nrows = 4\n[network]\nfile = \"net.h5\"\n") == key);
    CHECK(key_of(study + "[sweep.corners]\nslow = {}\n") == key); // a corner that sets nothing
    CHECK(key_of(study, 0, "v2") != key);
    folder.write("net.h5", "another");
    CHECK(key_of(study) != key);
    const std::string files = study + "[sweep]\nnetwork.file = [\"net.h5\", \"other.h5\"]\n";
    folder.write("other.h5", "content");
    const std::string first = key_of(files, 0), second = key_of(files, 1);
    folder.write("other.h5", "another");
    CHECK(key_of(files, 0) == first);
    CHECK(key_of(files, 1) != second);
    // Rows 4 and columns 6: the second point of the one order, the third of the other.
    CHECK(key_of(study + "[sweep]\narray.rows = [4, 8]\narray.cols = [5, 6]\n", 1) ==
          key_of(study + "[sweep]\narray.cols = [5, 6]\narray.rows = [4, 8]\n", 2));
    CHECK(key_of(study + "[sweep]\nrepeats = 2\n", 0) != key_of(study + "[sweep]\nrepeats = 2\n", 1));
}

TEST_CASE("Points go back into a store from a result, and give the same result again") {
    Bench bench;
    bench.compute();
    static_cast<void>(bench.merge());
    const std::string before = bytes_of(bench.result);
    std::filesystem::remove_all(parts_folder(bench.result));
    {
        auto store = bench.open({}, "v1", true);
        Index number = 0;
        read_sweep_points(bench.result, [&](const PointRecord& point) {
            const PointRecord made = bench.record(number++);
            CHECK(point.key == made.key);
            CHECK(*point.labels == *made.labels);
            CHECK(point.table.rows == made.table.rows);
            store->add_known(point);
        });
        CHECK(number == 50);
        store->flush();
        CHECK(store->known().size() == 50);
    }
    CHECK(bench.merge().missing == 0);
    CHECK(bytes_of(bench.result) == before);
}

TEST_CASE("Damage is named with its file and place, and costs only the points it hits") {
    Bench bench;
    bench.compute();
    const std::filesystem::path file = bench.record_files().front();
    std::string bytes = bytes_of(file);
    bytes[bytes.size() * 2 / 3] ^= 0x10;
    std::ofstream(file, std::ios::binary) << bytes;
    {
        const auto store = bench.open();
        REQUIRE(store->damages().size() == 1);
        CHECK(store->damages().front().file == file);
        CHECK(store->known().size() == 49);
    }
    CHECK(bench.merge().missing == 1);
    bench.compute(); // all again: what is there already is taken once
    CHECK(bench.merge().missing == 0);
    Bench whole;
    whole.compute();
    static_cast<void>(whole.merge());
    CHECK(bytes_of(bench.result) == bytes_of(whole.result));
}

TEST_CASE("A failed point and one that is not there are told apart in a partial result") {
    Bench bench;
    bench.compute({}, 0, 10);
    {
        auto store = bench.open();
        PointRecord failed;
        failed.key = bench.keys.key(point_at(bench.plan, 30));
        failed.status = PointStatus::failed;
        failed.message = "what was wrong";
        store->add(failed);
        store->flush();
    }
    const MergeOutcome merged = bench.merge(true);
    CHECK(merged.missing == 39);
    CHECK(merged.failed == 1);
    CHECK(merged.not_converged == 1); // point 3
    CHECK(merged.first_failure == "what was wrong");
    const SweepFile file = read_sweep_file(bench.result);
    CHECK(file.points == 50);
    CHECK(file.missing == 39);
    CHECK(file.failed == 1);
    CHECK(file.not_converged == 1);
}
