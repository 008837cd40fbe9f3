// The kernels of the `lines` engine. This file is compiled once per instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/line_kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/cell_laws-inl.h"
#include "solver/lane_chains-inl.h"
#include "solver/line_kernels.hpp"

#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

template <bool per_lane>
void factorise_lanes(const LineSystem& system, LaneBlock& block) {
    for (Index lane = 0; lane < lane_count; lane += width()) {
        for (Index r = 0; r < system.rows; ++r) {
            Two sum = zero(), below = zero();
            for (Index s = 0; s < system.sites; ++s) {
                Two diagonal = zero();
                for (Index k = 0; k < system.lines_per_site; ++k) {
                    diagonal = diagonal +
                               cell_slope<per_lane>(system, block,
                                                    r * system.lines + s * system.lines_per_site + k, lane);
                }
                const Index node = r * system.sites + s;
                if (system.rows_merged) {
                    sum = sum + diagonal;
                    continue;
                }
                // pivot_s = D + tie + g_s + g_(s-1)·(1 − g_(s-1)/pivot_(s-1)), written so that nothing cancels: `below` is what the
                // line up to s − 1 still conducts to the terminal or the cells.
                const double link = system.row_link(r, s);
                const Two own = diagonal + all(system.row_tie(r, s)) + below;
                const Two pivot = own + all(link);
                const Two inverse = inverse_or_zero(pivot);
                below = all(link) * own * inverse;
                store(inverse, block.row_pivot.data() + node * lane_count + lane);
            }
            if (system.rows_merged) {
                const double hold = system.row_hold[static_cast<std::size_t>(r)];
                store(std::isinf(hold) ? zero() : inverse_or_zero(sum + all(hold)),
                      block.row_pivot.data() + r * lane_count + lane);
            }
        }
        for (Index l = 0; l < system.lines; ++l) {
            Two sum = zero(), below = zero();
            for (Index r = 0; r < system.rows; ++r) {
                const Index node = r * system.lines + l;
                const Two diagonal = cell_slope<per_lane>(system, block, node, lane);
                if (system.cols_merged) {
                    sum = sum + diagonal;
                    continue;
                }
                const double link = system.col_link(r, l);
                const Two own = diagonal + all(system.col_tie(r, l)) + below;
                const Two inverse = inverse_or_zero(own + all(link));
                below = all(link) * own * inverse;
                store(inverse, block.col_pivot.data() + node * lane_count + lane);
            }
            if (system.cols_merged) {
                const double hold = system.col_hold[static_cast<std::size_t>(l)];
                store(std::isinf(hold) ? zero() : inverse_or_zero(sum + all(hold)),
                      block.col_pivot.data() + l * lane_count + lane);
            }
        }
    }
}

/// The same for all lanes, once.
void factorise_shared(const LineSystem& system, LaneBlock& block) {
    const auto at = [](Index i) { return static_cast<std::size_t>(i); };
    const auto invert = [](double value) { return value == 0.0 || std::isinf(value) ? 0.0 : 1.0 / value; };
    for (Index r = 0; r < system.rows; ++r) {
        double sum = system.row_hold[at(r)], below = 0.0;
        for (Index s = 0; s < system.sites; ++s) {
            double diagonal = 0.0;
            for (Index k = 0; k < system.lines_per_site; ++k) {
                diagonal += system.g[at(r * system.lines + s * system.lines_per_site + k)];
            }
            sum += diagonal;
            if (system.rows_merged) continue;
            const Index node = r * system.sites + s;
            const double own = diagonal + system.row_tie(r, s) + below, link = system.row_link(r, s);
            block.row_pivot[at(node)] = invert(own + link);
            below = link * own * block.row_pivot[at(node)];
        }
        if (system.rows_merged) block.row_pivot[at(r)] = invert(sum);
    }
    std::vector<double> sum = system.col_hold, below(at(system.lines), 0.0);
    for (Index r = 0; r < system.rows; ++r) {
        for (Index l = 0; l < system.lines; ++l) {
            const Index node = r * system.lines + l;
            const double diagonal = system.g[at(node)];
            sum[at(l)] += diagonal;
            if (system.cols_merged) continue;
            const double own = diagonal + system.col_tie(r, l) + below[at(l)], link = system.col_link(r, l);
            block.col_pivot[at(node)] = invert(own + link);
            below[at(l)] = link * own * block.col_pivot[at(node)];
        }
    }
    if (system.cols_merged) {
        for (Index l = 0; l < system.lines; ++l) block.col_pivot[at(l)] = invert(sum[at(l)]);
    }
}

