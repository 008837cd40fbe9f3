#include "inference/programmed_tile.hpp"

#include "base/errors.hpp"
#include "base/result_cache.hpp"
#include "devicemodels/device_library.hpp"
#include "inference/inference.hpp"
#include "tests/inference/small_networks.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

DeviceUse pcm_use() {
    DeviceUse use;
    use.model = make_device(find_card("pcm"));
    use.programming.read = {3600.0, 300.0};
    use.compensate_drift = true;
    return use;
}

/// 3x2 and 2x1 tiles.
Plan small_plan(const DeviceUse& use) {
    return make_plan(random_network({20, 12, 5}, WeightKind::binary, 8),
                     std::vector<LayerPartition>{{3, 2}, {2, 1}},
                     {use.model->g_max() / 3.0, use.model->g_max()}, Polarity::inverted);
}

struct Built {
    std::vector<LayerArrays> layers;
    long made = 0, found = 0; ///< by the cache for these
};

Built build(const Plan& plan, const DeviceUse& use, const std::shared_ptr<ResultCache>& cache,
            const ArrayCircuit& array = small_circuit()) {
    const ResultCache::Use before = cache ? cache->use() : ResultCache::Use{};
    Built built{build_network(plan, {array, {30.0, 10.0}, {}, use, nullptr, cache})};
    if (cache) built.made = cache->use().made - before.made;
    if (cache) built.found = cache->use().found - before.found;
    return built;
}

void check_same(const std::vector<LayerArrays>& a, const std::vector<LayerArrays>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t l = 0; l < a.size(); ++l) {
        CHECK(a[l].scale == b[l].scale);
        CHECK(a[l].error.mean == b[l].error.mean);
        CHECK(a[l].error.spread == b[l].error.spread);
        CHECK(a[l].error.energy == b[l].error.energy);
        for (std::size_t t = 0; t < a[l].crossbars.size(); ++t) {
            CHECK(a[l].crossbars[t].g == b[l].crossbars[t].g);
            CHECK(a[l].crossbars[t].shape == b[l].crossbars[t].shape);
        }
    }
}

} // namespace

TEST_CASE("Arrays that share their programming are those that do not, to the last bit") {
    const DeviceUse use = pcm_use();
    const Plan plan = small_plan(use);
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 20U);
    const Built alone = build(plan, use, nullptr), first = build(plan, use, cache),
                again = build(plan, use, cache);
    check_same(alone.layers, first.layers);
    check_same(alone.layers, again.layers);
    // Eight tiles, programmed and read; then found.
    CHECK(first.made == 16);
    CHECK(again.made == 0);
    CHECK(again.found == 8);
    // A cache without room keeps nothing, and changes nothing.
    const auto none = std::make_shared<ResultCache>(0);
    check_same(alone.layers, build(plan, use, none).layers);
    CHECK(build(plan, use, none).made == 16);
    CHECK(none->use().bytes == 0);
}

TEST_CASE("Wires and stages do not program again; another time of reading only reads again") {
    const DeviceUse use = pcm_use();
    const Plan plan = small_plan(use);
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 20U);
    static_cast<void>(build(plan, use, cache));
    ArrayCircuit other = small_circuit();
    other.r_row = other.r_source = 50.0;
    other.stage.r_input = 2e3;
    other.stage.spread = {1e-3, 0.01, 99};
    CHECK(build(plan, use, cache, other).made == 0);

    DeviceUse later = use, warmer = use, quiet = use, read_again = use;
    later.programming.read.time = 1e6;
    warmer.programming.read.temperature = 340.0;
    quiet.programming.read_noise = false;
    read_again.programming.read_number = 1;
    for (const DeviceUse& other_use : {later, warmer, quiet, read_again}) {
        const Built shared = build(plan, other_use, cache);
        CHECK(shared.made == 8);  // read
        CHECK(shared.found == 8); // programmed
        check_same(build(plan, other_use, nullptr).layers, shared.layers);
    }
}

