// The kernels of arrays in time, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/transient_kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/cell_laws-inl.h"
#include "solver/lane_chains-inl.h"
#include "solver/transient_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// The charge of a node of a family of neighbouring lines: ground, and what lies between it and the nodes `step` before and behind it.
HWY_INLINE Two node_charge(const std::vector<double>& ground, const std::vector<double>& next, Index node,
                           Index step, bool has_before, const double* v) {
    const Two here = load(v + node * lane_count);
    Two charge = all(ground[static_cast<std::size_t>(node)]) * here;
    if (next.empty()) return charge;
    const double behind = next[static_cast<std::size_t>(node)];
    if (behind > 0.0) charge = mul_add(all(behind), here - load(v + (node + step) * lane_count), charge);
    if (has_before) {
        const double before = next[static_cast<std::size_t>(node - step)];
        charge = mul_add(all(before), here - load(v + (node - step) * lane_count), charge);
    }
    return charge;
}
HWY_INLINE Two row_charge(const TransientSystem& system, Index r, Index node, const double* w) {
    return node_charge(system.row_ground, system.row_next, node, system.lines.sites, r > 0, w);
}
HWY_INLINE Two column_charge(const TransientSystem& system, Index l, Index node, const double* b) {
    return node_charge(system.col_ground, system.col_next, node, 1, l > 0, b);
}

/// What a stage's evaluation knows.
struct StageView {
    const TransientSystem& system;
    const LineSystem& stage;
    double rate;
    TransientBlock& block;
};

/// A cell with numbers of its own in every lane, which no SIMD law takes.
template <class Law>
HWY_INLINE LanePoint moving_point(const StageView& view, const Law& law, Index mover, Index lane,
                                  const Two& v) {
    HWY_ALIGN double voltage[lane_count], current[lane_count], slope[lane_count];
    store(v, voltage);
    const std::size_t first = static_cast<std::size_t>(mover * lane_count + lane);
    for (std::size_t i = 0; i < static_cast<std::size_t>(width()); ++i) {
        const auto point =
            evaluate_law(law.cell, view.block.g[first + i], view.block.shape[first + i], voltage[i]);
        current[i] = point.current;
        slope[i] = point.slope;
    }
    return {load(current), load(slope)};
}

/// Current of a cell with its capacitance.
template <bool moves, class Law>
HWY_INLINE Two stage_cell(const StageView& view, const Law& law, Index node, Index lane, const Two& v) {
    const auto at = static_cast<std::size_t>(node);
    LaneBlock& lanes = view.block.lanes;
    if constexpr (Law::linear && !moves)
        return all(view.stage.g[at]) * v; // at_rate() has put the capacitance there
    const Index mover = moves ? view.block.mover[at] : -1;
    const LanePoint point = mover >= 0
                                ? moving_point(view, law, mover, lane, v)
                                : law.point(view.system.lines.g[at], view.system.lines.shape_at(node), v);
    const Two beside = all(view.system.cell.empty() ? 0.0 : view.rate * view.system.cell[at]);
    store(point.slope + beside, lanes.slope.data() + node * lane_count + lane);
    return mul_add(beside, v, point.current);
}

/// Row r: cells, and the equations of its row nodes.
template <bool moves, class Law>
HWY_INLINE void stage_row(const StageView& view, const Law& law, Index r, Index lane, LargestOfLanes& error) {
    const LineSystem& lines = view.system.lines;
    LaneBlock& block = view.block.lanes;
    const double* w = block.w.data() + lane;
    const double* b = block.b.data() + lane;
    const Index first = r * lines.sites, per_site = lines.lines_per_site;
    const Two v_source = load(block.v_row.data() + r * lane_count + lane);
    Two previous = zero(), taken = zero(), at_ends = zero();
    for (Index s = 0; s < lines.sites; ++s) {
        const Index node = first + s;
        const Two w_here = load(w + node * lane_count);
        Two leaving = mul_add(all(view.rate), row_charge(view.system, r, node, w),
                              zero() - load(view.block.injected.w.data() + node * lane_count + lane));
        for (Index k = 0; k < per_site; ++k) {
            const Index cell = r * lines.lines + s * per_site + k;
            const Two i = stage_cell<moves>(view, law, cell, lane, w_here - load(b + cell * lane_count));
            leaving = leaving + i;
            store(i, block.r.data() + cell * lane_count + lane);
        }
        taken = taken + leaving;
        if (lines.rows_merged) continue;
        const Two tie = all(lines.row_tie(r, s)) * (v_source - w_here);
        at_ends = at_ends + tie;
        Two net = leaving - tie - previous;
        if (s + 1 < lines.sites) {
            previous = all(lines.row_link(r, s)) * (w_here - load(w + (node + 1) * lane_count));
            net = net + previous;
        }
        store(zero() - net, block.f_w.data() + node * lane_count + lane);
        error.take(net);
    }
    store(lines.rows_merged ? taken : at_ends, block.i_row.data() + r * lane_count + lane);
    if (!lines.rows_merged) return;
    // A merged row has one equation; it stands at site 0. A row held by its source has none.
    const double hold = lines.row_hold[static_cast<std::size_t>(r)];
    const Two net =
        std::isinf(hold) ? zero() : neg_mul_add(all(hold), v_source - load(w + first * lane_count), taken);
    for (Index s = 0; s < lines.sites; ++s)
        store(s == 0 ? zero() - net : zero(), block.f_w.data() + (first + s) * lane_count + lane);
    error.take(net);
}

