#pragma once

#include "sweep/stored_sweep.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// An axis that one of two sweeps has and the other does not.
struct LoneAxis {
    std::string key;
    bool is_of_first = false;
    /// How the points are matched nevertheless.
    enum class Use {
        held,   ///< with those where the axis is what the other's study holds the key at
        single, ///< the axis has one value: it tells no points apart
        label,  ///< names of corners decide nothing
    } use = Use::held;
    std::string value; ///< what the other holds it at, empty if its study does not give it; or the one value
};

/// A failed point of one sweep that has results in the other.
struct FailedMatch {
    Index failure = 0; ///< of StoredSweep::failures
    Index row = 0;     ///< of the other sweep
};

/// Which rows of two sweeps belong together.
struct SweepMatching {
    PointNames first, second; ///< of the rows: axes, then circuits; what only one has is held in the other
    std::vector<bool> said{}; ///< parts of a row's name
    std::vector<PointMatch> rows{};
    bool circuits_by_place = false; ///< no circuits of a point were alike: taken in their order
    std::vector<LoneAxis> lone_axes{};
    std::vector<Index> only_first{}, only_second{}; ///< rows that the other has not, nor failed to compute
    std::vector<FailedMatch> failed_in_second{};    ///< rows of the first
    std::vector<FailedMatch> failed_in_first{};     ///< rows of the second

    [[nodiscard]] std::string name(const PointMatch& match) const {
        return point_name(first, said, match.first);
    }
};

/// Matches rows by their coordinates, whatever their order and that of the axes: numbers to a few units in the last place, texts
/// exactly; then by network, device, partition, times and temperature, or, if none agree in these and there are as many, by their order.
///
/// An axis that only one sweep has is taken at what the other's study holds its key at: draws and repeats by their seeds. Keys that are
/// `ignored` do not count.
/// @throws InputError if an axis of one is not to be found in the other, or no row can be matched; if no sweep has an ignored axis, or
///         its points are not told apart without it.
SweepMatching match_sweeps(const StoredSweep& first, const StoredSweep& second,
                           const std::vector<std::string>& ignored = {});

} // namespace ohmloom
