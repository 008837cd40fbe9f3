#include "base/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace ohmloom {
namespace {

/// The exception of the lowest call that failed, whatever order the calls ran in: what a user reads must not depend on the threads.
class LowestFailure {
public:
    explicit LowestFailure(Index count) : lowest_(count) {}

    /// Runs the call i, unless one before it has failed already.
    template <typename Call>
    void run(Index i, const Call& call) {
        if (lowest_.load(std::memory_order_relaxed) < i) {
            return;
        }
        try {
            call();
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (i < lowest_.load(std::memory_order_relaxed)) {
                lowest_.store(i, std::memory_order_relaxed);
                failure_ = std::current_exception();
            }
        }
    }

    void rethrow() const {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

private:
    std::atomic<Index> lowest_;
    std::mutex mutex_;
    std::exception_ptr failure_;
};

} // namespace

struct ThreadLimit::Control {
    tbb::global_control limit;
};

ThreadLimit::ThreadLimit(int threads) {
    const auto limit = threads > 0 ? static_cast<std::size_t>(threads) : std::thread::hardware_concurrency();
    control_.reset(new Control{{tbb::global_control::max_allowed_parallelism, limit}});
}

ThreadLimit::~ThreadLimit() = default;

int allowed_threads() {
    return static_cast<int>(tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
}

void parallel_for(Index count, const std::function<void(Index)>& body) {
    if (count == 1) { // not worth waking anybody up
        body(0);
        return;
    }
    LowestFailure failure(count);
    tbb::parallel_for(Index{0}, count, [&](Index i) { failure.run(i, [&] { body(i); }); });
    failure.rethrow();
}

void parallel_pair(const std::function<void()>& first, const std::function<void()>& second) {
    LowestFailure failure(2);
    tbb::parallel_invoke([&] { failure.run(0, first); }, [&] { failure.run(1, second); });
    failure.rethrow();
}

} // namespace ohmloom
