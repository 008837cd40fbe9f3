#include "sweep/sweep_outcomes.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"
#include "store/hdf5.hpp"
#include "sweep/sweep_matching.hpp"
#include "tests/approx.hpp"
#include "tests/sweep/made_up_sweep.hpp"

#include <algorithm>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

const std::string study = "[array]\ncols = 3\n[sweep]\narray.rows = ";

/// Points with classes that are drawn, right in about `accuracy` of `images` images.
MakeUp drawn_classes(std::uint64_t seed, std::uint32_t images, double accuracy) {
    return [=](const TomlDocument& at, Index /*number*/, PointRecord& point) {
        const RandomStream random(seed, RandomPurpose::test_generation);
        const auto rows = static_cast<std::uint32_t>(std::stoul(*at.value("array.rows")));
        std::vector<std::uint8_t> classes, labels;
        for (std::uint32_t k = 0; k < images; ++k) {
            labels.push_back(static_cast<std::uint8_t>(k % 10));
            const bool is_right = random.uniform(rows, k, 0) < accuracy;
            classes.push_back(static_cast<std::uint8_t>((k + (is_right ? 0 : 1)) % 10));
        }
        set_classes(point, classes, labels);
    };
}

} // namespace

TEST_CASE("Outcomes are those of the matched rows, whatever their order and however few are held at once") {
    const TemporaryFolder folder;
    const StoredSweep first = made_up_sweep(folder, "a", study + "{ from = 1, to = 40, steps = 40 }\n",
                                            drawn_classes(1, 50, 0.7)),
                      second = made_up_sweep(folder, "b", study + "{ from = 45, to = 3, steps = 43 }\n",
                                             drawn_classes(2, 50, 0.7));
    const std::vector<PointMatch> matches = match_sweeps(first, second).rows;
    REQUIRE(matches.size() == 38);
    // 1000 bytes: blocks of 20 rows of the first, pieces of 2 of the second.
    for (const std::size_t held : {std::size_t{1} << 26, std::size_t{1000}, std::size_t{1}}) {
        const SweepOutcomes found = compare_outcomes(first, second, matches, held);
        REQUIRE(found.rows.size() == 38);
        for (std::size_t k = 0; k < found.rows.size(); ++k) {
            // The first's row k + 2 is of k + 3 array rows, which the second has at its row 45 - (k + 3).
            const Index row = static_cast<Index>(k) + 2, other = 42 - static_cast<Index>(k);
            CHECK(found.rows[k].rows == PointMatch{row, other});
            const Matrix<std::uint8_t> ours = first.reader->read_byte_rows("/points/classes", "1", row, 1),
                                       theirs =
                                           second.reader->read_byte_rows("/points/classes", "1", other, 1);
            CHECK(found.rows[k].outcomes ==
                  count_outcomes(ours.values(), theirs.values(), first.label_sets.front()));
        }
    }
}

TEST_CASE("A hundred points that differ by chance alone raise no alarm, though some would alone") {
    const TemporaryFolder folder;
    const StoredSweep first = made_up_sweep(folder, "a", study + "{ from = 1, to = 100, steps = 100 }\n",
                                            drawn_classes(3, 300, 0.8)),
                      second = made_up_sweep(folder, "b", study + "{ from = 1, to = 100, steps = 100 }\n",
                                             drawn_classes(4, 300, 0.8));
    const SweepOutcomes found = compare_outcomes(first, second, match_sweeps(first, second).rows);
    const auto below = [&](double RowOutcomes::*probability) {
        return std::ranges::count_if(found.rows,
                                     [&](const RowOutcomes& row) { return row.*probability < 0.05; });
    };
    CHECK(below(&RowOutcomes::probability) > 0);
    CHECK(below(&RowOutcomes::adjusted) == 0);
    // One that is really worse is found among them: 0.5 instead of 0.8 at all but these.
    const StoredSweep worse =
        made_up_sweep(folder, "c", study + "{ from = 1, to = 100, steps = 100 }\n",
                      [](const TomlDocument& at, Index number, PointRecord& point) {
                          drawn_classes(4, 300, number == 17 ? 0.5 : 0.8)(at, number, point);
                      });
    const SweepOutcomes lower = compare_outcomes(first, worse, match_sweeps(first, worse).rows);
    CHECK(std::ranges::count_if(lower.rows, [](const RowOutcomes& row) { return row.adjusted < 0.05; }) == 1);
    CHECK(lower.rows[17].adjusted < 1e-6);
}

