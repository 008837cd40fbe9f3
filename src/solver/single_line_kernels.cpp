// The kernels of the `lines` engine for a single operating point, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/single_line_kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/along_lines-inl.h"
#include "solver/point_modes-inl.h"
#include "solver/row_strip-inl.h"
#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// Solves the rows of a strip in place: T_r·u = rhs, all rows of the strip side by side.
template <class T>
void solve_strip(const LineSystem& system, PointGradients<T>& step, Index first_row) {
    if (system.rows_merged) {
        for (Index r = first_row; r < std::min(first_row + strip_rows, system.rows); ++r) {
            T* row = strip_row(step, r);
            const T all = static_cast<T>(sum(row, system.sites));
            std::fill_n(row, system.sites, all * step.row_pivot[static_cast<std::size_t>(r)]);
        }
        return;
    }
    const Index offset = first_row * step.padded_sites;
    const T* gain = step.row_gain.empty() ? nullptr : step.row_gain.data() + offset;
    solve_rows(StripFactors<T>{step.row_pivot.data() + offset, gain, step.row_link.data()}, step.padded_sites,
               step.strip.data(), step.swept.data());
}

/// Row r of the residual on its way forward along the columns, from the node above; see LaneBlock::y.
template <class T>
class ForwardRow {
public:
    HWY_INLINE ForwardRow(const LineSystem& system, PointGradients<T>& step, Index r)
        : merged_(system.cols_merged), below_first_(r > 0),
          y_(step.y.data() + (merged_ ? 0 : r * system.lines)),
          above_(y_ - (merged_ || r == 0 ? 0 : system.lines)),
          pivot_(step.col_pivot.data() + (y_ - step.y.data())), link_(step.col_link.row(r > 0 ? r - 1 : r)) {}

    template <class D>
    HWY_INLINE void sweep(D tag, Index l, hn::Vec<D> residual) const {
        if (merged_) {
            hn::StoreU(below_first_ ? hn::Add(residual, hn::LoadU(tag, y_ + l)) : residual, tag, y_ + l);
            return;
        }
        if (below_first_)
            residual = hn::MulAdd(hn::LoadU(tag, link_ + l), hn::LoadU(tag, above_ + l), residual);
        hn::StoreU(hn::Mul(residual, hn::LoadU(tag, pivot_ + l)), tag, y_ + l);
    }

private:
    bool merged_, below_first_;
    T* y_;
    const T* above_;
    const T* pivot_;
    const T* link_;
};

template <class T>
double largest_of_merged_columns(const LineSystem& system, const PointGradients<T>& step) {
    double largest = 0.0;
    for (Index l = 0; l < system.lines; ++l) {
        const auto at = static_cast<std::size_t>(l);
        if (!std::isinf(system.col_hold[at]))
            largest = std::max(largest, static_cast<double>(std::abs(step.y[at])));
    }
    return largest;
}

/// to = factor·from, in another precision.
template <class To, class From>
HWY_INLINE void copy_scaled(Index count, double factor, const From* HWY_RESTRICT from, To* HWY_RESTRICT to) {
    for (Index i = 0; i < count; ++i) to[i] = static_cast<To>(factor * from[i]);
}

/// The power of two that brings numbers of this size near 1.
double scale_of(double size) {
    return size > 0.0 && std::isfinite(size) ? std::ldexp(1.0, -std::ilogb(size)) : 1.0;
}

