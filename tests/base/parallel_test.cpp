#include "base/parallel.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace ohmloom;

TEST_CASE("a parallel loop calls its body once for each index") {
    std::vector<int> calls(1000, 0);
    parallel_for(1000, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
    CHECK(calls == std::vector<int>(1000, 1));
    parallel_for(0, [](Index) { FAIL("there is nothing to do"); });
}

TEST_CASE("of several failures in a parallel loop that of the lowest index is told, whatever the order of "
          "the calls") {
    // Indices 3, 53, 103 ... fail; the first of them last.
    const auto body = [](Index i) {
        if (i == 3) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        if (i % 50 == 3) {
            throw std::runtime_error(std::to_string(i));
        }
    };
    for (int round = 0; round < 5; ++round) {
        CHECK_THROWS_WITH_AS(parallel_for(1000, body), "3", std::runtime_error);
    }
}

TEST_CASE("of two failures at the same time that of the first is told") {
    const auto slow = [] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        throw std::runtime_error("first");
    };
    const auto fast = [] { throw std::runtime_error("second"); };
    CHECK_THROWS_WITH_AS(parallel_pair(slow, fast), "first", std::runtime_error);
    CHECK_THROWS_WITH_AS(parallel_pair([] {}, fast), "second", std::runtime_error);
}