TEST_CASE("All rows together count images by where they are right more often") {
    const TemporaryFolder folder;
    // Right (1) or not (0) at three points, before and after: images 0 to 4 lean 1 + 0 + 1, 1 - 1 + 0, -1, 0, 1.
    const std::vector<std::vector<std::uint8_t>> before{{0, 0, 1, 1, 0}, {0, 1, 1, 0, 1}, {0, 0, 1, 1, 1}},
        after{{1, 1, 1, 1, 0}, {0, 0, 1, 0, 1}, {1, 0, 0, 1, 1}};
    const auto classes = [](const std::vector<std::vector<std::uint8_t>>& right) {
        return [&right](const TomlDocument& /*at*/, Index number, PointRecord& point) {
            set_classes(point, right[static_cast<std::size_t>(number)], {1, 1, 1, 1, 1});
        };
    };
    const StoredSweep first = made_up_sweep(folder, "a", study + "[1, 2, 3]\n", classes(before));
    StoredSweep second = made_up_sweep(folder, "b", study + "[1, 2, 3]\n", classes(after));
    SweepOutcomes found = compare_outcomes(first, second, match_sweeps(first, second).rows);
    REQUIRE(found.pooled);
    CHECK(found.pooled->more == 1);  // image 0
    CHECK(found.pooled->fewer == 1); // image 2
    CHECK(found.pooled->probability == 1.0);
    // Ten images that lean one way: 2 / 2^10.
    const auto all = [](std::uint8_t right) {
        return [right](const TomlDocument& /*at*/, Index /*number*/, PointRecord& point) {
            set_classes(point, std::vector<std::uint8_t>(10, right), std::vector<std::uint8_t>(10, 1));
        };
    };
    const StoredSweep wrong = made_up_sweep(folder, "c", study + "[1, 2, 3]\n", all(0)),
                      right = made_up_sweep(folder, "d", study + "[1, 2, 3]\n", all(1));
    found = compare_outcomes(wrong, right, match_sweeps(wrong, right).rows);
    CHECK(found.pooled->more == 10);
    CHECK(found.pooled->probability == approx(2.0 / 1024.0).epsilon(1e-12));
}

TEST_CASE("Of two numbers of images the fewer are compared; other images are refused") {
    const TemporaryFolder folder;
    const StoredSweep first = made_up_sweep(folder, "a", study + "[1, 2]\n", drawn_classes(1, 50, 0.7)),
                      fewer =
                          made_up_sweep(folder, "b", study + "[1, 2]\n",
                                        [](const TomlDocument&at, Index number, PointRecord&point) {
                                            drawn_classes(2, number == 0 ? 20 : 50, 0.7)(at, number, point);
                                        }),
                      other = made_up_sweep(folder, "c", study + "[1, 2]\n",
                                            [](const TomlDocument&, Index, PointRecord&point) {
                                                set_classes(point, {1, 1}, {0, 7});
                                            });
    const SweepOutcomes found = compare_outcomes(first, fewer, match_sweeps(first, fewer).rows);
    CHECK(found.rows[0].outcomes.images() == 20);
    CHECK(found.rows[1].outcomes.images() == 50);
    CHECK(found.unequal_images == 1);
    CHECK_FALSE(found.pooled);
    CHECK(mentions(message_of<InputError>([&] {
                       static_cast<void>(compare_outcomes(first, other, match_sweeps(first, other).rows));
                   }),
                   "different images", "image 1 is a 1 in the first, a 7 in the second"));
}
