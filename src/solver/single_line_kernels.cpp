// The kernels of the `lines` engine for a single operating point, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/single_line_kernels.cpp"
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

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

double inverse_or_zero(double value) {
    return value == 0.0 || std::isinf(value) ? 0.0 : 1.0 / value;
}

void factorise_merged_rows(const LineSystem& system, SinglePoint& point) {
    for (Index r = 0; r < system.rows; ++r) {
        const double cells = sum(point.slope.data() + r * system.lines, system.lines);
        point.row_pivot[static_cast<std::size_t>(r)] =
            inverse_or_zero(system.row_hold[static_cast<std::size_t>(r)] + cells);
    }
}

/// Row r's place in its strip.
double* strip_row(SinglePoint& point, Index r) {
    return point.strip.data() + r % strip_rows * point.padded_sites;
}
StripFactors strip_factors(const SinglePoint& point, Index first_row) {
    const Index offset = first_row * point.padded_sites;
    return {point.row_pivot.data() + offset, point.row_gain.data() + offset};
}

/// The rows of a strip are eliminated side by side.
void factorise_rows(const LineSystem& system, SinglePoint& point) {
    for (Index first_row = 0; first_row < system.rows; first_row += strip_rows) {
        const Index offset = first_row * point.padded_sites;
        const Index end = std::min(first_row + strip_rows, system.rows);
        // Until eliminated: what a node conducts to cells and terminal, and the link to the next node.
        double* HWY_RESTRICT pivot = point.row_pivot.data() + offset;
        double* HWY_RESTRICT gain = point.row_gain.data() + offset;
        std::fill(point.strip.begin(), point.strip.end(), 0.0);
        for (Index r = first_row; r < end; ++r)
            std::copy_n(system.row_link.data() + r * system.sites, system.sites, strip_row(point, r));
        transpose_strip(point.strip.data(), point.padded_sites, gain);
        for (Index r = first_row; r < end; ++r) {
            double* HWY_RESTRICT own = strip_row(point, r);
            const double* HWY_RESTRICT tie = system.row_tie.data() + r * system.sites;
            sum_sites(system, point.slope.data() + r * system.lines, own);
            for (Index s = 0; s < system.sites; ++s) own[s] += tie[s];
        }
        transpose_strip(point.strip.data(), point.padded_sites, pivot);
        double below[strip_rows] = {};
        for (Index s = 0; s < point.padded_sites; ++s) {
            for (Index j = 0; j < strip_rows; ++j) {
                const Index at = s * strip_rows + j;
                const double to_terminal = pivot[at] + below[j], whole = to_terminal + gain[at];
                pivot[at] = whole == 0.0 ? 0.0 : 1.0 / whole;
                gain[at] *= pivot[at];
                below[j] = gain[at] * to_terminal;
            }
        }
    }
}

void factorise_columns(const LineSystem& system, SinglePoint& point) {
    const Index lines = system.lines;
    std::vector<double> sum = system.col_hold, below(static_cast<std::size_t>(lines), 0.0);
    for (Index r = 0; r < system.rows; ++r) {
        const double* HWY_RESTRICT g = point.slope.data() + r * lines;
        const double* HWY_RESTRICT link = system.col_link.data() + r * lines;
        const double* HWY_RESTRICT tie = system.col_tie.data() + r * lines;
        double* HWY_RESTRICT from_above = below.data();
        if (system.cols_merged) {
            for (Index l = 0; l < lines; ++l) sum[static_cast<std::size_t>(l)] += g[l];
            continue;
        }
        double* HWY_RESTRICT pivot = point.col_pivot.data() + r * lines;
        for (Index l = 0; l < lines; ++l) {
            const double own = g[l] + tie[l] + from_above[l], whole = own + link[l];
            pivot[l] = whole == 0.0 ? 0.0 : 1.0 / whole;
            from_above[l] = link[l] * own * pivot[l];
        }
    }
    if (system.cols_merged) {
        for (Index l = 0; l < lines; ++l) {
            point.col_pivot[static_cast<std::size_t>(l)] = inverse_or_zero(sum[static_cast<std::size_t>(l)]);
        }
    }
}

