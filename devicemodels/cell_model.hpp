#pragma once

#include "devicemodels/cbram/ecm_cell.hpp"
#include "devicemodels/linear/linear.hpp"
#include "devicemodels/mram/mram_cell.hpp"
#include "devicemodels/pcm/pcm_cell.hpp"
#include "devicemodels/sinh/sinh.hpp"
#include "devicemodels/table/table_cell.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ohmloom {

/// Current law of the cells of an array. One law, with one set of parameters, per array; two numbers may differ
/// from cell to cell: the conductance at zero bias `g`, and a second one that each law names, `shape`.
///
/// A law is written once, in its folder's `*_law-inl.h`, as a function template over the number type; engines
/// instantiate it for their SIMD lanes through cell_laws-inl.h, everybody else calls the functions below.
/// At shape 0 the laws that have such a number (pcm, mram) are ohmic; the others take no notice of it.
using CellModel = std::variant<LinearCell, SinhCell, TableCell, PcmCell, MramCell, EcmCell>;

/// True if the current is proportional to the voltage, so that the array is one linear map.
inline bool is_linear(const CellModel& model) {
    return std::visit([](const auto& cell) { return cell.is_linear; }, model);
}

/// True if the slope at a voltage is proportional to `g`.
inline bool slope_scales_with_g(const CellModel& model) {
    return !std::holds_alternative<TableCell>(model) && !std::holds_alternative<EcmCell>(model);
}

/// A cell at one voltage.
struct CellPoint {
    double current = 0.0; ///< [A] from top to bottom
    double slope = 0.0;   ///< [S] dI/dv
};

/// Current and slope of a cell at the voltage `v` [V].
CellPoint evaluate_cell(const CellModel& model, double g, double shape, double v);

/// Current [A] and slope [S] of one cell at many voltages, all of the same length, on the widest SIMD unit there is.
void evaluate_cell(const CellModel& model, double g, double shape, std::span<const double> v,
                   std::span<double> current, std::span<double> slope);

/// What a law covers: beyond it, results are extrapolated and to be refused.
struct CellRange {
    double v_low, v_high; ///< [V] of the voltage across a cell; infinite for formulas
    double g_low, g_high; ///< [S] of the conductance at zero bias; 0 is always allowed: no cell
};
CellRange range_of(const CellModel& model);

/// Checks the parameters that all cells share.
/// @throws InputError naming the one that is out of range.
void validate(const CellModel& model);

/// The law as an expression for a SPICE behavioural source, ready for `i=`: the same current as evaluate_cell within
/// |v| where no exponential exceeds 80. `v` is the expression of the cell's voltage, such as "v(w_0_0,b_0_0)".
std::string spice_current(const CellModel& model, double g, double shape, std::string_view v);

} // namespace ohmloom
