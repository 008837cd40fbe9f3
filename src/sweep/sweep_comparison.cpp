#include "sweep/sweep_comparison.hpp"

#include <algorithm>
#include <iterator>

namespace ohmloom {

SweepComparison compare_sweeps(const StoredSweep& first, const StoredSweep& second,
                               const std::vector<std::string>& ignored) {
    SweepComparison comparison{match_sweeps(first, second, ignored), {}, {}, {}};
    const std::vector<PointMatch>& rows = comparison.matching.rows;
    if (first.has_classes && second.has_classes) comparison.outcomes = compare_outcomes(first, second, rows);
    std::ranges::set_symmetric_difference(first.figures.figures(), second.figures.figures(),
                                          std::back_inserter(comparison.other_figures));
    for (const std::string& name : first.figures.figures()) {
        if (!second.figures.has_figure(name) || !is_compared(name)) continue;
        const StoredFigure ours = first.figures.figure(name), theirs = second.figures.figure(name);
        if (ours.unit == theirs.unit)
            comparison.figures.push_back(movement_of(name, ours, theirs, rows));
        else
            comparison.other_figures.push_back(name);
    }
    std::erase_if(comparison.other_figures, [](const std::string& name) { return !is_compared(name); });
    std::ranges::sort(comparison.other_figures);
    return comparison;
}

} // namespace ohmloom
