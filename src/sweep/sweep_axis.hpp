#pragma once

#include "base/matrix.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// How an axis got its values.
enum class AxisKind {
    list,
    range,   ///< evenly spaced
    log,     ///< evenly spaced in the logarithm
    sample,  ///< drawn: Latin hypercube, Sobol, Monte Carlo
    corner,  ///< named sets of values
    draw,    ///< new seeds of some sources of variation
    repeat,  ///< new seeds of all
    derived, ///< worked out from others
};
std::string_view name_of(AxisKind kind);

/// One key of a study that a sweep varies. An axis has literals or numbers, one per step.
struct SweepAxis {
    std::string key; ///< path within the study; "corner", "draw" and "repeat" stand for themselves
    AxisKind kind = AxisKind::list;
    std::vector<std::string> literals; ///< as TOML writes them; an empty one leaves the study as it is
    std::vector<double> numbers;

    [[nodiscard]] Index steps() const;
    /// Value at a step as TOML writes it.
    [[nodiscard]] std::string literal(Index step) const;
};

/// The number that a TOML value stands for, SI prefixes and units understood; not a number for anything else.
double number_of_literal(std::string_view literal);
/// A number as TOML writes it, so that it is read back exactly.
std::string literal_of_number(double value);

/// Axes that take their steps together.
struct AxisGroup {
    std::vector<SweepAxis> axes; ///< at least one, all with the same number of steps
    [[nodiscard]] Index steps() const { return axes.front().steps(); }
};

} // namespace ohmloom
