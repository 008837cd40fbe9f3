// Currents and KCL errors of a single operating point, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/single_line_currents.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "devicemodels/cell_laws-inl.h"
#include "devicemodels/lanes-inl.h"
#include "solver/along_lines-inl.h"
#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <variant>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// What PointErrors reports, over the rows so far; a NaN stays.
struct PointExtremes {
    double error = 0.0, rounding = 0.0, current = 0.0;

    static void take(double value, double& largest) {
        if (!(std::abs(value) <= largest)) largest = std::abs(value);
    }
};

/// The cells of one row: where their numbers lie.
struct CellRow {
    const double* g;
    const double* shape; ///< nullptr: SinglePoint::shape
    const double* w;     ///< of each line
    const double* b;
    double* i;     ///< the array of residuals keeps the cell currents until the columns are evaluated
    double* slope; ///< of nonlinear cells
};

/// i = g·v
double evaluate_linear_cells(Index lines, const CellRow& row) {
    RunningSum<double> i_row;
    along(0, lines, [&](auto tag, Index l) HWY_ATTR {
        const auto v = hn::Sub(hn::LoadU(tag, row.w + l), hn::LoadU(tag, row.b + l));
        const auto i = hn::Mul(hn::LoadU(tag, row.g + l), v);
        hn::StoreU(i, tag, row.i + l);
        i_row.add(tag, i);
    });
    return i_row.total();
}

/// Currents and slopes by a law. Cells that differ only in a factor go side by side, others one by one.
template <class Cell>
double evaluate_cells(const Cell& cell, Index lines, const CellRow& row, double shape) {
    Index l = 0;
    if constexpr (Cell::scales_with_g) {
        for (; row.shape == nullptr && l + half() <= lines; l += half()) {
            const LaneValues v(hn::Sub(hn::LoadU(Tag(), row.w + l), hn::LoadU(Tag(), row.b + l)));
            const auto g = hn::LoadU(Tag(), row.g + l);
            const auto unit = evaluate_law(cell, 1.0, shape, v);
            hn::StoreU(hn::Mul(g, unit.current.v), Tag(), row.i + l);
            hn::StoreU(hn::Mul(g, unit.slope.v), Tag(), row.slope + l);
        }
    }
    for (; l < lines; ++l) {
        const double own_shape = row.shape == nullptr ? shape : row.shape[l];
        const auto point = evaluate_law(cell, row.g[l], own_shape, row.w[l] - row.b[l]);
        row.i[l] = point.current;
        row.slope[l] = point.slope;
    }
    return sum(row.i, lines);
}

/// Cell currents of row r and the line currents so far; returns the row's.
double evaluate_row_cells(const LineSystem& system, SinglePoint& point, Index r) {
    const Index first = r * system.lines;
    const CellRow row{system.g.data() + first,
                      point.one_shape ? nullptr : system.shape.data() + first,
                      potentials_of_lines<double>(system, point.paired, point.w.data() + r * system.sites),
                      point.b.data() + first,
                      point.f_b.data() + first,
                      point.slopes.data() + (point.slopes.empty() ? 0 : first)};
    const double i_row = std::visit(
        [&](const auto& cell) HWY_ATTR {
            if constexpr (std::decay_t<decltype(cell)>::is_linear) {
                return evaluate_linear_cells(system.lines, row);
            } else {
                return evaluate_cells(cell, system.lines, row, point.shape);
            }
        },
        system.cell);
    double* i_col = point.i_col.data();
    along(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
        const auto i = hn::LoadU(tag, row.i + l);
        hn::StoreU(r == 0 ? i : hn::Add(hn::LoadU(tag, i_col + l), i), tag, i_col + l);
    });
    return point.i_row[static_cast<std::size_t>(r)] = i_row;
}

/// A merged row has one equation, which stands at site 0; one held by its source has none.
void evaluate_merged_row(const LineSystem& system, SinglePoint& point, Index r, PointExtremes& extremes) {
    double* f = point.f_w.data() + r * system.sites;
    std::fill_n(f, system.sites, 0.0);
    const double hold = system.row_hold[static_cast<std::size_t>(r)];
    if (std::isinf(hold)) return;
    const double v_source = point.v_row[static_cast<std::size_t>(r)];
    f[0] = hold * (v_source - point.w[static_cast<std::size_t>(r * system.sites)]) -
           point.i_row[static_cast<std::size_t>(r)];
    PointExtremes::take(f[0], extremes.error);
    PointExtremes::take(hold * v_source, extremes.rounding);
}

