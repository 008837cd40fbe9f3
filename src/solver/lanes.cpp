#include "solver/lanes.hpp"

#include <hwy/targets.h>

#include <cstdint>

namespace ohmloom {

PageMemory cut_arrays(std::span<const ArrayRequest> requests) {
    constexpr std::size_t cache_line = 64;
    // Arrays that are walked through together must not lie a power of two apart: a cache has only so many places (8 to 16) for lines
    // whose addresses agree in their lower bits. 105 lines are odd, and 19 arrays further on are nearly a whole way of 128 KiB.
    constexpr std::size_t apart = 105 * cache_line, small_array = 4096 * sizeof(double);
    const auto padded = [](std::size_t bytes) {
        return (bytes + cache_line - 1) / cache_line * cache_line + (bytes >= small_array ? apart : 0);
    };
    std::size_t total = 0;
    for (const ArrayRequest& request : requests) total += padded(request.bytes());
    PageMemory memory = make_page_memory(total / sizeof(double));
    auto* next = reinterpret_cast<std::byte*>(memory.get());
    for (const ArrayRequest& request : requests) {
        request.set(next);
        next += padded(request.bytes());
    }
    return memory;
}

std::string lane_instruction_set() {
    const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
    return hwy::TargetName(usable & -usable); // the better the set, the lower its bit
}

} // namespace ohmloom
