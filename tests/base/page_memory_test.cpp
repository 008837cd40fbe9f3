#include "base/page_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace ohmloom;

TEST_CASE("memory for arrays is aligned, writable to its end and nobody else's, small or large") {
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{3'000'001}}) {
        for (int again = 0; again < 2; ++again) {
            std::vector<PageMemory> pieces;
            for (int piece = 0; piece < 3; ++piece) {
                pieces.push_back(make_page_memory(count));
                CHECK(reinterpret_cast<std::uintptr_t>(pieces.back().get()) % 64 == 0);
                std::fill_n(pieces.back().get(), count, static_cast<double>(piece));
            }
            for (int piece = 0; piece < 3; ++piece) {
                const double* const begin = pieces[static_cast<std::size_t>(piece)].get();
                CHECK(std::all_of(begin, begin + count, [&](double x) { return x == piece; }));
            }
        }
    }
}

TEST_CASE("a large piece given back serves the next solution of its size") {
    constexpr std::size_t count = 3'000'000;
    const double* const first = make_page_memory(count).get();
    CHECK(make_page_memory(count).get() == first);
    CHECK(make_page_memory(4 * count).get() != first);
}

TEST_CASE("zeroed memory is zero, whoever had it before") {
    for (const std::size_t count : {std::size_t{1000}, std::size_t{3'000'001}}) {
        for (int again = 0; again < 2; ++again) {
            const PageMemory memory = make_zeroed_page_memory(count);
            CHECK(std::all_of(memory.get(), memory.get() + count, [](double x) { return x == 0.0; }));
            std::fill_n(memory.get(), count, 1.0);
        }
    }
}