void factorise_block(const LineSystem& system, LaneBlock& block) {
    if (block.slope.empty()) {
        factorise_shared(system, block);
    } else {
        factorise_lanes<true>(system, block);
    }
}

struct EvaluationSums {
    LargestOfLanes error, current;
    Two rounding;

    HWY_INLINE EvaluationSums() : rounding(zero()) {}
};

template <class Law>
HWY_INLINE Two evaluate_cell(const LineSystem& system, LaneBlock& block, const Law& law, Index node,
                             Index lane, const Two& v) {
    const double g = system.g[static_cast<std::size_t>(node)];
    const double shape = system.shape_at(node);
    if (block.slope.empty()) return law.current(g, shape, v);
    const LanePoint point = law.point(g, shape, v);
    store(point.slope, block.slope.data() + node * lane_count + lane);
    return point.current;
}

/// Row r: cell currents, currents of both line families' cells, and f_w; r of the column nodes gets the cell current.
template <class Law>
HWY_INLINE void evaluate_row(const LineSystem& system, LaneBlock& block, const Law& law, Index r, Index lane,
                             EvaluationSums& sums) {
    const double* w = block.w.data() + lane;
    const double* b = block.b.data() + lane;
    Two i_row = zero(), previous = zero();
    const Index first = r * system.sites;
    const Two v_source = load(block.v_row.data() + r * lane_count + lane);
    for (Index s = 0; s < system.sites; ++s) {
        const Index node = first + s;
        const Two w_here = load(w + node * lane_count);
        Two i_site = zero();
        for (Index k = 0; k < system.lines_per_site; ++k) {
            const Index l = s * system.lines_per_site + k, cell = r * system.lines + l;
            const Two i = evaluate_cell(system, block, law, cell, lane, w_here - load(b + cell * lane_count));
            i_site = i_site + i;
            store(i, block.r.data() + cell * lane_count + lane);
            double* i_col = block.i_col.data() + l * lane_count + lane;
            store(r == 0 ? i : load(i_col) + i, i_col);
        }
        i_row = i_row + i_site;
        if (system.rows_merged) continue;
        const double link = system.row_link(r, s), tie = system.row_tie(r, s);
        Two net = neg_mul_add(all(tie), v_source - w_here, i_site) - previous;
        sums.rounding = max(sums.rounding, all(link + tie) * abs(w_here));
        if (s + 1 < system.sites) {
            previous = all(link) * (w_here - load(w + (node + 1) * lane_count));
            net = net + previous;
        }
        store(zero() - net, block.f_w.data() + node * lane_count + lane);
        sums.error.take(net);
    }
    store(i_row, block.i_row.data() + r * lane_count + lane);
    sums.current.take(i_row);
    if (!system.rows_merged) return;
    // A merged row has one equation; it stands at site 0. A row held by its source has none.
    const double hold = system.row_hold[static_cast<std::size_t>(r)];
    const bool held = std::isinf(hold);
    const Two net = held ? zero() : neg_mul_add(all(hold), v_source - load(w + first * lane_count), i_row);
    for (Index s = 0; s < system.sites; ++s) {
        store(s == 0 ? zero() - net : zero(), block.f_w.data() + (first + s) * lane_count + lane);
    }
    sums.error.take(net);
    if (!held) sums.rounding = max(sums.rounding, all(hold) * abs(v_source));
}