template <class T>
line_kernels::One begin_in(const LineSystem& system, SinglePoint& point, PointGradients<T>& step) {
    constexpr bool same_residual = PointGradients<T>::is_double; // r is f_b
    LargestMagnitude<T> largest;
    step.sums.fill(0.0);
    step.fresh = true;
    if (!same_residual) step.scale = scale_of(point.largest_error);
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        for (Index r = first; r < end; ++r)
            copy_scaled(system.sites, step.scale, point.f_w.data() + r * system.sites, strip_row(step, r));
        solve_strip(system, step, first);
        for (Index r = first; r < end; ++r) {
            const T* u = potentials_of_lines<T>(system, step.paired, strip_row(step, r));
            const T* g = step.g.data() + r * system.lines;
            T* residual = step.r.data() + r * system.lines;
            if constexpr (!same_residual)
                copy_scaled(system.lines, step.scale, point.f_b.data() + r * system.lines, residual);
            const ForwardRow<T> forward(system, step, r);
            along<T>(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
                const auto sum =
                    hn::MulAdd(hn::LoadU(tag, g + l), hn::LoadU(tag, u + l), hn::LoadU(tag, residual + l));
                hn::StoreU(sum, tag, residual + l);
                largest.take(tag, sum);
                forward.sweep(tag, l, sum);
            });
            if (point.coarse) add_to_modes(system, point, step, r);
        }
    }
    return {(system.cols_merged ? largest_of_merged_columns(system, step) : largest.value()) / step.scale};
}

/// z of row r, whose columns come from below: T_c⁻¹·r, and the coarse correction, whose image under T_c is left in s: the
/// corrections of the neighbours, which it needs, are not kept until the rows of the strip are solved.
template <class T>
void precondition_row(const LineSystem& system, SinglePoint& point, PointGradients<T>& step, Index r) {
    const Index lines = system.lines, first = r * lines;
    const T* pivot = step.col_pivot.data() + (system.cols_merged ? 0 : first);
    T* z = step.z.data() + first;
    if (system.cols_merged) {
        along<T>(0, lines, [&](auto tag, Index l) HWY_ATTR {
            hn::StoreU(hn::Mul(hn::LoadU(tag, step.y.data() + l), hn::LoadU(tag, pivot + l)), tag, z + l);
        });
        return;
    }
    const T* link = step.col_link.row(r);
    const bool last = r + 1 == system.rows;
    // z takes the place of y; with a coarse correction, of which y knows nothing, the row below is kept beside it.
    T* solved = point.coarse ? step.solved.data() + r % 2 * lines : z;
    const T* solved_below = point.coarse ? step.solved.data() + (r + 1) % 2 * lines : z + lines;
    const auto back_substitute = [&](auto tag, Index l) HWY_ATTR {
        const auto swept = hn::LoadU(tag, z + l);
        if (last) return swept;
        return hn::MulAdd(hn::Mul(hn::LoadU(tag, link + l), hn::LoadU(tag, pivot + l)),
                          hn::LoadU(tag, solved_below + l), swept);
    };
    if (!point.coarse) {
        along<T>(0, lines,
                 [&](auto tag, Index l) HWY_ATTR { hn::StoreU(back_substitute(tag, l), tag, z + l); });
        return;
    }
    if (last) prolong_modes(system, point, step, r);
    if (r > 0) prolong_modes(system, point, step, r - 1);
    const T* g = step.g.data() + first;
    const T* tie = step.col_tie.row(r);
    const T* here = added_row(step, r, lines);
    // Where there is no row above or below, the row itself stands for it, and nothing flows.
    const T* above = r > 0 ? added_row(step, r - 1, lines) : here;
    const T* below = last ? here : added_row(step, r + 1, lines);
    const T* link_above = r > 0 ? step.col_link.row(r - 1) : link;
    T* s = step.s.data() + first;
    along<T>(0, lines, [&](auto tag, Index l) HWY_ATTR {
        const auto from_below = back_substitute(tag, l), added = hn::LoadU(tag, here + l);
        hn::StoreU(from_below, tag, solved + l);
        hn::StoreU(hn::Add(from_below, added), tag, z + l);
        auto image = hn::Mul(hn::Add(hn::LoadU(tag, g + l), hn::LoadU(tag, tie + l)), added);
        image = hn::MulAdd(hn::LoadU(tag, link_above + l), hn::Sub(added, hn::LoadU(tag, above + l)), image);
        image = hn::MulAdd(hn::LoadU(tag, link + l), hn::Sub(added, hn::LoadU(tag, below + l)), image);
        hn::StoreU(image, tag, s + l);
    });
}

