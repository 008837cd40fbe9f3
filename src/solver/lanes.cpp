#include "solver/lanes.hpp"

namespace ohmloom {

PageMemory cut_arrays(std::span<const ArrayRequest> requests) {
    constexpr std::size_t cache_line = 64 / sizeof(double);
    const auto padded = [](std::size_t size) { return (size + cache_line - 1) / cache_line * cache_line; };
    std::size_t total = 0;
    for (const ArrayRequest& request : requests) total += padded(request.size);
    PageMemory memory = make_page_memory(total);
    double* next = memory.get();
    for (const ArrayRequest& request : requests) {
        request.place = {next, request.size};
        next += padded(request.size);
    }
    return memory;
}

} // namespace ohmloom
