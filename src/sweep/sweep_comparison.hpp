#pragma once

#include "sweep/figure_movement.hpp"
#include "sweep/sweep_matching.hpp"
#include "sweep/sweep_outcomes.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// What two sweeps have in common and where they differ.
struct SweepComparison {
    SweepMatching matching;
    std::optional<SweepOutcomes> outcomes; ///< none if one of the two keeps no classes
    std::vector<FigureMovement>
        figures; ///< all that both have in the same unit, also those that did not move
    std::vector<std::string> other_figures; ///< that only one has, or both in different units
};

/// Compares two sweeps at all points that both have, see match_sweeps(). Wall time is no figure. Memory does not grow with the number of
/// images, and with that of figures only as far as names go.
/// @throws InputError, FileError.
SweepComparison compare_sweeps(const StoredSweep& first, const StoredSweep& second,
                               const std::vector<std::string>& ignored = {});

} // namespace ohmloom