void factorise_point(const LineSystem& system, SinglePoint& point) {
    if (system.rows_merged) {
        factorise_merged_rows(system, point);
    } else {
        factorise_rows(system, point);
    }
    factorise_columns(system, point);
}

/// Solves the rows of a strip in place: T_r·u = rhs, all rows of the strip side by side.
void solve_strip(const LineSystem& system, SinglePoint& point, Index first_row) {
    if (system.rows_merged) {
        for (Index r = first_row; r < std::min(first_row + strip_rows, system.rows); ++r) {
            double* row = strip_row(point, r);
            std::fill_n(row, system.sites,
                        sum(row, system.sites) * point.row_pivot[static_cast<std::size_t>(r)]);
        }
        return;
    }
    solve_rows(strip_factors(point, first_row), point.padded_sites, point.strip.data(), point.swept.data());
}

/// Row r of the residual on its way forward along the columns, from the node above; see LaneBlock::y.
class ForwardRow {
public:
    HWY_INLINE ForwardRow(const LineSystem& system, SinglePoint& point, Index r)
        : merged_(system.cols_merged), below_first_(r > 0),
          y_(point.y.data() + (merged_ ? 0 : r * system.lines)),
          above_(y_ - (merged_ || r == 0 ? 0 : system.lines)),
          pivot_(point.col_pivot.data() + (y_ - point.y.data())),
          link_(system.col_link.data() + (above_ - point.y.data())) {}

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
    double* y_;
    const double* above_;
    const double* pivot_;
    const double* link_;
};

constexpr Index modes = LineModes::count;

/// Adds row r of the residual to the modes' shares.
void add_to_modes(const LineSystem& system, SinglePoint& point, Index r) {
    const double* residual = point.r.data() + r * system.lines;
    const double* psi = point.psi.data();
    const std::array<double, modes>& phi = point.modes.phi[static_cast<std::size_t>(r)];
    RunningSum shares[modes];
    along(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
        const auto here = hn::LoadU(tag, residual + l);
        for (Index j = 0; j < modes; ++j)
            shares[j].add_product(tag, here, hn::LoadU(tag, psi + j * system.lines + l));
    });
    for (Index j = 0; j < modes; ++j) {
        const double share = shares[j].total();
        for (Index i = 0; i < modes; ++i)
            point.sums[static_cast<std::size_t>(i * modes + j)] += phi[static_cast<std::size_t>(i)] * share;
    }
}

/// The correction of row r: Σ_ij phi_i·psi_j·weight_ij·sum_ij.
double* added_row(SinglePoint& point, Index r, Index lines) {
    return point.added.data() + r % 3 * lines;
}
void prolong_modes(const LineSystem& system, SinglePoint& point, Index r) {
    const Index lines = system.lines;
    const std::array<double, modes>& phi = point.modes.phi[static_cast<std::size_t>(r)];
    double a[modes] = {};
    for (Index i = 0; i < modes; ++i) {
        for (Index j = 0; j < modes; ++j) {
            const auto m = static_cast<std::size_t>(i * modes + j);
            a[j] += phi[static_cast<std::size_t>(i)] * point.modes.weight[m] * point.sums[m];
        }
    }
    double* HWY_RESTRICT to = added_row(point, r, lines);
    const double* HWY_RESTRICT psi = point.psi.data();
    static_assert(modes == 6);
    for (Index l = 0; l < lines; ++l) {
        to[l] = a[0] * psi[l] + a[1] * psi[lines + l] + a[2] * psi[2 * lines + l] +
                a[3] * psi[3 * lines + l] + a[4] * psi[4 * lines + l] + a[5] * psi[5 * lines + l];
    }
}

double largest_of_merged_columns(const LineSystem& system, const SinglePoint& point) {
    double largest = 0.0;
    for (Index l = 0; l < system.lines; ++l) {
        const auto at = static_cast<std::size_t>(l);
        if (!std::isinf(system.col_hold[at])) largest = std::max(largest, std::abs(point.y[at]));
    }
    return largest;
}