/// Turns the cell currents in r into minus the KCL errors of the column nodes.
HWY_INLINE void evaluate_columns(const LineSystem& system, LaneBlock& block, Index lane,
                                 EvaluationSums& sums) {
    const double* b = block.b.data() + lane;
    for (Index r = 0; r < system.rows; ++r) {
        for (Index l = 0; l < system.lines; ++l) {
            const Index node = r * system.lines + l;
            const Two v_sense = load(block.v_col.data() + l * lane_count + lane);
            const Two b_here = load(b + node * lane_count);
            double* f = block.r.data() + node * lane_count + lane;
            if (system.cols_merged) {
                const double hold = system.col_hold[static_cast<std::size_t>(l)];
                if (r > 0 || std::isinf(hold)) continue;
                const Two tie = all(hold) * (v_sense - b_here);
                sums.error.take(load(block.i_col.data() + l * lane_count + lane) + tie);
                sums.rounding = max(sums.rounding, all(hold) * abs(b_here));
                store(load(f) + tie, f);
                continue;
            }
            const double link = system.col_link(r, l), tie = system.col_tie(r, l);
            Two net = mul_add(all(tie), v_sense - b_here, load(f));
            if (r > 0) {
                const double above = system.col_link(r - 1, l);
                net = mul_add(all(above), load(b + (node - system.lines) * lane_count) - b_here, net);
            }
            if (r + 1 < system.rows)
                net = mul_add(all(link), load(b + (node + system.lines) * lane_count) - b_here, net);
            sums.error.take(net);
            sums.rounding = max(sums.rounding, all(link + tie) * abs(b_here));
            store(net, f);
        }
    }
    for (Index l = 0; l < system.lines; ++l) {
        sums.current.take(load(block.i_col.data() + l * lane_count + lane));
    }
}

LaneErrors evaluate_block(const LineSystem& system, LaneBlock& block) {
    LaneErrors errors;
    for (Index lane = 0; lane < lane_count; lane += width()) {
        EvaluationSums sums;
        with_law(system.cell, [&](const auto& law) HWY_ATTR {
            for (Index r = 0; r < system.rows; ++r) evaluate_row(system, block, law, r, lane, sums);
        });
        evaluate_columns(system, block, lane, sums);
        keep(sums.error.value(), errors.error, lane);
        keep(sums.current.value(), errors.current, lane);
        keep(sums.rounding * all(16.0 * std::numeric_limits<double>::epsilon()), errors.rounding, lane);
    }
    return errors;
}

template <bool per_lane>
Lanes begin_lanes(const LineSystem& system, LaneBlock& block) {
    Lanes norms{};
    for (Index lane = 0; lane < lane_count; lane += width()) {
        Two largest = zero();
        for (Index r = 0; r < system.rows; ++r) {
            const double* f_w = block.f_w.data() + r * system.sites * lane_count + lane;
            const auto rhs = [&](Index s) HWY_ATTR { return load(f_w + s * lane_count); };
            const auto use = [&](Index s, const Two& u) HWY_ATTR {
                for (Index k = 0; k < system.lines_per_site; ++k) {
                    const Index l = s * system.lines_per_site + k, node = r * system.lines + l;
                    double* to = block.r.data() + node * lane_count + lane;
                    const Two residual =
                        mul_add(cell_slope<per_lane>(system, block, node, lane), u, load(to));
                    store(residual, to);
                    sweep_down<per_lane>(system, block, r, l, lane, residual);
                    if (!system.cols_merged) largest = max(largest, abs(residual));
                    for (double* cleared : {block.x.data(), block.p.data(), block.q.data()}) {
                        store(zero(), cleared + node * lane_count + lane);
                    }
                }
            };
            solve_row<per_lane>(system, block, r, lane, rhs, use);
        }
        if (system.cols_merged) largest = count_merged_columns(system, block, lane, largest);
        keep(largest, norms, lane);
    }
    return norms;
}

/// What the neighbouring lines' nodes give node (r, l), of voltages v.
HWY_INLINE Two beside(const LineSystem& system, const double* v, Index node, Index l) {
    Two sum = zero();
    if (l + 1 < system.lines)
        sum = all(system.col_beside[static_cast<std::size_t>(node)]) * load(v + (node + 1) * lane_count);
    if (l > 0)
        sum = mul_add(all(system.col_beside[static_cast<std::size_t>(node - 1)]),
                      load(v + (node - 1) * lane_count), sum);
    return sum;
}

