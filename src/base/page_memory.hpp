#pragma once

#include <cstddef>
#include <memory>

namespace ohmloom {

/// Gives memory of make_page_memory() back.
class PageRelease {
public:
    explicit PageRelease(std::size_t mapped_bytes = 0) : mapped_bytes_(mapped_bytes) {}
    void operator()(double* begin) const;

private:
    std::size_t mapped_bytes_; ///< 0: from the allocator
};

/// Zeroed memory for arrays that live for one solution.
///
/// Large ones come straight from the system, in large pages where it has them: an allocator would fault in and clear such memory
/// small page by small page, every time, which for a single operating point of a 512x512 array is 40 % of all work. Small ones come
/// from the allocator, which hands out again what the caches still hold.
using PageMemory = std::unique_ptr<double[], PageRelease>;

/// Memory for `count` numbers, beginning on a cache line.
/// @throws std::bad_alloc
PageMemory make_page_memory(std::size_t count);

} // namespace ohmloom
