// The kernels of the `lines` engine for a single operating point, compiled once per instruction set: the loops are plain, and the
// compiler vectorises them for each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/single_line_kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr Index strip_rows = SinglePoint::strip_rows;

// Reductions are written out: the compiler may not reorder them by itself.

double sum(const double* a, Index count) {
    const hn::ScalableTag<double> tag;
    const auto width = static_cast<Index>(hn::Lanes(tag));
    auto total = hn::Zero(tag);
    Index i = 0;
    for (; i + width <= count; i += width) total = hn::Add(total, hn::LoadU(tag, a + i));
    double rest = 0.0;
    for (; i < count; ++i) rest += a[i];
    return rest + hn::GetLane(hn::SumOfLanes(tag, total));
}

double dot(const double* a, const double* b, Index count) {
    const hn::ScalableTag<double> tag;
    const auto width = static_cast<Index>(hn::Lanes(tag));
    auto total = hn::Zero(tag);
    Index i = 0;
    for (; i + width <= count; i += width)
        total = hn::MulAdd(hn::LoadU(tag, a + i), hn::LoadU(tag, b + i), total);
    double rest = 0.0;
    for (; i < count; ++i) rest += a[i] * b[i];
    return rest + hn::GetLane(hn::SumOfLanes(tag, total));
}

double largest_magnitude(const double* a, Index count) {
    const hn::ScalableTag<double> tag;
    const auto width = static_cast<Index>(hn::Lanes(tag));
    auto largest = hn::Zero(tag);
    Index i = 0;
    for (; i + width <= count; i += width) largest = hn::Max(largest, hn::Abs(hn::LoadU(tag, a + i)));
    double rest = 0.0;
    for (; i < count; ++i) rest = std::max(rest, std::abs(a[i]));
    return std::max(rest, hn::GetLane(hn::MaxOfLanes(tag, largest)));
}

double inverse_or_zero(double value) {
    return value == 0.0 || std::isinf(value) ? 0.0 : 1.0 / value;
}

/// Sum over the cells of each site: to[s] = Σ_k from[s·k + …].
void sum_sites(const LineSystem& system, const double* from, double* to) {
    if (system.lines_per_site == 1) {
        for (Index s = 0; s < system.sites; ++s) to[s] = from[s];
        return;
    }
    for (Index s = 0; s < system.sites; ++s) {
        to[s] = 0.0;
        for (Index k = 0; k < system.lines_per_site; ++k) to[s] += from[s * system.lines_per_site + k];
    }
}

void factorise_merged_rows(const LineSystem& system, SinglePoint& point) {
    for (Index r = 0; r < system.rows; ++r) {
        const double cells = sum(system.g.data() + r * system.lines, system.lines);
        point.row_pivot[static_cast<std::size_t>(r)] =
            inverse_or_zero(system.row_hold[static_cast<std::size_t>(r)] + cells);
    }
}