template <bool per_lane>
line_kernels::Products ascend_lanes(const LineSystem& system, LaneBlock& block) {
    line_kernels::Products products;
    const Index lines = system.lines;
    for (Index lane = 0; lane < lane_count; lane += width()) {
        Two rz = zero(), zs = zero();
        const double* y = block.y.data() + lane;
        double* z = block.z.data() + lane;
        for (Index r = system.rows - 1; r >= 0; --r) {
            for (Index l = 0; l < lines; ++l) {
                const Index node = r * lines + l;
                Two value;
                if (system.cols_merged) {
                    value = load(y + l * lane_count) * coefficient<per_lane>(block.col_pivot.data(), l, lane);
                } else {
                    value = load(y + node * lane_count);
                    if (r + 1 < system.rows) {
                        const Two gain = all(system.col_link(r, l)) *
                                         coefficient<per_lane>(block.col_pivot.data(), node, lane);
                        value = mul_add(gain, load(z + (node + lines) * lane_count), value);
                    }
                }
                store(value, z + node * lane_count);
            }
            const auto rhs = [&](Index s) HWY_ATTR {
                return gather_site<per_lane>(system, block, r, s, lane, block.z.data());
            };
            const auto use = [&](Index s, const Two& u) HWY_ATTR {
                for (Index k = 0; k < system.lines_per_site; ++k) {
                    const Index node = r * lines + s * system.lines_per_site + k;
                    const Two residual = load(block.r.data() + node * lane_count + lane);
                    const Two direction = load(z + node * lane_count);
                    Two image = neg_mul_add(cell_slope<per_lane>(system, block, node, lane), u, residual);
                    if (!system.col_beside.empty()) image = image - beside(system, z, node, node - r * lines);
                    store(image, block.s.data() + node * lane_count + lane);
                    rz = mul_add(residual, direction, rz);
                    zs = mul_add(direction, image, zs);
                }
            };
            solve_row<per_lane>(system, block, r, lane, rhs, use);
        }
        keep(rz, products.rz, lane);
        keep(zs, products.zs, lane);
    }
    return products;
}

template <bool per_lane>
Lanes descend_lanes(const LineSystem& system, LaneBlock& block, const Lanes& alpha_of, const Lanes& beta_of) {
    Lanes norms{};
    for (Index lane = 0; lane < lane_count; lane += width()) {
        const Two alpha = recall(alpha_of, lane), beta = recall(beta_of, lane);
        Two largest = zero();
        for (Index r = 0; r < system.rows; ++r) {
            for (Index l = 0; l < system.lines; ++l) {
                const Index at = (r * system.lines + l) * lane_count + lane;
                const Two p = mul_add(beta, load(block.p.data() + at), load(block.z.data() + at));
                const Two q = mul_add(beta, load(block.q.data() + at), load(block.s.data() + at));
                const Two residual = neg_mul_add(alpha, q, load(block.r.data() + at));
                store(p, block.p.data() + at);
                store(q, block.q.data() + at);
                store(mul_add(alpha, p, load(block.x.data() + at)), block.x.data() + at);
                store(residual, block.r.data() + at);
                sweep_down<per_lane>(system, block, r, l, lane, residual);
                if (!system.cols_merged) largest = max(largest, abs(residual));
            }
        }
        if (system.cols_merged) largest = count_merged_columns(system, block, lane, largest);
        keep(largest, norms, lane);
    }
    return norms;
}

template <bool per_lane>
void advance_lanes(const LineSystem& system, LaneBlock& block, const Lanes& length_of) {
    for (Index lane = 0; lane < lane_count; lane += width()) {
        const Two length = recall(length_of, lane);
        for (Index r = 0; r < system.rows; ++r) {
            const double* f_w = block.f_w.data() + r * system.sites * lane_count + lane;
            double* step = block.row_step.data() + lane;
            const bool follows = r > 0 && !system.row_below.empty(), is_followed = !system.row_below.empty();
            const auto rhs = [&](Index s) HWY_ATTR {
                Two sum = load(f_w + s * lane_count) +
                          gather_site<per_lane>(system, block, r, s, lane, block.x.data());
                if (follows) {
                    const Index above = (r - 1) * system.sites + s;
                    sum = mul_add(all(system.row_below[static_cast<std::size_t>(above)]),
                                  load(step + s * lane_count), sum);
                }
                return sum;
            };
            const auto use = [&](Index s, const Two& u) HWY_ATTR {
                double* w = block.w.data() + (r * system.sites + s) * lane_count + lane;
                store(mul_add(length, u, load(w)), w);
                if (is_followed) store(u, step + s * lane_count);
            };
            solve_row<per_lane>(system, block, r, lane, rhs, use);
            for (Index l = 0; l < system.lines; ++l) {
                const Index at = (r * system.lines + l) * lane_count + lane;
                store(mul_add(length, load(block.x.data() + at), load(block.b.data() + at)),
                      block.b.data() + at);
            }
        }
    }
}

