#pragma once

#include "report/figure_choice.hpp"
#include "report/paper_figures.hpp"

#include <optional>

namespace ohmloom {

/// A figure over an axis, or over another figure: curves with their bands (one row's 95 % interval, the middle 95 % of repetitions), a panel per
/// level of a third axis. Axes beyond these stand at their first levels, which the title tells.
/// None if the result has no axes. @throws InputError if it has not what the choice names.
std::optional<PaperFigure> figure_over_axis(const ResultData& result, const FigureChoice& choice);

/// A figure over two axes as heat maps with their numbers, likewise.
std::optional<PaperFigure> figure_over_two_axes(const ResultData& result, const FigureChoice& choice);

/// Accuracy against the error of products, see compare_at_equal_error().
std::optional<PaperFigure> figure_over_error(const ResultData& result);

} // namespace ohmloom