/// The rows of a strip are eliminated side by side.
void factorise_rows(const LineSystem& system, SinglePoint& point) {
    std::vector<double> own(static_cast<std::size_t>(system.sites));
    for (Index first_row = 0; first_row < system.rows; first_row += strip_rows) {
        const Index offset = first_row * system.sites, rows = std::min(strip_rows, system.rows - first_row);
        double* HWY_RESTRICT pivot =
            point.row_pivot.data() + offset; // until eliminated: what a node conducts to cells and terminal
        double* HWY_RESTRICT gain =
            point.row_gain.data() + offset; // until eliminated: the link to the next node
        for (Index j = 0; j < rows; ++j) {
            const Index r = first_row + j;
            sum_sites(system, system.g.data() + r * system.lines, own.data());
            const double* link = system.row_link.data() + r * system.sites;
            const double* tie = system.row_tie.data() + r * system.sites;
            for (Index s = 0; s < system.sites; ++s) {
                pivot[s * strip_rows + j] = own[static_cast<std::size_t>(s)] + tie[s];
                gain[s * strip_rows + j] = link[s];
            }
        }
        double below[strip_rows] = {};
        for (Index s = 0; s < system.sites; ++s) {
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
        const double* HWY_RESTRICT g = system.g.data() + r * lines;
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

/// Writes the right-hand side of row `r` into its lane of the strip.
void put_row(const LineSystem& system, SinglePoint& point, Index r, const double* rhs) {
    double* to = point.strip.data() + r % strip_rows;
    for (Index s = 0; s < system.sites; ++s) to[s * strip_rows] = rhs[s];
}

void take_row(const LineSystem& system, const SinglePoint& point, Index r, double* solution) {
    const double* from = point.strip.data() + r % strip_rows;
    for (Index s = 0; s < system.sites; ++s) solution[s] = from[s * strip_rows];
}

/// Solves the rows of a strip in place: T_r·u = rhs, all rows of the strip side by side.
void solve_strip(const LineSystem& system, SinglePoint& point, Index first_row) {
    const Index last = system.sites - 1;
    double* HWY_RESTRICT strip = point.strip.data();
    if (system.rows_merged) {
        for (Index j = 0; j < std::min(strip_rows, system.rows - first_row); ++j) {
            double sum = 0.0;
            for (Index s = 0; s <= last; ++s) sum += strip[s * strip_rows + j];
            sum *= point.row_pivot[static_cast<std::size_t>(first_row + j)];
            for (Index s = 0; s <= last; ++s) strip[s * strip_rows + j] = sum;
        }
        return;
    }
    const Index offset = first_row / strip_rows * system.sites * strip_rows;
    const double* HWY_RESTRICT pivot = point.row_pivot.data() + offset;
    const double* HWY_RESTRICT gain = point.row_gain.data() + offset;
    // Forward: t_s = rhs_s + gain_(s-1)·t_(s-1)
    for (Index s = 1; s <= last; ++s) {
        for (Index j = 0; j < strip_rows; ++j) {
            strip[s * strip_rows + j] += gain[(s - 1) * strip_rows + j] * strip[(s - 1) * strip_rows + j];
        }
    }
    // Backward: u_s = t_s/pivot_s + gain_s·u_(s+1)
    for (Index j = 0; j < strip_rows; ++j) strip[last * strip_rows + j] *= pivot[last * strip_rows + j];
    for (Index s = last - 1; s >= 0; --s) {
        for (Index j = 0; j < strip_rows; ++j) {
            const Index at = s * strip_rows + j;
            strip[at] = strip[at] * pivot[at] + gain[at] * strip[at + strip_rows];
        }
    }
}

/// a[l] += sign·g[l]·u[site of l]
void add_cells(const LineSystem& system, const double* HWY_RESTRICT g, const double* HWY_RESTRICT u,
               double sign, double* HWY_RESTRICT a) {
    if (system.lines_per_site == 1) {
        for (Index l = 0; l < system.lines; ++l) a[l] += sign * g[l] * u[l];
        return;
    }
    for (Index l = 0; l < system.lines; ++l) a[l] += sign * g[l] * u[l / system.lines_per_site];
}

/// Sweeps row r of the residual forward along the columns, and returns its largest magnitude; see LaneBlock::y.
double sweep_row_down(const LineSystem& system, SinglePoint& point, Index r) {
    const Index lines = system.lines;
    const double* HWY_RESTRICT residual = point.r.data() + r * lines;
    if (system.cols_merged) {
        double* HWY_RESTRICT total = point.y.data();
        if (r == 0) std::fill(total, total + lines, 0.0);
        for (Index l = 0; l < lines; ++l) total[l] += residual[l];
        return 0.0;
    }
    double* HWY_RESTRICT y = point.y.data() + r * lines;
    const double* HWY_RESTRICT pivot = point.col_pivot.data() + r * lines;
    if (r == 0) {
        for (Index l = 0; l < lines; ++l) y[l] = residual[l] * pivot[l];
    } else {
        const double* HWY_RESTRICT above = point.y.data() + (r - 1) * lines;
        const double* HWY_RESTRICT link = system.col_link.data() + (r - 1) * lines;
        for (Index l = 0; l < lines; ++l) y[l] = (residual[l] + link[l] * above[l]) * pivot[l];
    }
    return largest_magnitude(residual, lines);
}

/// Adds row r of the residual to the modes' shares.
void add_to_modes(const LineSystem& system, SinglePoint& point, Index r) {
    constexpr Index modes = LineModes::count;
    const double* residual = point.r.data() + r * system.lines;
    const std::array<double, modes>& phi = point.modes.phi[static_cast<std::size_t>(r)];
    for (Index j = 0; j < modes; ++j) {
        const double share = dot(point.psi.data() + j * system.lines, residual, system.lines);
        for (Index i = 0; i < modes; ++i)
            point.sums[static_cast<std::size_t>(i * modes + j)] += phi[static_cast<std::size_t>(i)] * share;
    }
}

/// The correction of row r: Σ_ij phi_i·psi_j·weight_ij·sum_ij.
double* added_row(SinglePoint& point, Index r, Index lines) {
    return point.added.data() + r % 3 * lines;
}
void prolong_modes(const LineSystem& system, SinglePoint& point, Index r) {
    constexpr Index modes = LineModes::count;
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

/// s += T_c·(correction) for row r, whose neighbours' corrections are at hand too.
void add_modes_image(const LineSystem& system, SinglePoint& point, Index r, double* HWY_RESTRICT s) {
    const Index lines = system.lines, first = r * lines;
    const double* HWY_RESTRICT g = system.g.data() + first;
    const double* HWY_RESTRICT tie = system.col_tie.data() + first;
    const double* HWY_RESTRICT link = system.col_link.data() + first;
    const double* HWY_RESTRICT here = added_row(point, r, lines);
    for (Index l = 0; l < lines; ++l) s[l] += (g[l] + tie[l]) * here[l];
    if (r > 0) {
        const double* HWY_RESTRICT above = added_row(point, r - 1, lines);
        for (Index l = 0; l < lines; ++l) s[l] += link[l - lines] * (here[l] - above[l]);
    }
    if (r + 1 < system.rows) {
        const double* HWY_RESTRICT below = added_row(point, r + 1, lines);
        for (Index l = 0; l < lines; ++l) s[l] += link[l] * (here[l] - below[l]);
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
void evaluate_row(const LineSystem& system, SinglePoint& point, Index r, line_kernels::PointErrors& errors) {
    const Index lines = system.lines, sites = system.sites;
    const double* HWY_RESTRICT g = system.g.data() + r * lines;
    const double* HWY_RESTRICT w = point.w.data() + r * sites;
    const double* HWY_RESTRICT b = point.b.data() + r * lines;
    double* HWY_RESTRICT i = point.r.data() + r * lines;
    double* HWY_RESTRICT i_col = point.i_col.data();
    if (system.lines_per_site == 1) {
        for (Index l = 0; l < lines; ++l) i[l] = g[l] * (w[l] - b[l]);
    } else {
        for (Index l = 0; l < lines; ++l) i[l] = g[l] * (w[l / system.lines_per_site] - b[l]);
    }
    const double i_row = sum(i, lines);
    if (r == 0) std::fill(i_col, i_col + lines, 0.0);
    for (Index l = 0; l < lines; ++l) i_col[l] += i[l];
    point.i_row[static_cast<std::size_t>(r)] = i_row;
    errors.current[0] = std::max(errors.current[0], std::abs(i_row));

    double* HWY_RESTRICT f = point.f_w.data() + r * sites;
    const double v_source = point.v_row[static_cast<std::size_t>(r)];
    if (system.rows_merged) {
        const double hold = system.row_hold[static_cast<std::size_t>(r)];
        const bool held = std::isinf(hold);
        std::fill(f, f + sites, 0.0);
        f[0] = held ? 0.0 : hold * (v_source - w[0]) - i_row;
        errors.error[0] = std::max(errors.error[0], std::abs(f[0]));
        if (!held) errors.rounding[0] = std::max(errors.rounding[0], hold * std::abs(v_source));
        return;
    }
    const double* HWY_RESTRICT link = system.row_link.data() + r * sites;
    const double* HWY_RESTRICT tie = system.row_tie.data() + r * sites;
    sum_sites(system, i, f);
    for (Index s = 0; s < sites; ++s) f[s] = tie[s] * (v_source - w[s]) - f[s];
    for (Index s = 1; s < sites; ++s) f[s] += link[s - 1] * (w[s - 1] - w[s]);
    for (Index s = 0; s + 1 < sites; ++s) f[s] += link[s] * (w[s + 1] - w[s]);
    errors.error[0] = std::max(errors.error[0], largest_magnitude(f, sites));
    const double largest_link = std::max(largest_magnitude(link, sites), largest_magnitude(tie, sites));
    errors.rounding[0] = std::max(errors.rounding[0], largest_link * largest_magnitude(w, sites));
}

/// Row r of the column nodes: turns the cell currents in r into minus the KCL errors.
void evaluate_column_nodes(const LineSystem& system, SinglePoint& point, Index r,
                           line_kernels::PointErrors& errors) {
    const Index lines = system.lines;
    const double* HWY_RESTRICT v = point.v_col.data();
    const double* HWY_RESTRICT b = point.b.data() + r * lines;
    const double* HWY_RESTRICT link = system.col_link.data() + r * lines;
    const double* HWY_RESTRICT tie = system.col_tie.data() + r * lines;
    double* HWY_RESTRICT f = point.r.data() + r * lines;
    for (Index l = 0; l < lines; ++l) f[l] += tie[l] * (v[l] - b[l]);
    if (r > 0) {
        for (Index l = 0; l < lines; ++l) f[l] += link[l - lines] * (b[l - lines] - b[l]);
    }
    if (r + 1 < system.rows) {
        for (Index l = 0; l < lines; ++l) f[l] += link[l] * (b[l + lines] - b[l]);
    }
    errors.error[0] = std::max(errors.error[0], largest_magnitude(f, lines));
    const double largest_link = std::max(largest_magnitude(link, lines), largest_magnitude(tie, lines));
    errors.rounding[0] = std::max(errors.rounding[0], largest_link * largest_magnitude(b, lines));
}

void evaluate_merged_columns(const LineSystem& system, SinglePoint& point,
                             line_kernels::PointErrors& errors) {
    for (Index l = 0; l < system.lines; ++l) {
        const auto at = static_cast<std::size_t>(l);
        const double hold = system.col_hold[at];
        if (std::isinf(hold)) continue;
        const double tie = hold * (point.v_col[at] - point.b[at]);
        point.r[at] += tie;
        errors.error[0] = std::max(errors.error[0], std::abs(point.i_col[at] + tie));
        errors.rounding[0] = std::max(errors.rounding[0], hold * std::abs(point.b[at]));
    }
}

line_kernels::PointErrors evaluate_point(const LineSystem& system, SinglePoint& point) {
    line_kernels::PointErrors errors;
    for (Index r = 0; r < system.rows; ++r) evaluate_row(system, point, r, errors);
    errors.current[0] = std::max(errors.current[0], largest_magnitude(point.i_col.data(), system.lines));
    if (system.cols_merged) {
        evaluate_merged_columns(system, point, errors);
    } else {
        for (Index r = 0; r < system.rows; ++r) evaluate_column_nodes(system, point, r, errors);
    }
    errors.rounding[0] *= 16.0 * std::numeric_limits<double>::epsilon();
    return errors;
}

line_kernels::One begin_point(const LineSystem& system, SinglePoint& point) {
    std::vector<double> u(static_cast<std::size_t>(system.sites));
    line_kernels::One largest{};
    point.sums.fill(0.0);
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        for (Index r = first; r < end; ++r) put_row(system, point, r, point.f_w.data() + r * system.sites);
        solve_strip(system, point, first);
        for (Index r = first; r < end; ++r) {
            take_row(system, point, r, u.data());
            add_cells(system, system.g.data() + r * system.lines, u.data(), 1.0,
                      point.r.data() + r * system.lines);
            largest[0] = std::max(largest[0], sweep_row_down(system, point, r));
            if (point.coarse) add_to_modes(system, point, r);
        }
    }
    for (const std::span<double> cleared : {point.x, point.p, point.q})
        std::fill(cleared.begin(), cleared.end(), 0.0);
    if (system.cols_merged) largest[0] = largest_of_merged_columns(system, point);
    return largest;
}

/// z of row r, whose columns come from below: T_c⁻¹·r, and the coarse correction.
void precondition_row(const LineSystem& system, SinglePoint& point, Index r) {
    const Index lines = system.lines;
    double* HWY_RESTRICT z = point.z.data() + r * lines;
    if (system.cols_merged) {
        const double* HWY_RESTRICT y = point.y.data();
        for (Index l = 0; l < lines; ++l) z[l] = y[l] * point.col_pivot[static_cast<std::size_t>(l)];
        return;
    }
    double* HWY_RESTRICT y = point.y.data() + r * lines;
    if (r + 1 < system.rows) {
        const double* HWY_RESTRICT link = system.col_link.data() + r * lines;
        const double* HWY_RESTRICT pivot = point.col_pivot.data() + r * lines;
        const double* HWY_RESTRICT below = y + lines;
        for (Index l = 0; l < lines; ++l) y[l] += link[l] * pivot[l] * below[l];
    }
    if (!point.coarse) {
        std::copy(y, y + lines, z);
        return;
    }
    if (r + 1 == system.rows) prolong_modes(system, point, r);
    if (r > 0) prolong_modes(system, point, r - 1);
    const double* HWY_RESTRICT added = added_row(point, r, lines);
    for (Index l = 0; l < lines; ++l) z[l] = y[l] + added[l];
    // s is free until the rows of the strip are solved; the neighbours' corrections are not kept so long.
    double* HWY_RESTRICT s = point.s.data() + r * lines;
    std::fill(s, s + lines, 0.0);
    add_modes_image(system, point, r, s);
}

line_kernels::PointProducts ascend_point(const LineSystem& system, SinglePoint& point) {
    const Index lines = system.lines;
    std::vector<double> currents(static_cast<std::size_t>(lines)),
        row(static_cast<std::size_t>(system.sites));
    double rz = 0.0, zs = 0.0;
    const Index strips = (system.rows + strip_rows - 1) / strip_rows;
    for (Index strip = strips - 1; strip >= 0; --strip) {
        const Index first = strip * strip_rows, end = std::min(first + strip_rows, system.rows);
        for (Index r = end - 1; r >= first; --r) {
            const double* HWY_RESTRICT g = system.g.data() + r * lines;
            double* HWY_RESTRICT z = point.z.data() + r * lines;
            precondition_row(system, point, r);
            for (Index l = 0; l < lines; ++l) currents[static_cast<std::size_t>(l)] = g[l] * z[l];
            sum_sites(system, currents.data(), row.data());
            put_row(system, point, r, row.data());
        }
        solve_strip(system, point, first);
        for (Index r = end - 1; r >= first; --r) {
            take_row(system, point, r, row.data());
            const double* HWY_RESTRICT residual = point.r.data() + r * lines;
            const double* HWY_RESTRICT z = point.z.data() + r * lines;
            double* HWY_RESTRICT s = point.s.data() + r * lines;
            if (point.coarse) {
                for (Index l = 0; l < lines; ++l) s[l] += residual[l];
            } else {
                std::copy(residual, residual + lines, s);
            }
            add_cells(system, system.g.data() + r * lines, row.data(), -1.0, s);
            rz += dot(residual, z, lines);
            zs += dot(z, s, lines);
        }
    }
    return {{rz}, {zs}};
}

line_kernels::One descend_point(const LineSystem& system, SinglePoint& point,
                                const line_kernels::One& alpha_of, const line_kernels::One& beta_of) {
    const double alpha = alpha_of[0], beta = beta_of[0];
    line_kernels::One largest{};
    point.sums.fill(0.0);
    for (Index r = 0; r < system.rows; ++r) {
        const Index first = r * system.lines;
        double* HWY_RESTRICT p = point.p.data() + first;
        double* HWY_RESTRICT q = point.q.data() + first;
        double* HWY_RESTRICT x = point.x.data() + first;
        double* HWY_RESTRICT residual = point.r.data() + first;
        const double* HWY_RESTRICT z = point.z.data() + first;
        const double* HWY_RESTRICT s = point.s.data() + first;
        for (Index l = 0; l < system.lines; ++l) {
            p[l] = z[l] + beta * p[l];
            q[l] = s[l] + beta * q[l];
            x[l] += alpha * p[l];
            residual[l] -= alpha * q[l];
        }
        largest[0] = std::max(largest[0], sweep_row_down(system, point, r));
        if (point.coarse) add_to_modes(system, point, r);
    }
    if (system.cols_merged) largest[0] = largest_of_merged_columns(system, point);
    return largest;
}

void advance_point(const LineSystem& system, SinglePoint& point, const line_kernels::One& length) {
    const Index lines = system.lines;
    std::vector<double> currents(static_cast<std::size_t>(lines)),
        row(static_cast<std::size_t>(system.sites));
    for (Index first = 0; first < system.rows; first += strip_rows) {
        const Index end = std::min(first + strip_rows, system.rows);
        for (Index r = first; r < end; ++r) {
            const double* f = point.f_w.data() + r * system.sites;
            for (Index l = 0; l < lines; ++l) {
                currents[static_cast<std::size_t>(l)] = system.g[static_cast<std::size_t>(r * lines + l)] *
                                                        point.x[static_cast<std::size_t>(r * lines + l)];
            }
            sum_sites(system, currents.data(), row.data());
            for (Index s = 0; s < system.sites; ++s) row[static_cast<std::size_t>(s)] += f[s];
            put_row(system, point, r, row.data());
        }
        solve_strip(system, point, first);
        for (Index r = first; r < end; ++r) {
            take_row(system, point, r, row.data());
            for (Index s = 0; s < system.sites; ++s)
                point.w[static_cast<std::size_t>(r * system.sites + s)] +=
                    length[0] * row[static_cast<std::size_t>(s)];
        }
    }
    for (std::size_t i = 0; i < point.b.size(); ++i) point.b[i] += length[0] * point.x[i];
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(factorise_point);
HWY_EXPORT(evaluate_point);
HWY_EXPORT(begin_point);
HWY_EXPORT(ascend_point);
HWY_EXPORT(descend_point);
HWY_EXPORT(advance_point);

SinglePoint::SinglePoint(const LineSystem& system) {
    const auto rows = static_cast<std::size_t>(system.rows), sites = static_cast<std::size_t>(system.sites);
    const auto lines = static_cast<std::size_t>(system.lines), width = static_cast<std::size_t>(strip_rows);
    const std::size_t strips = (rows + width - 1) / width;
    const std::size_t row_factors = system.rows_merged ? 0 : strips * sites * width;
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
                                     {x, rows * lines},
                                     {r, rows * lines},
                                     {y, system.cols_merged ? lines : rows * lines},
                                     {z, rows * lines},
                                     {s, rows * lines},
                                     {p, rows * lines},
                                     {q, rows * lines},
                                     {strip, sites * width},
                                     {psi, LineModes::count * lines},
                                     {added, 3 * lines}};
    memory_ = cut_arrays(requests);
    use_modes(system);
}

void SinglePoint::use_modes(const LineSystem& system) {
    constexpr double worth_modes = 0.5; // below it the steps saved do not pay for the modes
    if (system.rows_merged || system.cols_merged || !(estimate_contraction(system, system.g) > worth_modes))
        return;
    coarse = true;
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
PointErrors evaluate(const LineSystem& system, SinglePoint& point) {
    return HWY_DYNAMIC_DISPATCH(evaluate_point)(system, point);
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
