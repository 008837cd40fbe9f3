#pragma once

#include "base/matrix.hpp"

#include <functional>
#include <memory>

namespace ohmloom {

/// Number of threads that parallel loops may use; 0 stands for all the machine has.
/// Limits hold for the lifetime of the object, process-wide.
class ThreadLimit {
public:
    explicit ThreadLimit(int threads);
    ~ThreadLimit();
    ThreadLimit(const ThreadLimit&) = delete;
    ThreadLimit& operator=(const ThreadLimit&) = delete;

private:
    struct Control;
    std::unique_ptr<Control> control_;
};

/// Number of threads that parallel loops may use now.
int allowed_threads();

/// Calls body(i) for i in [0, count), on all allowed threads in any order. Each call must write only what
/// belongs to its own i, so that the result does not depend on the number of threads. Of several exceptions that
/// of the lowest i is rethrown, as in a loop.
void parallel_for(Index count, const std::function<void(Index)>& body);

/// Calls both, possibly at the same time. An exception of the first goes before one of the second.
void parallel_pair(const std::function<void()>& first, const std::function<void()>& second);

/// Calls `work` so that loops within it never make its thread begin pieces of loops outside of it, which might wait for it.
void run_isolated(const std::function<void()>& work);

/// Calls work(w) for w in [0, workers) at the same time, each on a thread of its own with its share of the allowed threads for the
/// loops it runs: for long pieces of work that must not wait inside one another. Of several exceptions that of the lowest w is
/// rethrown when all have ended.
void run_workers(int workers, const std::function<void(int)>& work);

} // namespace ohmloom