TEST_CASE("What programming depends on is never taken from other cells") {
    const DeviceUse use = pcm_use();
    const Plan plan = small_plan(use);
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 22U);
    static_cast<void>(build(plan, use, cache));
    DeviceUse seeded = use, looser = use, once = use, shot = use, other_value = use, other_card = use;
    seeded.programming.seed = 2;
    looser.programming.scheme.tolerance = 0.05;
    once.programming.scheme.max_pulses = 2;
    shot.programming.scheme.kind = Programming::single_shot;
    other_value.model = make_device(find_card("pcm", {{"c3", "0.5"}}));
    other_card.model = make_device(find_card("sinh"));
    for (const DeviceUse& other : {seeded, looser, once, shot, other_value}) {
        const Built shared = build(plan, other, cache);
        CHECK(shared.made == 16);
        check_same(build(plan, other, nullptr).layers, shared.layers);
    }
    const Plan other_targets = small_plan(other_card);
    CHECK(build(other_targets, other_card, cache).made == 16);
    // One weight turned over: its tile alone. The weight is an input of the last tile of the second layer.
    Plan turned = plan;
    std::swap(turned.layers[1].conductances.plus(4, 12), turned.layers[1].conductances.minus(4, 12));
    const Built shared = build(turned, use, cache);
    CHECK(shared.made == 2);
    check_same(build(turned, use, nullptr).layers, shared.layers);
}

TEST_CASE("Alike targets of other tiles, or of another shape, are other cells") {
    const DeviceUse use = pcm_use();
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 20U);
    const auto cells = [&](Index rows, Index lines, std::uint32_t tile) {
        const Matrix<double> target(rows, lines, 0.5 * use.model->g_max());
        return program_tile(target, use, programming_name(use), tile, cache);
    };
    const auto first = cells(6, 4, 0), other_tile = cells(6, 4, 1), other_shape = cells(4, 6, 0);
    CHECK(first->g != other_tile->g);
    CHECK(other_shape->g.rows() == 4);
    CHECK(cells(6, 4, 0) == first);
}

TEST_CASE("The cache counts what programmed cells take") {
    const DeviceUse use = pcm_use();
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 20U);
    static_cast<void>(
        program_tile(Matrix<double>(50, 40, use.model->g_max()), use, programming_name(use), 0, cache));
    // Of each cell: what was asked (8 bytes), its state (32), pulses (4), energy (8), reached (1); as it is read two numbers (16).
    static_assert(sizeof(DeviceState) == 32);
    CHECK(cache->use().bytes ==
          std::size_t{2000} * (8 + 32 + 4 + 8 + 1 + 16) + sizeof(ProgrammedCells) + sizeof(ProgrammedTile));
}

TEST_CASE("What cannot be programmed is refused with a cache as without") {
    const DeviceUse use = pcm_use();
    const auto cache = std::make_shared<ResultCache>(std::size_t{1} << 20U);
    const Matrix<double> target(2, 2, 2.0 * use.model->g_max());
    for (const auto& shared : {cache, std::shared_ptr<ResultCache>()})
        CHECK_THROWS_AS(static_cast<void>(program_tile(target, use, programming_name(use), 0, shared)),
                        InputError);
}

TEST_CASE("A card is named by its values and by the tables it names") {
    CHECK(card_fingerprint(find_card("pcm")) == card_fingerprint(find_card("pcm/aihwkit")));
    CHECK(card_fingerprint(find_card("pcm")) != card_fingerprint(find_card("pcm", {{"c3", "0.5"}})));
    CHECK(card_fingerprint(find_card("pcm")) != card_fingerprint(find_card("sinh")));

    const TemporaryFolder folder;
    const auto card = folder.write(
        "card.toml",
        "model = \"table\"\ntitle = \"t\"\n[values]\nfile = { value = \"iv.csv\", source = \"s\" }\n");
    folder.write("iv.csv", "v,a,b\n0,0,0\n1,1e-6,2e-6\n");
    const std::string before = card_fingerprint(find_card(card.string()));
    folder.write("iv.csv", "v,a,b\n0,0,0\n1,1e-6,3e-6\n");
    CHECK(card_fingerprint(find_card(card.string())) != before);
}