/// s ← r − g·u (+ the image of the coarse correction that s holds), and the dot products of the row.
template <class T>
void finish_row(const LineSystem& system, const SinglePoint& point, PointGradients<T>& step, Index r,
                line_kernels::PointProducts& products) {
    const Index first = r * system.lines;
    const T* u = potentials_of_lines<T>(system, step.paired, strip_row(step, r));
    const T* g = step.g.data() + first;
    const T* residual = step.r.data() + first;
    const T* z = step.z.data() + first;
    T* s = step.s.data() + first;
    const bool coarse = point.coarse;
    RunningSum<T> rz, zs;
    along<T>(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
        const auto residual_here = hn::LoadU(tag, residual + l), z_here = hn::LoadU(tag, z + l);
        auto image = residual_here;
        if (coarse) image = hn::Add(image, hn::LoadU(tag, s + l));
        image = hn::NegMulAdd(hn::LoadU(tag, g + l), hn::LoadU(tag, u + l), image);
        hn::StoreU(image, tag, s + l);
        rz.add_product(tag, residual_here, z_here);
        zs.add_product(tag, z_here, image);
    });
    products.rz[0] += rz.total();
    products.zs[0] += zs.total();
}

/// The row's share of D·x in its place of the strip.
template <class T>
void put_cells(const LineSystem& system, PointGradients<T>& step, Index r, const T* HWY_RESTRICT x) {
    const T* HWY_RESTRICT g = step.g.data() + r * system.lines;
    T* HWY_RESTRICT to = strip_row(step, r);
    if (system.lines_per_site == 1) {
        for (Index l = 0; l < system.lines; ++l) to[l] = g[l] * x[l];
        return;
    }
    for (Index s = 0; s < system.sites; ++s) to[s] = g[2 * s] * x[2 * s] + g[2 * s + 1] * x[2 * s + 1];
}

template <class T>
line_kernels::PointProducts ascend_in(const LineSystem& system, SinglePoint& point, PointGradients<T>& step) {
    line_kernels::PointProducts products;
    const Index strips = (system.rows + strip_rows - 1) / strip_rows;
    for (Index strip = strips - 1; strip >= 0; --strip) {
        const Index first = strip * strip_rows, end = std::min(first + strip_rows, system.rows);
        for (Index r = end - 1; r >= first; --r) {
            precondition_row(system, point, step, r);
            put_cells(system, step, r, step.z.data() + r * system.lines);
        }
        solve_strip(system, step, first);
        for (Index r = end - 1; r >= first; --r) finish_row(system, point, step, r, products);
    }
    return products;
}

/// The factors of a pass down.
struct StepLengths {
    double alpha, beta;
};

template <class T>
line_kernels::One descend_in(const LineSystem& system, SinglePoint& point, PointGradients<T>& step,
                             const StepLengths& lengths) {
    const T alpha = static_cast<T>(lengths.alpha), beta = static_cast<T>(lengths.beta);
    const bool fresh = step.fresh; // x, p and q hold nothing yet
    LargestMagnitude<T> largest, wires;
    step.sums.fill(0.0);
    for (Index r = 0; r < system.rows; ++r) {
        const Index first = r * system.lines;
        T* p = step.p.data() + first;
        T* q = step.q.data() + first;
        T* x = step.x.data() + first;
        T* residual = step.r.data() + first;
        const T* z = step.z.data() + first;
        const T* s = step.s.data() + first;
        const T* link = step.col_link.row(r);
        const ForwardRow<T> forward(system, step, r);
        along<T>(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
            auto p_here = hn::LoadU(tag, z + l), q_here = hn::LoadU(tag, s + l), x_here = hn::Zero(tag);
            if (!fresh) {
                p_here = hn::MulAdd(hn::Set(tag, beta), hn::LoadU(tag, p + l), p_here);
                q_here = hn::MulAdd(hn::Set(tag, beta), hn::LoadU(tag, q + l), q_here);
                x_here = hn::LoadU(tag, x + l);
            }
            hn::StoreU(p_here, tag, p + l);
            hn::StoreU(q_here, tag, q + l);
            x_here = hn::MulAdd(hn::Set(tag, alpha), p_here, x_here);
            hn::StoreU(x_here, tag, x + l);
            if (fresh) wires.take(tag, hn::Mul(hn::LoadU(tag, link + l), x_here));
            const auto left = hn::NegMulAdd(hn::Set(tag, alpha), q_here, hn::LoadU(tag, residual + l));
            hn::StoreU(left, tag, residual + l);
            largest.take(tag, left);
            forward.sweep(tag, l, left);
        });
        if (point.coarse) add_to_modes(system, point, step, r);
    }
    if (fresh) {
        constexpr auto epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
        point.step_rounding = epsilon * wires.value() / step.scale;
    }
    step.fresh = false;
    return {(system.cols_merged ? largest_of_merged_columns(system, step) : largest.value()) / step.scale};
}

