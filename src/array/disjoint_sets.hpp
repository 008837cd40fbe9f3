#pragma once

#include "base/matrix.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace ohmloom {

/// Sets of the numbers [0, count) that grow together; the smallest number of a set stands for it.
class DisjointSets {
public:
    explicit DisjointSets(Index count) : parent_(static_cast<std::size_t>(count)) {
        std::iota(parent_.begin(), parent_.end(), Index{0});
    }

    /// The smallest number of the set that `member` is in.
    Index smallest(Index member) {
        while (up(member) != member) {
            up(member) = up(up(member));
            member = up(member);
        }
        return member;
    }

    /// Makes one set of the two that `a` and `b` are in.
    void join(Index a, Index b) {
        a = smallest(a);
        b = smallest(b);
        up(std::max(a, b)) = std::min(a, b);
    }

private:
    Index& up(Index member) { return parent_[static_cast<std::size_t>(member)]; }

    std::vector<Index> parent_;
};

} // namespace ohmloom
