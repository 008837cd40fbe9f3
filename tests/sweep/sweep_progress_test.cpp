#include "sweep/sweep_progress.hpp"

#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace ohmloom;

namespace {

/// A study of ten points whose results are made up.
struct Bench {
    TemporaryFolder folder;
    std::filesystem::path result = folder / "result.h5";
    SweepPlan plan =
        read_sweep(folder.write("study.toml", "[array]\ncols = 3\n[sweep]\narray.rows = { from = 1, to = 10, "
                                              "steps = 10 }\n"));
    PointKeys keys{plan, "v1"};

    struct Made {
        Index number;
        std::int64_t ended;
        double wall;
        PointStatus status = PointStatus::good;
    };

    void compute(const std::vector<Made>& points) {
        SweepStore store(result, plan, "v1", {}, false);
        for (const Made& made : points) {
            PointRecord record;
            record.key = keys.key(point_at(plan, made.number));
            record.ended = made.ended;
            record.wall = made.wall;
            record.status = made.status;
            store.add(record);
        }
        store.flush();
    }

    [[nodiscard]] SweepProgress progress(Index chunks = 1) const {
        return sweep_progress(plan, keys, parts_folder(result), chunks);
    }
};

} // namespace

TEST_CASE("Before any work there are all points to do, and no rate") {
    const Bench bench;
    const SweepProgress progress = bench.progress(3);
    CHECK(progress.all.points == 10);
    CHECK(progress.all.computed == 0);
    CHECK(progress.points_per_second == 0.0);
    // Points are dealt out in turn: 0, 3, 6, 9; 1, 4, 7; 2, 5, 8.
    CHECK(progress.chunks[0].points == 4);
    CHECK(progress.chunks[2].points == 3);
}

TEST_CASE("Points count for their chunk, by how they went") {
    Bench bench;
    bench.compute({{0, 100, 1.0},
                   {3, 100, 1.0},
                   {6, 100, 1.0},
                   {9, 100, 1.0, PointStatus::failed},
                   {4, 100, 1.0, PointStatus::not_converged}});
    const SweepProgress progress = bench.progress(3);
    CHECK(progress.all.computed == 5);
    CHECK(progress.all.failed == 1);
    CHECK(progress.all.not_converged == 1);
    CHECK_FALSE(progress.all.complete());
    CHECK(progress.chunks[0].complete()); // a failed point is computed: trying again would not help
    CHECK(progress.chunks[0].failed == 1);
    CHECK(progress.chunks[1].computed == 1);
    CHECK(progress.chunks[2].computed == 0);

    const PartProgress shard =
        shard_progress(bench.plan, bench.keys, parts_folder(bench.result), {.index = 1, .count = 3});
    CHECK(shard.points == 3);
    CHECK(shard.computed == 1);
    CHECK(shard.not_converged == 1);
}

TEST_CASE("The rate is that of the latest work: a pause of hours does not count") {
    Bench bench;
    // Three points in parallel from 10000 s on, the last done at 10020 s: 3 / 20 s. Before that, an hour of nothing.
    bench.compute({{0, 5000, 10.0}, {1, 10010, 10.0}, {2, 10020, 20.0}, {3, 10020, 10.0}});
    CHECK(bench.progress().points_per_second == doctest::Approx(3.0 / 20.0));
    // A point of two hours reaches back over the pause: all four in 10020 - 2820 s.
    bench.compute({{4, 10020, 7200.0}});
    CHECK(bench.progress().points_per_second == doctest::Approx(5.0 / 7200.0));
}

TEST_CASE("A record that is half written is not there yet") {
    Bench bench;
    bench.compute({{0, 100, 1.0}, {1, 100, 1.0}});
    for (const auto& entry : std::filesystem::directory_iterator(parts_folder(bench.result))) {
        if (entry.path().extension() == ".records")
            std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 5);
    }
    CHECK(bench.progress().all.computed == 1);
}
