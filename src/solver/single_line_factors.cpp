// The chains' factors for steps of a single operating point, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/single_line_factors.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/along_lines-inl.h"
#include "solver/row_strip-inl.h"
#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

double invert_sum(double sum) {
    return sum == 0.0 || std::isinf(sum) ? 0.0 : 1.0 / sum;
}

/// 1/whole, and 0 for a node without any connection, which stays where it is.
template <class T>
HWY_INLINE T invert_pivot(T whole) {
    return whole < std::numeric_limits<T>::min() ? T{0} : T{1} / whole;
}

/// The rows of a strip are eliminated side by side.
template <class T>
void factorise_strip(const LineSystem& system, PointGradients<T>& step, Index first_row) {
    const Index offset = first_row * step.padded_sites;
    const Index end = std::min(first_row + strip_rows, system.rows);
    const bool alike = step.row_gain.empty();
    std::fill(step.strip.begin(), step.strip.end(), T{0});
    // Until eliminated: what a node conducts to cells and terminal, and the link to the next node.
    T* HWY_RESTRICT pivot = step.row_pivot.data() + offset;
    T* HWY_RESTRICT gain = alike ? nullptr : step.row_gain.data() + offset;
    if (!alike) {
        for (Index r = first_row; r < end; ++r)
            std::copy_n(system.row_link.row(r), system.sites, strip_row(step, r));
        transpose_strip(step.strip.data(), step.padded_sites, gain);
    }
    for (Index r = first_row; r < end; ++r) {
        T* HWY_RESTRICT own = strip_row(step, r);
        const double* HWY_RESTRICT tie = system.row_tie.row(r);
        sum_sites(system, step.g.data() + r * system.lines, own);
        for (Index s = 0; s < system.sites; ++s) own[s] += static_cast<T>(tie[s]);
    }
    transpose_strip(step.strip.data(), step.padded_sites, pivot);
    T below[strip_rows] = {};
    for (Index s = 0; s < step.padded_sites; ++s) {
        for (Index j = 0; j < strip_rows; ++j) {
            const Index at = s * strip_rows + j;
            const T link = alike ? step.row_link[static_cast<std::size_t>(s)] : gain[at];
            const T to_terminal = pivot[at] + below[j];
            pivot[at] = invert_pivot(to_terminal + link);
            const T onward = link * pivot[at];
            if (!alike) gain[at] = onward;
            below[j] = onward * to_terminal;
        }
    }
}

template <class T>
void factorise_column_nodes(const LineSystem& system, PointGradients<T>& step, Index r,
                            T* HWY_RESTRICT below) {
    const T* HWY_RESTRICT g = step.g.data() + r * system.lines;
    const T* HWY_RESTRICT link = step.col_link.row(r);
    const T* HWY_RESTRICT tie = step.col_tie.row(r);
    T* HWY_RESTRICT pivot = step.col_pivot.data() + r * system.lines;
    for (Index l = 0; l < system.lines; ++l) {
        const T own = g[l] + tie[l] + below[l];
        pivot[l] = invert_pivot(own + link[l]);
        below[l] = link[l] * own * pivot[l];
    }
}

template <class T>
void factorise_in(const LineSystem& system, SinglePoint& point, PointGradients<T>& step) {
    const Index lines = system.lines;
    std::vector<double> sums = system.col_hold; // of merged columns
    std::vector<T> below(static_cast<std::size_t>(lines), T{0});
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        if constexpr (!PointGradients<T>::is_double) {
            const double* HWY_RESTRICT from = point.slope.data() + first * lines;
            T* HWY_RESTRICT to = step.own_g.data() + first * lines;
            for (Index i = 0; i < (end - first) * lines; ++i) to[i] = static_cast<T>(from[i]);
        }
        if (!system.rows_merged) factorise_strip(system, step, first);
        for (Index r = first; r < end; ++r) {
            const double* HWY_RESTRICT slope = point.slope.data() + r * lines;
            const auto at = static_cast<std::size_t>(r);
            if (system.rows_merged)
                step.row_pivot[at] = static_cast<T>(invert_sum(system.row_hold[at] + sum(slope, lines)));
            if (system.cols_merged) {
                for (Index l = 0; l < lines; ++l) sums[static_cast<std::size_t>(l)] += slope[l];
            } else {
                factorise_column_nodes(system, step, r, below.data());
            }
        }
    }
    if (!system.cols_merged) return;
    std::transform(sums.begin(), sums.end(), step.col_pivot.begin(),
                   [](double sum) { return static_cast<T>(invert_sum(sum)); });
}

void factorise_point(const LineSystem& system, SinglePoint& point) {
    if (point.in_double) {
        factorise_in(system, point, *point.doubles);
    } else {
        factorise_in(system, point, *point.singles);
    }
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(factorise_point);

namespace line_kernels {

void factorise(const LineSystem& system, SinglePoint& point) {
    HWY_DYNAMIC_DISPATCH(factorise_point)(system, point);
}

} // namespace line_kernels

} // namespace ohmloom
#endif