/// Row r: cell currents into r, i_row, i_col; minus the KCL errors of its row nodes into f_w.
line_kernels::One begin_point(const LineSystem& system, SinglePoint& point) {
    LargestMagnitude largest;
    point.sums.fill(0.0);
    point.fresh = true;
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        for (Index r = first; r < end; ++r)
            std::copy_n(point.f_w.data() + r * system.sites, system.sites, strip_row(point, r));
        solve_strip(system, point, first);
        for (Index r = first; r < end; ++r) {
            const double* u = potentials_of_lines(system, point, strip_row(point, r));
            const double* g = point.slope.data() + r * system.lines;
            double* residual = point.r.data() + r * system.lines;
            const ForwardRow forward(system, point, r);
            along(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
                const auto sum =
                    hn::MulAdd(hn::LoadU(tag, g + l), hn::LoadU(tag, u + l), hn::LoadU(tag, residual + l));
                hn::StoreU(sum, tag, residual + l);
                largest.take(tag, sum);
                forward.sweep(tag, l, sum);
            });
            if (point.coarse) add_to_modes(system, point, r);
        }
    }
    return {system.cols_merged ? largest_of_merged_columns(system, point) : largest.value()};
}

/// z of row r, whose columns come from below: T_c⁻¹·r, and the coarse correction, whose image under T_c is left in s: the
/// corrections of the neighbours, which it needs, are not kept until the rows of the strip are solved.
void precondition_row(const LineSystem& system, SinglePoint& point, Index r) {
    const Index lines = system.lines, first = r * lines;
    double* HWY_RESTRICT z = point.z.data() + first;
    if (system.cols_merged) {
        along(0, lines, [&](auto tag, Index l) HWY_ATTR {
            hn::StoreU(
                hn::Mul(hn::LoadU(tag, point.y.data() + l), hn::LoadU(tag, point.col_pivot.data() + l)), tag,
                z + l);
        });
        return;
    }
    double* y = point.y.data() + first;
    const double* link = system.col_link.data() + first;
    const double* pivot = point.col_pivot.data() + first;
    const bool last = r + 1 == system.rows;
    const auto back_substitute = [&](auto tag, Index l) HWY_ATTR {
        const auto swept = hn::LoadU(tag, y + l);
        if (last) return swept;
        return hn::MulAdd(hn::Mul(hn::LoadU(tag, link + l), hn::LoadU(tag, pivot + l)),
                          hn::LoadU(tag, y + lines + l), swept);
    };
    if (!point.coarse) { // z and y are one
        along(0, lines, [&](auto tag, Index l) HWY_ATTR { hn::StoreU(back_substitute(tag, l), tag, y + l); });
        return;
    }
    if (last) prolong_modes(system, point, r);
    if (r > 0) prolong_modes(system, point, r - 1);
    const double* g = point.slope.data() + first;
    const double* tie = system.col_tie.data() + first;
    const double* here = added_row(point, r, lines);
    // Where there is no row above or below, the row itself stands for it, and nothing flows.
    const double* above = r > 0 ? added_row(point, r - 1, lines) : here;
    const double* below = last ? here : added_row(point, r + 1, lines);
    const double* link_above = r > 0 ? link - lines : link;
    double* s = point.s.data() + first;
    along(0, lines, [&](auto tag, Index l) HWY_ATTR {
        const auto solved = back_substitute(tag, l), added = hn::LoadU(tag, here + l);
        hn::StoreU(solved, tag, y + l);
        hn::StoreU(hn::Add(solved, added), tag, z + l);
        auto image = hn::Mul(hn::Add(hn::LoadU(tag, g + l), hn::LoadU(tag, tie + l)), added);
        image = hn::MulAdd(hn::LoadU(tag, link_above + l), hn::Sub(added, hn::LoadU(tag, above + l)), image);
        image = hn::MulAdd(hn::LoadU(tag, link + l), hn::Sub(added, hn::LoadU(tag, below + l)), image);
        hn::StoreU(image, tag, s + l);
    });
}