/// a += factor·b
template <class T>
HWY_INLINE void add_scaled(Index count, double factor, const T* HWY_RESTRICT b, double* HWY_RESTRICT a) {
    for (Index i = 0; i < count; ++i) a[i] += factor * static_cast<double>(b[i]);
}

template <class T>
void advance_in(const LineSystem& system, SinglePoint& point, PointGradients<T>& step, double length) {
    if (step.fresh) std::fill(step.x.begin(), step.x.end(), T{0});
    const double factor = length / step.scale;
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        for (Index r = first; r < end; ++r) {
            const T* x = step.x.data() + r * system.lines;
            put_cells(system, step, r, x);
            const double* HWY_RESTRICT f = point.f_w.data() + r * system.sites;
            T* HWY_RESTRICT row = strip_row(step, r);
            for (Index s = 0; s < system.sites; ++s) row[s] += static_cast<T>(step.scale * f[s]);
            add_scaled(system.lines, factor, x, point.b.data() + r * system.lines);
        }
        solve_strip(system, step, first);
        for (Index r = first; r < end; ++r)
            add_scaled(system.sites, factor, strip_row(step, r), point.w.data() + r * system.sites);
    }
}

line_kernels::One begin_point(const LineSystem& system, SinglePoint& point) {
    return point.in_double ? begin_in(system, point, *point.doubles)
                           : begin_in(system, point, *point.singles);
}
line_kernels::PointProducts ascend_point(const LineSystem& system, SinglePoint& point) {
    return point.in_double ? ascend_in(system, point, *point.doubles)
                           : ascend_in(system, point, *point.singles);
}
line_kernels::One descend_point(const LineSystem& system, SinglePoint& point, const line_kernels::One& alpha,
                                const line_kernels::One& beta) {
    const StepLengths lengths{alpha[0], beta[0]};
    return point.in_double ? descend_in(system, point, *point.doubles, lengths)
                           : descend_in(system, point, *point.singles, lengths);
}
void advance_point(const LineSystem& system, SinglePoint& point, const line_kernels::One& length) {
    if (point.in_double) {
        advance_in(system, point, *point.doubles, length[0]);
    } else {
        advance_in(system, point, *point.singles, length[0]);
    }
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(begin_point);
HWY_EXPORT(ascend_point);
HWY_EXPORT(descend_point);
HWY_EXPORT(advance_point);

namespace line_kernels {

One begin(const LineSystem& system, SinglePoint& point) {
    return HWY_DYNAMIC_DISPATCH(begin_point)(system, point);
}
PointProducts ascend(const LineSystem& system, SinglePoint& point) {
    return HWY_DYNAMIC_DISPATCH(ascend_point)(system, point);
}
One descend(const LineSystem& system, SinglePoint& point, const One& alpha, const One& beta) {
    return HWY_DYNAMIC_DISPATCH(descend_point)(system, point, alpha, beta);
}
void advance(const LineSystem& system, SinglePoint& point, const One& length) {
    HWY_DYNAMIC_DISPATCH(advance_point)(system, point, length);
}

} // namespace line_kernels

} // namespace ohmloom
#endif
