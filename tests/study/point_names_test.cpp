#include "study/point_names.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace ohmloom;

namespace {

NamePart numbers(const std::string& name, const std::vector<double>& values, Index each = 1) {
    const Index points = static_cast<Index>(values.size()) / each;
    return {.name = name, .pattern = name + " = {}", .numbers = Matrix<double>(points, each, values)};
}

NamePart texts(const std::string& name, const std::vector<std::string>& values) {
    return {.name = name, .texts = values};
}

constexpr double none = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("points are matched by value and not by place, and what one of the two has alone is left over") {
    const PointNames first{3, {numbers("r", {1, 2, 2}), texts("device", {"pcm", "pcm", "mram"})}},
        second{3, {numbers("r", {2, 7, 1}), texts("device", {"mram", "pcm", "pcm"})}};
    const std::vector<PointMatch> matches = match_points(first, second);
    CHECK(matches == std::vector<PointMatch>{{0, 2}, {2, 0}});
    CHECK(unmatched_points(matches, &PointMatch::first, 3) == std::vector<Index>{1});
    CHECK(unmatched_points(matches, &PointMatch::second, 3) == std::vector<Index>{1});
}

TEST_CASE("numbers are equal to a few units in the last place and no further, texts exactly") {
    // 3.3 * 1e-9 and 3.3e-9 are neighbours.
    const double scaled = 3.3 * 1e-9, written = 3.3e-9;
    const auto is_matched = [](const NamePart& a, const NamePart& b) {
        return !match_points({1, {a}}, {1, {b}}).empty();
    };
    CHECK(is_matched(numbers("t", {scaled}), numbers("t", {std::nextafter(written, 0.0)})));
    CHECK_FALSE(is_matched(numbers("t", {1.0}), numbers("t", {1.0 + 1e-13})));
    CHECK_FALSE(is_matched(numbers("t", {-1.0}), numbers("t", {1.0})));
    CHECK(is_matched(numbers("t", {-0.0}), numbers("t", {0.0})));
    CHECK_FALSE(is_matched(texts("t", {"a"}), texts("t", {"A"})));
    // A value that is no number is its text.
    CHECK(is_matched({.name = "t", .numbers = Matrix<double>(1, 1, {none}), .texts = {"x"}},
                     texts("t", {"x"})));
    CHECK_FALSE(is_matched(numbers("t", {5000.0}), texts("t", {"x"})));
}

TEST_CASE("lists are compared as far as they go, padded with 0") {
    const PointNames first{2, {numbers("layers", {4, 2, 1, 1}, 2)}},
        second{2, {numbers("layers", {1, 1, 0, 4, 2, 3}, 3)}};
    CHECK(match_points(first, second) == std::vector<PointMatch>{{1, 0}});
}

TEST_CASE("points of the same name are taken in their order") {
    const PointNames first{3, {numbers("r", {1, 1, 1})}}, second{4, {numbers("r", {1, 5, 1, 5})}};
    CHECK(match_points(first, second) == std::vector<PointMatch>{{0, 0}, {1, 2}});
    CHECK(repeated_points(first) == 2);
    CHECK(repeated_points(second) == 2);
    CHECK(repeated_points({2, {numbers("r", {1, 2})}}) == 0);
}

TEST_CASE("a name has what tells points apart in either result, and nothing for what is not known") {
    const PointNames first{2, {numbers("r", {1, 1}), numbers("c", {3, 3}), numbers("t", {none, 2})}},
        second{1, {numbers("r", {1}), numbers("c", {4}), numbers("t", {2})}};
    const std::vector<bool> said = parts_to_say(first, second);
    CHECK(said == std::vector<bool>{false, true, true});
    CHECK(point_name(first, said, 0) == "c = 3");
    CHECK(point_name(first, said, 1) == "c = 3, t = 2");
    CHECK(point_name(second, said, 0) == "c = 4, t = 2");
}