/// Minus the KCL errors of the row nodes of row r.
void evaluate_row_nodes(const LineSystem& system, SinglePoint& point, Index r, PointExtremes& extremes) {
    const Index first = r * system.sites, last = system.sites - 1;
    const double* link = system.row_link.row(r);
    const double* tie = system.row_tie.row(r);
    const double* w = point.w.data() + first;
    double* f = point.f_w.data() + first;
    const double v_source = point.v_row[static_cast<std::size_t>(r)];
    sum_sites(system, point.f_b.data() + r * system.lines, f);
    LargestMagnitude<double> error, rounding;
    const auto at_source = [&](auto tag, Index s) HWY_ATTR {
        const auto w_here = hn::LoadU(tag, w + s), tie_here = hn::LoadU(tag, tie + s);
        rounding.take(tag, hn::Mul(hn::Add(hn::LoadU(tag, link + s), tie_here), w_here));
        return hn::MulSub(tie_here, hn::Sub(hn::Set(tag, v_source), w_here), hn::LoadU(tag, f + s));
    };
    const auto from_left = [&](auto tag, Index s, auto sum) HWY_ATTR {
        return hn::MulAdd(hn::LoadU(tag, link + s - 1),
                          hn::Sub(hn::LoadU(tag, w + s - 1), hn::LoadU(tag, w + s)), sum);
    };
    const auto from_right = [&](auto tag, Index s, auto sum) HWY_ATTR {
        return hn::MulAdd(hn::LoadU(tag, link + s), hn::Sub(hn::LoadU(tag, w + s + 1), hn::LoadU(tag, w + s)),
                          sum);
    };
    const auto finish = [&](auto tag, Index s, auto sum) HWY_ATTR {
        hn::StoreU(sum, tag, f + s);
        error.take(tag, sum);
    };
    const hn::CappedTag<double, 1> one;
    auto sum = at_source(one, 0);
    if (last > 0) sum = from_right(one, 0, sum);
    finish(one, 0, sum);
    along(1, last, [&](auto tag, Index s) HWY_ATTR {
        finish(tag, s, from_right(tag, s, from_left(tag, s, at_source(tag, s))));
    });
    if (last > 0) finish(one, last, from_left(one, last, at_source(one, last)));
    PointExtremes::take(error.value(), extremes.error);
    PointExtremes::take(rounding.value(), extremes.rounding);
}

/// Minus the KCL errors of the column nodes of row r, in the place of the cell currents.
void evaluate_column_nodes(const LineSystem& system, SinglePoint& point, Index r, PointExtremes& extremes) {
    const Index lines = system.lines, first = r * lines;
    const bool has_above = r > 0, has_below = r + 1 < system.rows;
    const double* v = point.v_col.data();
    const double* b = point.b.data() + first;
    const double* link = system.col_link.row(r);
    const double* link_above = system.col_link.row(has_above ? r - 1 : r);
    const double* tie = system.col_tie.row(r);
    double* f = point.f_b.data() + first;
    LargestMagnitude<double> error, rounding;
    along(0, lines, [&](auto tag, Index l) HWY_ATTR {
        const auto b_here = hn::LoadU(tag, b + l), tie_here = hn::LoadU(tag, tie + l),
                   link_here = hn::LoadU(tag, link + l);
        auto sum = hn::MulAdd(tie_here, hn::Sub(hn::LoadU(tag, v + l), b_here), hn::LoadU(tag, f + l));
        if (has_above)
            sum = hn::MulAdd(hn::LoadU(tag, link_above + l), hn::Sub(hn::LoadU(tag, b + l - lines), b_here),
                             sum);
        if (has_below) sum = hn::MulAdd(link_here, hn::Sub(hn::LoadU(tag, b + l + lines), b_here), sum);
        hn::StoreU(sum, tag, f + l);
        error.take(tag, sum);
        rounding.take(tag, hn::Mul(hn::Add(link_here, tie_here), b_here));
    });
    PointExtremes::take(error.value(), extremes.error);
    PointExtremes::take(rounding.value(), extremes.rounding);
}

void evaluate_merged_columns(const LineSystem& system, SinglePoint& point, PointExtremes& extremes) {
    for (Index l = 0; l < system.lines; ++l) {
        const auto at = static_cast<std::size_t>(l);
        const double hold = system.col_hold[at];
        if (std::isinf(hold)) continue;
        const double tie = hold * (point.v_col[at] - point.b[at]);
        point.f_b[at] += tie;
        PointExtremes::take(point.i_col[at] + tie, extremes.error);
        PointExtremes::take(hold * point.b[at], extremes.rounding);
    }
}

line_kernels::PointErrors evaluate_point(const LineSystem& system, SinglePoint& point) {
    PointExtremes extremes;
    for (Index r = 0; r < system.rows; ++r) {
        PointExtremes::take(evaluate_row_cells(system, point, r), extremes.current);
        if (system.rows_merged) {
            evaluate_merged_row(system, point, r, extremes);
        } else {
            evaluate_row_nodes(system, point, r, extremes);
        }
        // The row above has its neighbours' currents, and is still in the cache.
        if (r > 0 && !system.cols_merged) evaluate_column_nodes(system, point, r - 1, extremes);
    }
    for (const double i : point.i_col) PointExtremes::take(i, extremes.current);
    if (system.cols_merged) {
        evaluate_merged_columns(system, point, extremes);
    } else {
        evaluate_column_nodes(system, point, system.rows - 1, extremes);
    }
    point.largest_error = extremes.error;
    constexpr double few_roundings = 16.0 * std::numeric_limits<double>::epsilon();
    return {{extremes.error}, {extremes.current}, {few_roundings * extremes.rounding}};
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(evaluate_point);

namespace line_kernels {

PointErrors evaluate(const LineSystem& system, SinglePoint& point) {
    return HWY_DYNAMIC_DISPATCH(evaluate_point)(system, point);
}

} // namespace line_kernels

} // namespace ohmloom
#endif
