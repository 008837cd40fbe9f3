#pragma once

#include "base/matrix.hpp"

#include <cmath>

namespace ohmloom {

/// Shape of a bundle of equal output lines, all in one partition: a line is a ladder of its cells and of the wire
/// segments between them, its inputs are ideal sources, and its foot lies one segment behind the last cell.
///
///     x[0] –g[0]– b[0] –r– b[1] – … – b[rows−1] –r– foot
///                          |g[1]
///                         x[1]
///
/// Arrays over the bundle are [rows x lines], row-major, so that loops over lines run along memory.
struct LadderShape {
    Index rows = 0;
    Index lines = 0;
};

/// What line_ladder_transfer() keeps for line_ladder_gradient(); both [rows x lines].
template <class T>
struct LadderTrace {
    Matrix<T> foot_potential; ///< h: node potential with the foot at 1 and all inputs at 0
    Matrix<T> inverse_pivot;  ///< of the tridiagonal elimination from the far end to the foot
};

/// Current into the foot, held at potential 0, per unit of each input: m = g o h by reciprocity.
///
/// Node equations times r:  (r·g[k] + n[k])·h[k] − h[k−1] − h[k+1] = [k is last],  n = number of segments at the node.
/// Exact at r = 0, where h = 1. g, m: [rows x lines]; m has the unit of g.
template <class T>
void line_ladder_transfer(const LadderShape& shape, const T* g, T r_segment, T* m, LadderTrace<T>& trace) {
    const Index rows = shape.rows, lines = shape.lines;
    trace.foot_potential = Matrix<T>(rows, lines);
    trace.inverse_pivot = Matrix<T>(rows, lines);
    for (Index k = 0; k < rows; ++k) {
        T* pivot = trace.inverse_pivot.row(k).data();
        const T* above = k > 0 ? trace.inverse_pivot.row(k - 1).data() : nullptr;
        const T segments = k > 0 ? T{2} : T{1};
        for (Index j = 0; j < lines; ++j) {
            const T diagonal = r_segment * g[k * lines + j] + segments - (above != nullptr ? above[j] : T{0});
            pivot[j] = T{1} / diagonal;
        }
    }
    for (Index k = rows - 1; k >= 0; --k) {
        T* h = trace.foot_potential.row(k).data();
        const T* below = k + 1 < rows ? trace.foot_potential.row(k + 1).data() : nullptr;
        const T* pivot = trace.inverse_pivot.row(k).data();
        for (Index j = 0; j < lines; ++j) {
            h[j] = (below != nullptr ? below[j] : T{1}) * pivot[j];
            m[k * lines + j] = g[k * lines + j] * h[j];
        }
    }
}

/// Pulls a gradient on m back to g: with K the matrix of the node equations above and q = dL/dm,
/// dL/dg[k] = q[k]·h[k] − r·h[k]·(K⁻¹ (q o g))[k].
template <class T>
void line_ladder_gradient(const LadderShape& shape, const T* g, T r_segment, const LadderTrace<T>& trace,
                          const T* q, T* dg) {
    const Index rows = shape.rows, lines = shape.lines;
    // dg holds the elimination's right-hand side on the way down and the gradient on the way back.
    for (Index k = 0; k < rows; ++k) {
        const T* above = k > 0 ? trace.inverse_pivot.row(k - 1).data() : nullptr;
        for (Index j = 0; j < lines; ++j) {
            const T carried = above != nullptr ? dg[(k - 1) * lines + j] * above[j] : T{0};
            dg[k * lines + j] = q[k * lines + j] * g[k * lines + j] + carried;
        }
    }
    std::vector<T> y(static_cast<std::size_t>(lines), T{0});
    for (Index k = rows - 1; k >= 0; --k) {
        const T* pivot = trace.inverse_pivot.row(k).data();
        const T* h = trace.foot_potential.row(k).data();
        for (Index j = 0; j < lines; ++j) {
            T& y_j = y[static_cast<std::size_t>(j)];
            y_j = (dg[k * lines + j] + y_j) * pivot[j];
            dg[k * lines + j] = h[j] * (q[k * lines + j] - r_segment * y_j);
        }
    }
}

} // namespace ohmloom
