#pragma once

#include "devicemodels/linear/linear.hpp"
#include "devicemodels/sinh/sinh.hpp"

#include <variant>

namespace ohmloom {

/// Current law of the cells of an array. One law per array; the zero-bias conductance differs from cell to
/// cell.
using CellModel = std::variant<LinearCell, SinhCell>;

/// True if the current is proportional to the voltage, so that the array is one linear map.
inline bool is_linear(const CellModel& model) {
    return std::visit([](const auto& cell) { return cell.is_linear; }, model);
}

} // namespace ohmloom
