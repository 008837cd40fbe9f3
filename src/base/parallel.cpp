#include "base/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

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

void run_isolated(const std::function<void()>& work) {
    tbb::this_task_arena::isolate([&] { work(); });
}

void run_workers(int workers, const std::function<void(int)>& work) {
    const int share = std::max(1, allowed_threads() / std::max(workers, 1));
    LowestFailure failure(workers);
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(std::max(workers, 0)));
    for (int w = 0; w < workers; ++w) {
        threads.emplace_back([&, w] {
            tbb::task_arena arena(share);
            failure.run(w, [&] { arena.execute([&] { work(w); }); });
        });
    }
    for (std::thread& thread : threads) thread.join();
    failure.rethrow();
}

} // namespace ohmloom