/// The equations of the column nodes of row r, in the place of their cell currents.
HWY_INLINE void stage_columns(const StageView& view, Index r, Index lane, LargestOfLanes& error) {
    const LineSystem& lines = view.system.lines;
    LaneBlock& block = view.block.lanes;
    const double* b = block.b.data() + lane;
    for (Index l = 0; l < lines.lines; ++l) {
        const Index node = r * lines.lines + l;
        const Two b_here = load(b + node * lane_count);
        const Two v_sense = load(block.v_col.data() + l * lane_count + lane);
        double* f = block.r.data() + node * lane_count + lane;
        double* end = block.i_col.data() + l * lane_count + lane;
        const Two so_far = r == 0 ? zero() : load(end);
        Two net = load(f) - mul_add(all(view.rate), column_charge(view.system, l, node, b),
                                    zero() - load(view.block.injected.b.data() + node * lane_count + lane));
        if (lines.cols_merged) {
            store(so_far + net, end);
            store(net, f);
            continue;
        }
        const Two tie = all(lines.col_tie(r, l)) * (b_here - v_sense);
        store(so_far + tie, end);
        net = net - tie;
        if (r > 0) {
            const double above = lines.col_link(r - 1, l);
            net = mul_add(all(above), load(b + (node - lines.lines) * lane_count) - b_here, net);
        }
        if (r + 1 < lines.rows) {
            const double link = lines.col_link(r, l);
            net = mul_add(all(link), load(b + (node + lines.lines) * lane_count) - b_here, net);
        }
        error.take(net);
        store(net, f);
    }
}

/// The equations of merged columns, which stand in row 0 beside the currents of their nodes.
HWY_INLINE void stage_merged_columns(const StageView& view, Index lane, LargestOfLanes& error) {
    const LineSystem& lines = view.system.lines;
    LaneBlock& block = view.block.lanes;
    for (Index l = 0; l < lines.lines; ++l) {
        const double hold = lines.col_hold[static_cast<std::size_t>(l)];
        if (std::isinf(hold)) continue;
        const Two v_sense = load(block.v_col.data() + l * lane_count + lane);
        const Two tie = all(hold) * (v_sense - load(block.b.data() + l * lane_count + lane));
        double* f = block.r.data() + l * lane_count + lane;
        store(load(f) + tie, f);
        error.take(load(block.i_col.data() + l * lane_count + lane) + tie);
    }
}

template <bool moves>
Lanes evaluate_cells(const TransientSystem& system, const LineSystem& stage, double rate,
                     TransientBlock& block) {
    const StageView view{system, stage, rate, block};
    Lanes errors{};
    const LineSystem& lines = view.system.lines;
    for (Index lane = 0; lane < lane_count; lane += width()) {
        LargestOfLanes error;
        with_law(lines.cell, [&](const auto& law) HWY_ATTR {
            for (Index r = 0; r < lines.rows; ++r) {
                stage_row<moves>(view, law, r, lane, error);
                stage_columns(view, r, lane, error);
            }
        });
        if (lines.cols_merged) stage_merged_columns(view, lane, error);
        keep(error.value(), errors, lane);
    }
    return errors;
}

Lanes evaluate_stage(const TransientSystem& system, const LineSystem& stage, double rate,
                     TransientBlock& block) {
    return block.mover.empty() ? evaluate_cells<false>(system, stage, rate, block)
                               : evaluate_cells<true>(system, stage, rate, block);
}

void measure_stage_charges(const TransientSystem& system, TransientBlock& block) {
    const LineSystem& lines = system.lines;
    for (Index lane = 0; lane < lane_count; lane += width()) {
        const double* w = block.lanes.w.data() + lane;
        const double* b = block.lanes.b.data() + lane;
        for (Index r = 0; r < lines.rows; ++r) {
            for (Index s = 0; s < lines.sites; ++s) {
                const Index node = r * lines.sites + s;
                Two charge = row_charge(system, r, node, w);
                for (Index k = 0; k < lines.lines_per_site; ++k) {
                    const Index l = s * lines.lines_per_site + k, cell = r * lines.lines + l;
                    Two below = column_charge(system, l, cell, b);
                    if (!system.cell.empty()) {
                        const Two across = all(system.cell[static_cast<std::size_t>(cell)]) *
                                           (load(w + node * lane_count) - load(b + cell * lane_count));
                        charge = charge + across;
                        below = below - across;
                    }
                    store(below, block.next_charge.b.data() + cell * lane_count + lane);
                }
                store(charge, block.next_charge.w.data() + node * lane_count + lane);
            }
        }
    }
}

