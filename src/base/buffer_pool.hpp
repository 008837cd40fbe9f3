#pragma once

#include "base/matrix.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace ohmloom {

/// Buffers that are used again instead of being given back, for many short-lived ones of few sizes. May be used by many
/// threads.
class BufferPool {
public:
    /// Room for at least `count` doubles, not initialised.
    std::shared_ptr<double[]> take(Index count);

    /// Gives a buffer back that take(count) gave and that nobody else holds.
    void give_back(std::shared_ptr<double[]> buffer, Index count);

private:
    std::mutex mutex_;
    std::map<unsigned, std::vector<std::shared_ptr<double[]>>>
        free_; ///< by the binary order of magnitude of their size
};

} // namespace ohmloom