Lanes begin_block(const LineSystem& system, LaneBlock& block) {
    return block.slope.empty() ? begin_lanes<false>(system, block) : begin_lanes<true>(system, block);
}
line_kernels::Products ascend_block(const LineSystem& system, LaneBlock& block) {
    return block.slope.empty() ? ascend_lanes<false>(system, block) : ascend_lanes<true>(system, block);
}
Lanes descend_block(const LineSystem& system, LaneBlock& block, const Lanes& alpha, const Lanes& beta) {
    return block.slope.empty() ? descend_lanes<false>(system, block, alpha, beta)
                               : descend_lanes<true>(system, block, alpha, beta);
}
void advance_block(const LineSystem& system, LaneBlock& block, const Lanes& length) {
    if (block.slope.empty()) {
        advance_lanes<false>(system, block, length);
    } else {
        advance_lanes<true>(system, block, length);
    }
}

const char* target_name() {
    return hwy::TargetName(HWY_TARGET);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(factorise_block);
HWY_EXPORT(evaluate_block);
HWY_EXPORT(begin_block);
HWY_EXPORT(ascend_block);
HWY_EXPORT(descend_block);
HWY_EXPORT(advance_block);
HWY_EXPORT(target_name);

LaneBlock::LaneBlock(const LineSystem& system) {
    const auto row_nodes = static_cast<std::size_t>(system.rows * system.sites);
    const auto col_nodes = static_cast<std::size_t>(system.rows * system.lines);
    const auto rows = static_cast<std::size_t>(system.rows), lines = static_cast<std::size_t>(system.lines);
    const bool per_lane = !is_linear(system.cell);
    const std::size_t lanes = lane_count, shared = per_lane ? lanes : 1;
    const ArrayRequest requests[] = {{v_row, rows * lanes},
                                     {v_col, lines * lanes},
                                     {w, row_nodes * lanes},
                                     {b, col_nodes * lanes},
                                     {f_w, row_nodes * lanes},
                                     {i_row, rows * lanes},
                                     {i_col, lines * lanes},
                                     {slope, per_lane ? col_nodes * lanes : 0},
                                     {row_pivot, row_nodes * shared},
                                     {col_pivot, col_nodes * shared},
                                     {x, col_nodes * lanes},
                                     {r, col_nodes * lanes},
                                     {y, col_nodes * lanes},
                                     {z, col_nodes * lanes},
                                     {s, col_nodes * lanes},
                                     {p, col_nodes * lanes},
                                     {q, col_nodes * lanes},
                                     {scratch, static_cast<std::size_t>(system.sites) * lanes},
                                     {row_step, static_cast<std::size_t>(system.sites) * lanes}};
    memory_ = cut_arrays(requests);
}

namespace line_kernels {

void factorise(const LineSystem& system, LaneBlock& block) {
    HWY_DYNAMIC_DISPATCH(factorise_block)(system, block);
}
LaneErrors evaluate(const LineSystem& system, LaneBlock& block) {
    return HWY_DYNAMIC_DISPATCH(evaluate_block)(system, block);
}
Lanes begin(const LineSystem& system, LaneBlock& block) {
    return HWY_DYNAMIC_DISPATCH(begin_block)(system, block);
}
Products ascend(const LineSystem& system, LaneBlock& block) {
    return HWY_DYNAMIC_DISPATCH(ascend_block)(system, block);
}
Lanes descend(const LineSystem& system, LaneBlock& block, const Lanes& alpha, const Lanes& beta) {
    return HWY_DYNAMIC_DISPATCH(descend_block)(system, block, alpha, beta);
}
void advance(const LineSystem& system, LaneBlock& block, const Lanes& length) {
    HWY_DYNAMIC_DISPATCH(advance_block)(system, block, length);
}
const char* instruction_set() {
    return HWY_DYNAMIC_DISPATCH(target_name)();
}

} // namespace line_kernels

} // namespace ohmloom
#endif
