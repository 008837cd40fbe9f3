#pragma once

#include "study/point_names.hpp"
#include "study/stored_points.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// How far a figure has moved at one row: of those with an entry per layer, the entry that moved furthest.
struct Movement {
    PointMatch rows;
    Index entry = 0;
    double before = 0.0, after = 0.0;

    [[nodiscard]] double absolute() const { return after - before; }
    /// In parts of what it was; not a number where that was 0.
    [[nodiscard]] double relative() const {
        return before == 0.0 ? std::numeric_limits<double>::quiet_NaN() : (after - before) / std::abs(before);
    }
};

/// How a figure moved over all rows that two results have.
struct FigureMovement {
    std::string name, unit;
    Index each = 1;                                                    ///< entries a row
    Index compared = 0;                                                ///< rows where both have worked it out
    Index moved = 0;                                                   ///< of them
    Index up = 0, down = 0;                                            ///< of those
    double median_absolute = std::numeric_limits<double>::quiet_NaN(); ///< of those that moved [unit]
    double median_relative =
        std::numeric_limits<double>::quiet_NaN(); ///< of those that moved from something else than 0
    std::optional<Movement> largest_absolute{}, largest_relative{}; ///< the first of equals
};

/// Rows are those of the two figures' own results. Narrower lists are padded with 0, as networks of fewer layers are.
FigureMovement movement_of(const std::string& name, const StoredFigure& first, const StoredFigure& second,
                           const std::vector<PointMatch>& rows);

} // namespace ohmloom