/// s ← r − g·u (+ the image of the coarse correction that s holds), and the dot products of the row.
void finish_row(const LineSystem& system, SinglePoint& point, Index r,
                line_kernels::PointProducts& products) {
    const Index first = r * system.lines;
    const double* u = potentials_of_lines(system, point, strip_row(point, r));
    const double* g = point.slope.data() + first;
    const double* residual = point.r.data() + first;
    const double* z = point.z.data() + first;
    double* s = point.s.data() + first;
    const bool coarse = point.coarse;
    RunningSum rz, zs;
    along(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
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
void put_cells(const LineSystem& system, SinglePoint& point, Index r, const double* HWY_RESTRICT x) {
    const double* HWY_RESTRICT g = point.slope.data() + r * system.lines;
    double* HWY_RESTRICT to = strip_row(point, r);
    if (system.lines_per_site == 1) {
        for (Index l = 0; l < system.lines; ++l) to[l] = g[l] * x[l];
        return;
    }
    for (Index s = 0; s < system.sites; ++s) to[s] = g[2 * s] * x[2 * s] + g[2 * s + 1] * x[2 * s + 1];
}

line_kernels::PointProducts ascend_point(const LineSystem& system, SinglePoint& point) {
    line_kernels::PointProducts products;
    const Index strips = (system.rows + strip_rows - 1) / strip_rows;
    for (Index strip = strips - 1; strip >= 0; --strip) {
        const Index first = strip * strip_rows, end = std::min(first + strip_rows, system.rows);
        for (Index r = end - 1; r >= first; --r) {
            precondition_row(system, point, r);
            put_cells(system, point, r, point.z.data() + r * system.lines);
        }
        solve_strip(system, point, first);
        for (Index r = end - 1; r >= first; --r) finish_row(system, point, r, products);
    }
    return products;
}

line_kernels::One descend_point(const LineSystem& system, SinglePoint& point,
                                const line_kernels::One& alpha_of, const line_kernels::One& beta_of) {
    const double alpha = alpha_of[0], beta = beta_of[0];
    const bool fresh = point.fresh; // x, p and q hold nothing yet
    LargestMagnitude largest;
    point.sums.fill(0.0);
    for (Index r = 0; r < system.rows; ++r) {
        const Index first = r * system.lines;
        double* p = point.p.data() + first;
        double* q = point.q.data() + first;
        double* x = point.x.data() + first;
        double* residual = point.r.data() + first;
        const double* z = point.z.data() + first;
        const double* s = point.s.data() + first;
        const ForwardRow forward(system, point, r);
        along(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
            auto p_here = hn::LoadU(tag, z + l), q_here = hn::LoadU(tag, s + l), x_here = hn::Zero(tag);
            if (!fresh) {
                p_here = hn::MulAdd(hn::Set(tag, beta), hn::LoadU(tag, p + l), p_here);
                q_here = hn::MulAdd(hn::Set(tag, beta), hn::LoadU(tag, q + l), q_here);
                x_here = hn::LoadU(tag, x + l);
            }
            hn::StoreU(p_here, tag, p + l);
            hn::StoreU(q_here, tag, q + l);
            hn::StoreU(hn::MulAdd(hn::Set(tag, alpha), p_here, x_here), tag, x + l);
            const auto left = hn::NegMulAdd(hn::Set(tag, alpha), q_here, hn::LoadU(tag, residual + l));
            hn::StoreU(left, tag, residual + l);
            largest.take(tag, left);
            forward.sweep(tag, l, left);
        });
        if (point.coarse) add_to_modes(system, point, r);
    }
    point.fresh = false;
    return {system.cols_merged ? largest_of_merged_columns(system, point) : largest.value()};
}

void advance_point(const LineSystem& system, SinglePoint& point, const line_kernels::One& length) {
    if (point.fresh) std::fill(point.x.begin(), point.x.end(), 0.0);
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        for (Index r = first; r < end; ++r) {
            const double* HWY_RESTRICT f = point.f_w.data() + r * system.sites;
            put_cells(system, point, r, point.x.data() + r * system.lines);
            double* HWY_RESTRICT row = strip_row(point, r);
            for (Index s = 0; s < system.sites; ++s) row[s] += f[s];
        }
        solve_strip(system, point, first);
        for (Index r = first; r < end; ++r) {
            const double* HWY_RESTRICT row = strip_row(point, r);
            double* HWY_RESTRICT w = point.w.data() + r * system.sites;
            for (Index s = 0; s < system.sites; ++s) w[s] += length[0] * row[s];
        }
    }
    for (std::size_t i = 0; i < point.b.size(); ++i) point.b[i] += length[0] * point.x[i];
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(factorise_point);
HWY_EXPORT(begin_point);
HWY_EXPORT(ascend_point);
HWY_EXPORT(descend_point);
HWY_EXPORT(advance_point);

SinglePoint::SinglePoint(const LineSystem& system) {
    constexpr double worth_modes = 0.5; // below it the steps saved do not pay for the modes
    const bool linear = is_linear(system.cell);
    // Of nonlinear cells the modes are those at zero bias: they only have to be smooth.
    coarse =
        !system.rows_merged && !system.cols_merged && estimate_contraction(system, system.g) > worth_modes;
    const auto rows = static_cast<std::size_t>(system.rows), sites = static_cast<std::size_t>(system.sites);
    const auto lines = static_cast<std::size_t>(system.lines), width = static_cast<std::size_t>(strip_rows);
    const std::size_t strips = (rows + width - 1) / width;
    padded_sites = (system.sites + site_padding - 1) / site_padding * site_padding;
    const std::size_t strip_numbers = width * static_cast<std::size_t>(padded_sites);
    const std::size_t row_factors = system.rows_merged ? 0 : strips * strip_numbers;
    const ArrayRequest requests[] = {{v_row, rows},
                                     {v_col, lines},
                                     {i_row, rows},
                                     {i_col, lines},
                                     {w, rows * sites},
                                     {b, rows * lines},
                                     {f_w, rows * sites},
                                     {row_pivot, system.rows_merged ? rows : row_factors},
                                     {row_gain, row_factors},
                                     {col_pivot, system.cols_merged ? lines : rows * lines},
                                     {slopes, linear ? 0 : rows * lines},
                                     {x, rows * lines},
                                     {r, rows * lines},
                                     {y, system.cols_merged ? lines : rows * lines},
                                     {z, coarse || system.cols_merged ? rows * lines : 0},
                                     {s, rows * lines},
                                     {p, rows * lines},
                                     {q, rows * lines},
                                     {strip, strip_numbers},
                                     {swept, strip_numbers},
                                     {paired, system.lines_per_site > 1 ? lines : 0},
                                     {psi, coarse ? LineModes::count * lines : 0},
                                     {added, coarse ? 3 * lines : 0}};
    memory_ = cut_arrays(requests);
    slope = linear ? system.g : slopes;
    shape = system.shape.empty() ? 0.0 : system.shape.front();
    one_shape =
        std::all_of(system.shape.begin(), system.shape.end(), [&](double other) { return other == shape; });
    if (z.empty()) z = y;
    std::fill(strip.begin(), strip.end(), 0.0); // what pads it stays zero
    if (!coarse) return;
    modes = make_line_modes(system, system.g);
    for (Index j = 0; j < LineModes::count; ++j) {
        for (Index l = 0; l < system.lines; ++l) {
            psi[static_cast<std::size_t>(j * system.lines + l)] =
                modes.psi[static_cast<std::size_t>(l)][static_cast<std::size_t>(j)];
        }
    }
}

namespace line_kernels {

void factorise(const LineSystem& system, SinglePoint& point) {
    HWY_DYNAMIC_DISPATCH(factorise_point)(system, point);
}
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
