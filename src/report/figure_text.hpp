#pragma once

#include "report/result_data.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Text between double quotes, as gnuplot and its data files take it.
std::string in_quotes(std::string_view text);

/// Tics of an axis ("x" or "y") named by levels, at 0, 1, …
std::string named_tics(const char* axis, const std::vector<std::string>& names);

/// "accuracy / %" or "power / W": a figure and its unit.
std::string figure_title(const ResultFigure& figure);
/// 100 for figures that are told in percent.
double figure_factor(const ResultFigure& figure);

/// "device.r_on / Ohm".
std::string axis_title(const ResultAxis& axis);

} // namespace ohmloom
