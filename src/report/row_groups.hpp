#pragma once

#include "report/result_data.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// The values that an axis takes, and which of them each row has.
struct AxisLevels {
    const ResultAxis* axis = nullptr;
    std::vector<std::string> names; ///< of the levels; numbers rise, texts come in the order of the rows
    std::vector<double> numbers;    ///< [levels]; of texts their places 0, 1, …
    std::vector<Index> of_row;      ///< [rows] place among the levels
    /// A key that corners step through: rows of other corners have the study's own value, so that its levels mean something within corners only.
    bool is_stepped = false;
    [[nodiscard]] bool is_text() const { return axis->numbers.empty(); }
};

/// Axes of more than one level, without those whose levels follow from another's. With `repetitions` those of kind "repeat" or "draw", which say how far results scatter; else the others.
std::vector<AxisLevels> axes_with_levels(const ResultData& result, bool repetitions = false);

/// What rows say together.
struct RowSummary {
    Index count = 0;
    double value = 0.0; ///< of one row its number, of several their median
    double
        low = 0.0,
        high =
            0.0; ///< of one row its 95 % interval, if the figure is the accuracy; of several their middle 95 %
};

/// None if no row has a number.
std::optional<RowSummary> summarise(const ResultData& result, const ResultFigure& figure,
                                    std::span<const Index> rows);

/// Rows that differ in repetitions only, together; groups in the order of their first rows.
struct RowGroup {
    std::string name;
    std::vector<Index> rows;
};
std::vector<RowGroup> groups_of_rows(const ResultData& result);

/// Between order statistics, straight: the value below which this part of the numbers lies. `sorted` rises and is not empty.
double quantile(std::span<const double> sorted, double part);

} // namespace ohmloom
