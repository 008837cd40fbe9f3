#include "base/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>

#include <thread>

namespace ohmloom {

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
    tbb::parallel_for(Index{0}, count, body);
}

void parallel_pair(const std::function<void()>& first, const std::function<void()>& second) {
    tbb::parallel_invoke(first, second);
}

} // namespace ohmloom
