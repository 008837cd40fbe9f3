#include "sweep/figure_movement.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

double entry_at(const Matrix<double>& values, Index row, Index entry) {
    return entry < values.cols() ? values(row, entry) : 0.0;
}

/// The middle one, or the mean of the two in the middle; not a number if there are none.
double median(std::vector<double> values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1) return *middle;
    return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

/// Keeps the further of two. A movement from 0 has no relative size, and is none.
void keep_further(std::optional<Movement>& furthest, const Movement& movement,
                  double (Movement::*size)() const) {
    const double distance = std::abs((movement.*size)());
    if (std::isnan(distance)) return;
    if (!furthest || distance > std::abs(((*furthest).*size)())) furthest = movement;
}

} // namespace

FigureMovement movement_of(const std::string& name, const StoredFigure& first, const StoredFigure& second,
                           const std::vector<PointMatch>& rows) {
    FigureMovement figure{.name = name,
                          .unit = first.unit,
                          .each = std::max<Index>({first.values.cols(), second.values.cols(), 1})};
    std::vector<double> absolute, relative;
    for (const PointMatch& match : rows) {
        bool is_known = false;
        std::optional<Movement> by_absolute, by_relative;
        for (Index entry = 0; entry < figure.each; ++entry) {
            const Movement movement{match, entry, entry_at(first.values, match.first, entry),
                                    entry_at(second.values, match.second, entry)};
            is_known = is_known || !(std::isnan(movement.before) || std::isnan(movement.after));
            if (!has_moved(movement.before, movement.after)) continue;
            keep_further(by_absolute, movement, &Movement::absolute);
            keep_further(by_relative, movement, &Movement::relative);
        }
        if (is_known) ++figure.compared;
        if (!by_absolute) continue;
        ++figure.moved;
        ++(by_absolute->absolute() > 0.0 ? figure.up : figure.down);
        absolute.push_back(by_absolute->absolute());
        keep_further(figure.largest_absolute, *by_absolute, &Movement::absolute);
        if (!by_relative) continue;
        relative.push_back(by_relative->relative());
        keep_further(figure.largest_relative, *by_relative, &Movement::relative);
    }
    figure.median_absolute = median(std::move(absolute));
    figure.median_relative = median(std::move(relative));
    return figure;
}

} // namespace ohmloom
