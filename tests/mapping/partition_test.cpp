#include "mapping/partition.hpp"

#include "base/errors.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

TEST_CASE("a layer is cut as evenly as integers allow, the longer ranges first") {
    CHECK(split_evenly(10, 3) == std::vector<IndexRange>{{0, 4}, {4, 7}, {7, 10}});
    CHECK(split_evenly(5, 1) == std::vector<IndexRange>{{0, 5}});
    CHECK(split_evenly(3, 3) == std::vector<IndexRange>{{0, 1}, {1, 2}, {2, 3}});
}

TEST_CASE("every cut covers its range without gap, with sizes that differ by at most one") {
    for (Index count = 1; count <= 60; ++count) {
        for (Index parts = 1; parts <= count; ++parts) {
            const auto ranges = split_evenly(count, parts);
            REQUIRE(static_cast<Index>(ranges.size()) == parts);
            Index begin = 0;
            for (const IndexRange& range : ranges) {
                CHECK(range.begin == begin);
                CHECK((range.size() == count / parts || range.size() == count / parts + 1));
                CHECK(range.size() <= ranges.front().size());
                begin = range.end;
            }
            CHECK(begin == count);
        }
    }
}

TEST_CASE("more partitions than lines, or none, are refused") {
    CHECK_THROWS_AS(split_evenly(4, 5), InputError);
    CHECK_THROWS_AS(split_evenly(4, 0), InputError);
}

TEST_CASE("tiles of 32 x 32 need the partitions of the published deployment") {
    // 400-120-84-10 with a bias row: HP[13,4,3] VP[4,3,1]; 64 x 64: HP[7,2,2] VP[2,2,1].
    CHECK(fit_partition(401, 120, 32, 32) == LayerPartition{13, 4});
    CHECK(fit_partition(121, 84, 32, 32) == LayerPartition{4, 3});
    CHECK(fit_partition(85, 10, 32, 32) == LayerPartition{3, 1});
    CHECK(fit_partition(401, 120, 64, 64) == LayerPartition{7, 2});
    CHECK(fit_partition(85, 10, 64, 64) == LayerPartition{2, 1});
    CHECK_THROWS_AS(fit_partition(5, 5, 0, 3), InputError);
}
