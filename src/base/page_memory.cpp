#include "base/page_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace ohmloom {

namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t large = std::size_t{16}
                              << 20; ///< bytes; from about here on the allocator goes to the system as well

} // namespace

void PageRelease::operator()(double* begin) const {
    if (mapped_bytes_ > 0) {
        munmap(begin, mapped_bytes_);
    } else {
        std::free(begin);
    }
}

PageMemory make_page_memory(std::size_t count) {
    const std::size_t bytes =
        (std::max<std::size_t>(count, 1) * sizeof(double) + cache_line - 1) / cache_line * cache_line;
    if (bytes < large) {
        auto* const begin = static_cast<double*>(std::aligned_alloc(cache_line, bytes));
        if (begin == nullptr) throw std::bad_alloc();
        std::fill_n(begin, bytes / sizeof(double), 0.0);
        return {begin, PageRelease()};
    }
    void* const begin = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin == MAP_FAILED) throw std::bad_alloc();
    madvise(begin, bytes, MADV_HUGEPAGE); // a wish: without large pages all else stays the same
    return {static_cast<double*>(begin), PageRelease(bytes)};
}

} // namespace ohmloom
