#pragma once

#include "devicemodels/cell_face.hpp"
#include "devicemodels/cell_point.hpp"
#include "devicemodels/cell_types.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ohmloom {

// `CellModel` (cell_types.hpp, written from the folders of devicemodels/) is the current law of the cells of an array:
// one law, with one set of parameters, per array. Two numbers may differ from cell to cell: the conductance at zero
// bias `g`, and a second one that each law names, `shape`.
///
// A law is written once, in its folder's `*_law-inl.h`, as a function template over the number type; engines
// instantiate it for their SIMD lanes through cell_laws-inl.h, everybody else calls the functions below.
// At shape 0 the laws that have such a number (pcm, mram) are ohmic; the others take no notice of it.
// What a cell type must have, README.md of this folder tells.

/// True if the current is proportional to the voltage, so that the array is one linear map.
inline bool is_linear(const CellModel& model) {
    return std::visit([](const auto& cell) { return cell.is_linear; }, model);
}

/// True if the slope at a voltage is proportional to `g`.
inline bool slope_scales_with_g(const CellModel& model) {
    return std::visit([](const auto& cell) { return cell.scales_with_g; }, model);
}

/// Current and slope of a cell at the voltage `v` [V].
CellPoint evaluate_cell(const CellModel& model, double g, double shape, double v);

/// Current [A] and slope [S] of one cell at many voltages, all of the same length, on the widest SIMD unit there is.
void evaluate_cell(const CellModel& model, double g, double shape, std::span<const double> v,
                   std::span<double> current, std::span<double> slope);

/// What a law covers: no limits unless the law has a `range()`.
CellRange range_of(const CellModel& model);

/// Checks the parameters that all cells share.
/// @throws InputError naming the one that is out of range.
void validate(const CellModel& model);

/// The law as an expression for a SPICE behavioural source, ready for `i=`: the same current as evaluate_cell within
/// |v| where no exponential exceeds 80. `v` is the expression of the cell's voltage, such as "v(w_0_0,b_0_0)".
std::string spice_current(const CellModel& model, double g, double shape, std::string_view v);

/// The law as SPICE subcircuits whose parameters differ from cell to cell; none if the law does not bring them.
std::vector<CellFace> cell_faces(const CellModel& model, const FormulaStyle& style = {});

/// One cell as a call of one of cell_faces(), which are not none.
CellFaceCall call_cell_face(const CellModel& model, double g, double shape);

} // namespace ohmloom
