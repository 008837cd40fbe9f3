#include "solver/lanes.hpp"

#include <memory>

namespace ohmloom {

std::vector<double> cut_arrays(std::span<const ArrayRequest> requests) {
    constexpr std::size_t cache_line = 64 / sizeof(double);
    const auto padded = [](std::size_t size) { return (size + cache_line - 1) / cache_line * cache_line; };
    std::size_t total = cache_line;
    for (const ArrayRequest& request : requests) total += padded(request.size);
    std::vector<double> storage(total, 0.0);
    void* begin = storage.data();
    std::size_t space = storage.size() * sizeof(double);
    std::align(cache_line * sizeof(double), sizeof(double), begin, space);
    double* next = static_cast<double*>(begin);
    for (const ArrayRequest& request : requests) {
        request.place = {next, request.size};
        next += padded(request.size);
    }
    return storage;
}

} // namespace ohmloom
