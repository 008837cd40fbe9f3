// Writes and joins the store of a large sweep whose points were not computed: what the store itself takes.
//
//   simulated_store FOLDER POINTS SHARDS [SEED]
//
// Stores of different seeds have other figures and classes at the same points, to be compared.
// Every point has 40 figures of two layers and the classes of 100 images, as a small study's points have.

#include "base/process_memory.hpp"
#include "base/random.hpp"
#include "sweep/sweep_result.hpp"
#include "sweep/sweep_store.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace ohmloom;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

PointRecord made_up_point(const std::string& key, Index number, std::uint64_t seed) {
    const RandomStream random(seed, RandomPurpose::test_generation);
    const auto place = static_cast<std::uint32_t>(number);
    PointRecord point;
    point.key = key;
    point.seed = 1;
    point.images = 100;
    point.wall = 1e-3 * random.uniform(place, 0, 0);
    point.ended = 1'800'000'000 + number / 100;
    point.host = "host node001, process 12345";
    point.table.rows = 1;
    for (std::uint32_t figure = 0; figure < 40; ++figure)
        point.table.columns.push_back({fmt::format("figure_{}", figure),
                                       "1",
                                       ResultKind::number,
                                       1,
                                       {random.uniform(place, 1, figure)}});
    point.table.columns.push_back({"gain", "1", ResultKind::list, 2, {30.0, 10.0}});
    point.table.columns.push_back({"device", "1", ResultKind::text, 1, {}, {"linear"}});
    ResultColumn classes{"classes", "1", ResultKind::bytes, 100};
    for (std::uint32_t image = 0; image < 100; ++image)
        classes.bytes.push_back(static_cast<std::uint8_t>(10.0 * random.uniform(place, 2, image)));
    point.table.columns.push_back(std::move(classes));
    point.labels = std::make_shared<const std::vector<std::uint8_t>>(100, std::uint8_t{3});
    return point;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() != 3 && words.size() != 4) {
        fmt::print(stderr, "usage: simulated_store FOLDER POINTS SHARDS [SEED]\n");
        return 2;
    }
    const std::filesystem::path folder = words[0];
    const Index points = std::stol(words[1]), shards = std::stol(words[2]);
    const std::uint64_t seed = words.size() == 4 ? std::stoul(words[3]) : 1;
    std::filesystem::create_directories(folder);
    const auto side = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(points))));
    std::ofstream(folder / "study.toml") << fmt::format(
        "[array]\nrows = 1\ncols = 1\n[sweep]\narray.rows = {{ from = 1, to = {0}, steps = {0} }}\n"
        "array.cols = {{ from = 1, to = {1}, steps = {1} }}\n",
        side, (points + side - 1) / side);
    auto start = Clock::now();
    const SweepPlan plan = read_sweep(folder / "study.toml");
    const PointKeys keys(plan, "simulated");
    const std::filesystem::path result = folder / "result.h5";
    for (Index shard = 0; shard < shards; ++shard) {
        SweepStore store(result, plan, "simulated", {shard, shards}, false);
        for (Index n = shard; n < plan.points(); n += shards)
            store.add(made_up_point(keys.key(point_at(plan, n)), n, seed));
        store.flush();
    }
    const double writing = seconds_since(start);
    double bytes = 0.0;
    long files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(parts_folder(result))) {
        bytes += static_cast<double>(entry.file_size());
        ++files;
    }
    start = Clock::now();
    const MergeOutcome merged = merge_sweep(plan, keys, parts_folder(result), result,
                                            {"simulated", "simulated_store", "here"}, false);
    const double joining = seconds_since(start);
    fmt::print("{} points in {} shards, {} missing\n", plan.points(), shards, merged.missing);
    fmt::print("records: {:.0f} bytes a point, {} files, written in {:.1f} s ({:.1f} us a point, made up and "
               "on the disk)\n",
               bytes / static_cast<double>(plan.points()), files, writing,
               1e6 * writing / static_cast<double>(plan.points()));
    fmt::print("joined in {:.1f} s into {:.0f} MB, {:.0f} MB of memory at most\n", joining,
               static_cast<double>(std::filesystem::file_size(result)) / 1e6,
               static_cast<double>(peak_memory()) / 1e6);
    return merged.missing == 0 ? 0 : 1;
}
