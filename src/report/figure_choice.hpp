#pragma once

#include <string>

namespace ohmloom {

/// What figures over axes show. Axes that are not named are chosen by what the result has.
struct FigureChoice {
    std::string figure = "accuracy"; ///< a figure of the result
    std::string over; ///< an axis, or a figure: then rows are points of a curve, by its rising values
    std::string curves, panels; ///< axes; "none" for one curve, one panel
};

} // namespace ohmloom
