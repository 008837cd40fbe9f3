// Chains solved in SIMD lanes, for the kernels of the line engines. Included again for each instruction set, as
// lane_vectors-inl.h is.
#if defined(OHMLOOM_SOLVER_LANE_CHAINS) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_LANE_CHAINS
#undef OHMLOOM_SOLVER_LANE_CHAINS
#else
#define OHMLOOM_SOLVER_LANE_CHAINS
#endif

#include "solver/lane_vectors-inl.h"
#include "solver/line_kernels.hpp"

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// Coefficient of a node: one for all lanes, or one per lane.
template <bool per_lane>
HWY_INLINE Two coefficient(const double* values, Index node, Index lane) {
    if constexpr (per_lane) {
        return load(values + node * lane_count + lane);
    } else {
        return all(values[node]);
    }
}

/// Solves row r: T_r·u = rhs(s), and hands each node's u to use(s, u), from the last site to the first.
template <bool per_lane, class Rhs, class Use>
HWY_INLINE void solve_row(const LineSystem& system, const LaneBlock& block, Index r, Index lane,
                          const Rhs& rhs, const Use& use) {
    const Index first = r * system.sites, last = system.sites - 1;
    const double* pivot = block.row_pivot.data();
    if (system.rows_merged) {
        Two sum = zero();
        for (Index s = 0; s <= last; ++s) sum = sum + rhs(s);
        const Two u = sum * coefficient<per_lane>(pivot, r, lane);
        for (Index s = last; s >= 0; --s) use(s, u);
        return;
    }
    double* swept = block.scratch.data() + lane;
    const double* link = system.row_link.row(r);
    // Forward: t_s = rhs_s + (g_(s-1)/pivot_(s-1))·t_(s-1)
    Two t = rhs(0);
    for (Index s = 0;;) {
        const Two scaled = t * coefficient<per_lane>(pivot, first + s, lane);
        store(scaled, swept + s * lane_count);
        if (s == last) break;
        const Two gain = all(link[s]);
        ++s;
        t = mul_add(gain, scaled, rhs(s));
    }
    // Backward: u_s = (t_s + g_s·u_(s+1))/pivot_s
    Two u = load(swept + last * lane_count);
    use(last, u);
    for (Index s = last - 1; s >= 0; --s) {
        const Two gain = all(link[s]) * coefficient<per_lane>(pivot, first + s, lane);
        u = mul_add(gain, u, load(swept + s * lane_count));
        use(s, u);
    }
}

/// D of cell (r, l).
template <bool per_lane>
HWY_INLINE Two cell_slope(const LineSystem& system, const LaneBlock& block, Index node, Index lane) {
    return per_lane ? coefficient<true>(block.slope.data(), node, lane)
                    : coefficient<false>(system.g.data(), node, lane);
}

/// Sum of D·v over the cells that leave row node (r, s).
template <bool per_lane>
HWY_INLINE Two gather_site(const LineSystem& system, const LaneBlock& block, Index r, Index s, Index lane,
                           const double* v) {
    Two sum = zero();
    for (Index k = 0; k < system.lines_per_site; ++k) {
        const Index node = r * system.lines + s * system.lines_per_site + k;
        sum =
            mul_add(cell_slope<per_lane>(system, block, node, lane), load(v + node * lane_count + lane), sum);
    }
    return sum;
}

/// Sweeps row r of the residual forward along the columns; merged columns: adds it to the sums in row 0.
template <bool per_lane>
HWY_INLINE void sweep_down(const LineSystem& system, LaneBlock& block, Index r, Index l, Index lane,
                           const Two& residual) {
    const Index node = r * system.lines + l;
    double* y = block.y.data() + lane;
    if (system.cols_merged) {
        store(r == 0 ? residual : residual + load(y + l * lane_count), y + l * lane_count);
        return;
    }
    Two swept = residual;
    if (r > 0) {
        swept =
            mul_add(all(system.col_link(r - 1, l)), load(y + (node - system.lines) * lane_count), residual);
    }
    store(swept * coefficient<per_lane>(block.col_pivot.data(), node, lane), y + node * lane_count);
}

/// Largest residual over the nodes of a row that a column equation stands for; merged columns are counted by their sums.
HWY_INLINE Two count_merged_columns(const LineSystem& system, const LaneBlock& block, Index lane,
                                    Two largest) {
    for (Index l = 0; l < system.lines; ++l) {
        if (std::isinf(system.col_hold[static_cast<std::size_t>(l)])) continue;
        largest = max(largest, abs(load(block.y.data() + l * lane_count + lane)));
    }
    return largest;
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
