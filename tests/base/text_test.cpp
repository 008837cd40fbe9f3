#include "base/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ohmloom;

TEST_CASE("the nearest word is offered only when it is near") {
    const std::vector<std::string> keys{"rows", "cols", "wire", "r_source"};
    CHECK(nearest_word("row", keys) == "rows");
    CHECK(nearest_word("r_souce", keys) == "r_source");
    CHECK(nearest_word("temperature", keys).empty());
}

TEST_CASE("words are joined for a message") {
    CHECK(join_words(std::vector<std::string>{"a", "b"}) == "a, b");
    CHECK(join_words(std::vector<std::string>{}).empty());
}
