#include "base/result_cache.hpp"

#include "base/parallel.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using namespace ohmloom;

namespace {

std::size_t size_of(const int&) {
    return 10;
}

} // namespace

TEST_CASE("A result is made once, however many ask for it at the same time") {
    ResultCache cache(1000);
    std::atomic<int> made = 0;
    std::atomic<int> sum = 0;
    run_workers(8, [&](int) {
        for (int name = 0; name < 5; ++name) {
            sum += *cache.get<int>(
                std::to_string(name),
                [&] {
                    ++made;
                    std::this_thread::sleep_for(
                        std::chrono::milliseconds(5)); // so that others come meanwhile
                    return name;
                },
                size_of);
        }
    });
    CHECK(made == 5);
    CHECK(sum == 8 * (0 + 1 + 2 + 3 + 4));
    CHECK(cache.use().made == 5);
    CHECK(cache.use().found == 35);
    CHECK(cache.use().bytes == 50);
}

TEST_CASE("What was asked for the longest time ago goes first, and who holds a result keeps it") {
    ResultCache cache(25); // room for two
    int made = 0;
    const auto get = [&](const std::string& name) {
        return cache.get<int>(
            name, [&] { return ++made; }, size_of);
    };
    const auto a = get("a");
    get("b");
    get("a");
    get("c"); // b goes
    CHECK(cache.use().bytes == 20);
    CHECK(*get("a") == 1);
    CHECK(*get("b") == 4);
    CHECK(*a == 1);
}

TEST_CASE("A result that cannot be made is tried again by the next who asks") {
    ResultCache cache(100);
    const auto fail = []() -> int { throw std::runtime_error("no"); };
    CHECK_THROWS_WITH(cache.get<int>("a", fail, size_of), "no");
    CHECK(*cache.get<int>(
              "a", [] { return 3; }, size_of) == 3);
}

TEST_CASE("Results whose making runs loops can be asked for within loops") {
    // Without isolation a thread that waits in the inner loop may begin an outer call, which waits for what it is making.
    ResultCache cache(1 << 20);
    std::atomic<long> sum = 0;
    parallel_for(200, [&](Index) {
        sum += *cache.get<int>(
            "shared",
            [] {
                std::atomic<int> inner = 0;
                parallel_for(1000, [&](Index) { ++inner; });
                return inner.load();
            },
            size_of);
    });
    CHECK(sum == 200 * 1000);
}

TEST_CASE("Workers share the allowed threads and the first failure of the lowest is told") {
    const ThreadLimit two(2);
    std::atomic<int> calls = 0;
    run_workers(2, [&](int) { parallel_for(100, [&](Index) { ++calls; }); });
    CHECK(calls == 200);
    CHECK_THROWS_WITH(run_workers(3,
                                  [](int w) {
                                      if (w > 0) throw std::runtime_error("worker " + std::to_string(w));
                                  }),
                      "worker 1");
}