/// u = T_r⁻¹·error_w, then T_c⁻¹·(error_b + Dᵀ·u); z receives the latter.
template <bool per_lane>
Lanes filter_lanes(const LineSystem& stage, TransientBlock& whole) {
    Lanes errors{};
    LaneBlock& block = whole.lanes;
    const Index lines = stage.lines;
    for (Index lane = 0; lane < lane_count; lane += width()) {
        LargestOfLanes largest;
        for (Index r = 0; r < stage.rows; ++r) {
            const double* e_w = whole.error.w.data() + r * stage.sites * lane_count + lane;
            const double* e_b = whole.error.b.data() + lane;
            const auto rhs = [&](Index s) HWY_ATTR { return load(e_w + s * lane_count); };
            const auto use = [&](Index s, const Two& u) HWY_ATTR {
                largest.take(u);
                for (Index k = 0; k < stage.lines_per_site; ++k) {
                    const Index l = s * stage.lines_per_site + k, node = r * lines + l;
                    sweep_down<per_lane>(stage, block, r, l, lane,
                                         mul_add(cell_slope<per_lane>(stage, block, node, lane), u,
                                                 load(e_b + node * lane_count)));
                }
            };
            solve_row<per_lane>(stage, block, r, lane, rhs, use);
        }
        const double* y = block.y.data() + lane;
        double* z = block.z.data() + lane;
        for (Index r = stage.cols_merged ? 0 : stage.rows - 1; r >= 0; --r) {
            for (Index l = 0; l < lines; ++l) {
                const Index node = r * lines + l;
                Two value = load(y + node * lane_count);
                if (stage.cols_merged) {
                    value = value * coefficient<per_lane>(block.col_pivot.data(), l, lane);
                } else if (r + 1 < stage.rows) {
                    const Two gain =
                        all(stage.col_link(r, l)) * coefficient<per_lane>(block.col_pivot.data(), node, lane);
                    value = mul_add(gain, load(z + (node + lines) * lane_count), value);
                }
                largest.take(value);
                store(value, z + node * lane_count);
            }
        }
        keep(largest.value(), errors, lane);
    }
    return errors;
}

Lanes filter_block(const LineSystem& stage, TransientBlock& block) {
    return block.lanes.slope.empty() ? filter_lanes<false>(stage, block) : filter_lanes<true>(stage, block);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom {

HWY_EXPORT(evaluate_stage);
HWY_EXPORT(measure_stage_charges);
HWY_EXPORT(filter_block);

TransientBlock::TransientBlock(const LineSystem& system, std::vector<std::int32_t> movers)
    : lanes(system), mover(std::move(movers)) {
    const std::size_t row_nodes = lanes.w.size(), col_nodes = lanes.b.size();
    const auto moving =
        static_cast<std::size_t>(std::ranges::count_if(mover, [](std::int32_t m) { return m >= 0; }));
    g.assign(moving * lane_count, 0.0);
    shape.assign(moving * lane_count, 0.0);
    const ArrayRequest requests[] = {
        {injected.w, row_nodes}, {injected.b, col_nodes},    {charge.w, row_nodes},
        {charge.b, col_nodes},   {next_charge.w, row_nodes}, {next_charge.b, col_nodes},
        {current.w, row_nodes},  {current.b, col_nodes},     {error.w, row_nodes},
        {error.b, col_nodes},    {start.w, row_nodes},       {start.b, col_nodes},
        {earlier.w, row_nodes},  {earlier.b, col_nodes}};
    memory_ = cut_arrays(requests);
    if (mover.empty() || !lanes.slope.empty()) return;
    // Ohmic cells that move have slopes, and their chains factors, of their own in every lane too.
    const ArrayRequest own[] = {
        {lanes.slope, col_nodes}, {lanes.row_pivot, row_nodes}, {lanes.col_pivot, col_nodes}};
    slopes_ = cut_arrays(own);
}

namespace transient_kernels {

Lanes evaluate(const TransientSystem& system, const LineSystem& stage, double rate, TransientBlock& block) {
    return HWY_DYNAMIC_DISPATCH(evaluate_stage)(system, stage, rate, block);
}
void measure_charges(const TransientSystem& system, TransientBlock& block) {
    HWY_DYNAMIC_DISPATCH(measure_stage_charges)(system, block);
}
Lanes filter_error(const LineSystem& stage, TransientBlock& block) {
    return HWY_DYNAMIC_DISPATCH(filter_block)(stage, block);
}

} // namespace transient_kernels

} // namespace ohmloom
#endif
