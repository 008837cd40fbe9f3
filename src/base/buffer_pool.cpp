#include "base/buffer_pool.hpp"

#include "base/page_memory.hpp"

#include <bit>

namespace ohmloom {

namespace {

constexpr std::size_t large = std::size_t{1} << 21U; ///< doubles

unsigned magnitude(Index count) {
    return static_cast<unsigned>(std::bit_width(static_cast<std::size_t>(count)));
}

} // namespace

std::shared_ptr<double[]> BufferPool::take(Index count) {
    const unsigned size = magnitude(count);
    {
        const std::scoped_lock lock(mutex_);
        if (auto& free = free_[size]; !free.empty()) {
            std::shared_ptr<double[]> buffer = std::move(free.back());
            free.pop_back();
            return buffer;
        }
    }
    const std::size_t room = std::size_t{1} << size;
    // The system's pages are zero anyway; from the allocator, zeroing would be work for nothing.
    if (room >= large) return make_page_memory(room);
    return std::make_shared_for_overwrite<double[]>(room);
}

void BufferPool::give_back(std::shared_ptr<double[]> buffer, Index count) {
    const std::scoped_lock lock(mutex_);
    free_[magnitude(count)].push_back(std::move(buffer));
}

} // namespace ohmloom
