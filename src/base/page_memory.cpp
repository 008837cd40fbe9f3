#include "base/page_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

constexpr std::size_t cache_line = 64;
/// From so many bytes on the allocator goes to the system as well.
constexpr std::size_t large = std::size_t{16} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

/// Mapped pieces between two uses, from any thread.
class Reserve {
public:
    Reserve() = default;
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;
    ~Reserve() {
        for (const Piece& piece : kept_) munmap(piece.begin, piece.bytes);
    }

    /// The piece of exactly so many bytes that was used last, or nullptr.
    void* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(kept_.rbegin(), kept_.rend(),
                                        [bytes](const Piece& piece) { return piece.bytes == bytes; });
        if (found == kept_.rend()) return nullptr;
        void* const begin = found->begin;
        kept_bytes_ -= bytes;
        kept_.erase(std::next(found).base());
        return begin;
    }

    /// Keeps the piece, and lets go of the oldest ones while they are too many.
    void give(void* begin, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        kept_.push_back({begin, bytes});
        kept_bytes_ += bytes;
        while (kept_bytes_ > most_bytes) {
            munmap(kept_.front().begin, kept_.front().bytes);
            kept_bytes_ -= kept_.front().bytes;
            kept_.erase(kept_.begin());
        }
    }

private:
    struct Piece {
        void* begin;
        std::size_t bytes;
    };
    static constexpr std::size_t most_bytes = std::size_t{128} << 20;

    std::mutex mutex_;
    std::vector<Piece> kept_;
    std::size_t kept_bytes_ = 0;
};

Reserve& reserve() {
    static Reserve pieces;
    return pieces;
}

struct Pages {
    PageMemory memory;
    bool zeroed;
};

Pages make_pages(std::size_t count) {
    const std::size_t bytes = round_up(std::max<std::size_t>(count, 1) * sizeof(double), cache_line);
    if (bytes < large) {
        auto* const begin = static_cast<double*>(std::aligned_alloc(cache_line, bytes));
        if (begin == nullptr) throw std::bad_alloc();
        return {{begin, PageRelease()}, false};
    }
    // Rounded, so that solutions of nearly the same size share pieces.
    const std::size_t mapped_bytes = round_up(bytes, std::size_t{2} << 20);
    const PageRelease release(mapped_bytes);
    if (void* const kept = reserve().take(mapped_bytes))
        return {{static_cast<double*>(kept), release}, false};
    void* const begin =
        mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin == MAP_FAILED) throw std::bad_alloc();
    madvise(begin, mapped_bytes, MADV_HUGEPAGE); // a wish: without large pages all else stays the same
    return {{static_cast<double*>(begin), release}, true};
}

} // namespace

void PageRelease::operator()(double* begin) const {
    if (mapped_bytes_ > 0) {
        reserve().give(begin, mapped_bytes_);
    } else {
        std::free(begin);
    }
}

PageMemory make_page_memory(std::size_t count) {
    PageMemory memory = make_pages(count).memory;
#ifndef NDEBUG
    std::memset(memory.get(), 0xff, count * sizeof(double)); // NaN in double as in single precision
#endif
    return memory;
}

PageMemory make_zeroed_page_memory(std::size_t count) {
    Pages pages = make_pages(count);
    if (!pages.zeroed) std::fill_n(pages.memory.get(), count, 0.0);
    return std::move(pages.memory);
}

} // namespace ohmloom
