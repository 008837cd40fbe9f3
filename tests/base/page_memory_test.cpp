#include "base/page_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

using namespace ohmloom;

TEST_CASE("memory for arrays is zeroed, aligned and writable to its end, small or large") {
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{3'000'001}}) {
        for (int again = 0; again < 2; ++again) {
            const PageMemory memory = make_page_memory(count);
            CHECK(reinterpret_cast<std::uintptr_t>(memory.get()) % 64 == 0);
            CHECK(std::all_of(memory.get(), memory.get() + count, [](double x) { return x == 0.0; }));
            std::fill_n(memory.get(), count, 1.0);
        }
    }
}
