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

/// Memory for arrays that live for one solution.
///
/// Large pieces come straight from the system, in large pages where it has them, and some are kept for the next solution: to have
/// the system clear such memory anew every time is a quarter of all work for a single operating point of a 512x512 array. Small
/// ones come from the allocator, which hands out again what the caches still hold.
using PageMemory = std::unique_ptr<double[], PageRelease>;

/// Memory for `count` numbers, beginning on a cache line. It holds anything at first; where assertions are on, NaN.
/// @throws std::bad_alloc
PageMemory make_page_memory(std::size_t count);

/// Likewise, and zero at first.
PageMemory make_zeroed_page_memory(std::size_t count);

} // namespace ohmloom
