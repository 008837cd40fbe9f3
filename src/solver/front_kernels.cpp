// Kernels of the condensation, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "solver/front_kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "solver/front_kernels.hpp"

#include <algorithm>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

namespace { // other kernel files have functions of the same names

using Lanes = hn::CappedTag<double, static_cast<std::size_t>(lane_unit)>;

Index width() {
    return static_cast<Index>(hn::Lanes(Lanes()));
}

/// Calls body(i, load, store) for every vector of [0, count); in the last one, lanes beyond the end are idle, and zero.
template <class Body>
HWY_INLINE void for_lanes(Index count, const Body& body) {
    const Lanes tag;
    Index i = 0;
    for (; i + width() <= count; i += width()) {
        body(
            i, [tag](const double* from) { return hn::LoadU(tag, from); },
            [tag](const hn::Vec<Lanes>& value, double* to) { hn::StoreU(value, tag, to); });
    }
    if (i == count) return;
    const auto some = hn::FirstN(tag, static_cast<std::size_t>(count - i));
    body(
        i, [tag, some](const double* from) { return hn::MaskedLoad(some, tag, from); },
        [tag, some](const hn::Vec<Lanes>& value, double* to) { hn::BlendedStore(value, some, tag, to); });
}

/// Neighbouring columns of a reduced block, and where they go.
template <int columns>
struct ColumnGroup {
    const double* from[columns]; ///< to be indexed by the row in the block
    double* to[columns];         ///< to be indexed by the row in the front
    double sum[columns] = {};    ///< of all elements added so far
};

/// Adds rows [first, first + count) of a group to the rows from `target` on, and takes them off the diagonal elements.
template <int columns>
HWY_INLINE void add_rows(ColumnGroup<columns>& group, Index first, Index count, Index target,
                         double* diagonal) {
    const Lanes tag;
    hn::Vec<Lanes> sums[columns];
    for (auto& sum : sums) sum = hn::Zero(tag);
    for_lanes(count, [&](Index i, const auto& load, const auto& store) HWY_ATTR {
        auto all = hn::Zero(tag);
        for (int q = 0; q < columns; ++q) {
            const auto value = load(group.from[q] + first + i);
            double* to = group.to[q] + target + i;
            store(hn::Add(load(to), value), to);
            sums[q] = hn::Add(sums[q], value);
            all = hn::Add(all, value);
        }
        store(hn::Sub(load(diagonal + first + i), all), diagonal + first + i);
    });
    for (int q = 0; q < columns; ++q) group.sum[q] += hn::GetLane(hn::SumOfLanes(tag, sums[q]));
}

/// As add_rows(), where the front holds the elements across: in the columns from `to` on, `stride` apart.
template <int columns>
HWY_INLINE void add_rows_across(ColumnGroup<columns>& group, Index first, Index count, double* to,
                                Index stride, double* diagonal) {
    for (Index i = 0; i < count; ++i) {
        double all = 0.0;
        for (int q = 0; q < columns; ++q) {
            const double value = group.from[q][first + i];
            to[i * stride + q] += value;
            group.sum[q] += value;
            all += value;
        }
        diagonal[first + i] -= all;
    }
}

/// Adds the columns [c, c + columns), which lie in one run.
template <int columns>
HWY_INLINE void add_column_group(const ReducedView& block, std::span<const NodeRun> runs, std::size_t run,
                                 Index c, const FrontView& front, double* diagonal) {
    const Index shift = runs[run].to - runs[run].from, run_end = runs[run].from + runs[run].count;
    const Index place = c + shift;
    ColumnGroup<columns> group;
    for (int q = 0; q < columns; ++q) {
        group.from[q] = block.column(c + q);
        group.to[q] = front.column(place + q);
    }
    for (int q = 0; q < columns; ++q) {
        for (int r = q + 1; r < columns; ++r) {
            const double value = group.from[q][c + r];
            group.to[q][place + r] += value;
            group.sum[q] += value;
            diagonal[c + r] -= value;
        }
    }
    add_rows(group, c + columns, run_end - c - columns, place + columns, diagonal);
    for (const NodeRun& other : runs.subspan(run + 1)) {
        if (other.to > place) {
            add_rows(group, other.from, other.count, other.to, diagonal);
        } else {
            const Index stride = other.to < front.eliminated ? front.size : front.kept();
            add_rows_across(group, other.from, other.count, front.column(other.to) + place, stride, diagonal);
        }
    }
    for (int q = 0; q < columns; ++q) diagonal[c + q] -= group.sum[q];
}

void add_block_columns(const ReducedView& block, std::span<const NodeRun> runs, Index begin, Index end,
                       const FrontView& front, double* diagonal) {
    for (std::size_t run = 0; run < runs.size(); ++run) {
        const Index last = std::min<Index>(end, runs[run].from + runs[run].count);
        Index c = std::max<Index>(begin, runs[run].from);
        for (; c + 4 <= last; c += 4) add_column_group<4>(block, runs, run, c, front, diagonal);
        for (; c < last; ++c) add_column_group<1>(block, runs, run, c, front, diagonal);
    }
}

/// Cholesky factorisation of the eliminated columns, over all their rows.
int factorise_panel(const FrontView& front) {
    const Lanes tag;
    for (Index j = 0; j < front.eliminated; ++j) {
        double* pivot_column = front.panel + j * front.size;
        if (!(pivot_column[j] > 0.0)) return static_cast<int>(j) + 1;
        const double pivot = std::sqrt(pivot_column[j]), inverse = 1.0 / pivot;
        pivot_column[j] = pivot;
        const auto inverse_lanes = hn::Set(tag, inverse);
        for_lanes(front.size - j - 1, [&](Index i, const auto& load, const auto& store) HWY_ATTR {
            double* at = pivot_column + j + 1 + i;
            store(hn::Mul(load(at), inverse_lanes), at);
        });
        for (Index c = j + 1; c < front.eliminated; ++c) {
            double* column = front.panel + c * front.size;
            const auto factor = hn::Set(tag, pivot_column[c]);
            for_lanes(front.size - c, [&](Index i, const auto& load, const auto& store) HWY_ATTR {
                store(hn::NegMulAdd(factor, load(pivot_column + c + i), load(column + c + i)),
                      column + c + i);
            });
        }
    }
    return 0;
}

/// The columns [c, c + columns) of the kept part less what the panel takes away. What lies above the diagonal in the first
/// rows is written too; nobody reads it.
template <int columns>
void update_columns(const FrontView& front, Index c) {
    const Lanes tag;
    const Index kept = front.kept(), eliminated = front.eliminated;
    const double* rows = front.panel + eliminated;
    double* target = front.rest + c * kept;
    for_lanes(kept - c, [&](Index i, const auto& load, const auto& store) HWY_ATTR {
        hn::Vec<Lanes> sums[columns];
        for (int q = 0; q < columns; ++q) sums[q] = load(target + q * kept + c + i);
        for (Index p = 0; p < eliminated; ++p) {
            const double* row = rows + p * front.size + c;
            const auto left = load(row + i);
            for (int q = 0; q < columns; ++q) sums[q] = hn::NegMulAdd(left, hn::Set(tag, row[q]), sums[q]);
        }
        for (int q = 0; q < columns; ++q) store(sums[q], target + q * kept + c + i);
    });
}

int eliminate_front(const FrontView& front) {
    if (const int pivot = factorise_panel(front); pivot != 0) return pivot;
    const Index kept = front.kept();
    Index c = 0;
    for (; c + 8 <= kept; c += 8) update_columns<8>(front, c);
    for (; c + 2 <= kept; c += 2) update_columns<2>(front, c);
    if (c < kept) update_columns<1>(front, c);
    return 0;
}

/// `vectors` vectors of lanes of `columns` neighbouring eliminated nodes from `first` on, from those of all nodes behind them:
/// x(p) = −1/L(p,p) · Σ L(q,p)·x(q) over q > p. What is read of x serves all columns.
template <int columns, int vectors>
HWY_INLINE void substitute_lanes(const FrontView& front, const NodeLanes& x, Index first, Index lane) {
    const Lanes tag;
    const double* column[columns];
    for (int c = 0; c < columns; ++c) column[c] = front.panel + (first + c) * front.size;
    hn::Vec<Lanes> sums[columns][vectors];
    for (auto& sum_of_column : sums) {
        for (auto& sum : sum_of_column) sum = hn::Zero(tag);
    }
    for (Index q = first + columns; q < front.size; ++q) {
        const double* from = x.node(q) + lane;
        hn::Vec<Lanes> values[vectors];
        for (int v = 0; v < vectors; ++v) values[v] = hn::LoadU(tag, from + v * width());
        for (int c = 0; c < columns; ++c) {
            const auto factor = hn::Set(tag, column[c][q]);
            for (int v = 0; v < vectors; ++v) sums[c][v] = hn::MulAdd(factor, values[v], sums[c][v]);
        }
    }
    for (int c = columns - 1; c >= 0; --c) {
        const auto scale = hn::Set(tag, -1.0 / column[c][first + c]);
        for (int v = 0; v < vectors; ++v) {
            const auto value = hn::Mul(sums[c][v], scale);
            hn::StoreU(value, tag, x.node(first + c) + lane + v * width());
            for (int before = 0; before < c; ++before) {
                sums[before][v] = hn::MulAdd(hn::Set(tag, column[before][first + c]), value, sums[before][v]);
            }
        }
    }
}

template <int columns>
HWY_INLINE void substitute_columns(const FrontView& front, const NodeLanes& x, Index first) {
    Index lane = 0;
    for (; lane + 4 * width() <= x.stride; lane += 4 * width())
        substitute_lanes<columns, 4>(front, x, first, lane);
    for (; lane < x.stride; lane += width()) substitute_lanes<columns, 1>(front, x, first, lane);
}

void back_substitute_front(const FrontView& front, const NodeLanes& x) {
    Index first = front.eliminated;
    for (; first >= 4; first -= 4) substitute_columns<4>(front, x, first - 4);
    for (; first >= 1; --first) substitute_columns<1>(front, x, first - 1);
}

void add_currents_of_leaf(const BlockPlan& leaf, std::span<const double> g, const NodeLanes& x,
                          const NodeLanes& net, const LeafTally& tally) {
    const Lanes tag;
    for (std::size_t e = 0; e < g.size(); ++e) {
        const LeafElement& element = leaf.elements[e];
        const auto conductance = hn::Set(tag, g[e]);
        const double *from = x.node(element.a), *to = x.node(element.b);
        double *out = net.node(element.a), *in = net.node(element.b);
        const bool is_cell = element.kind == LeafElement::Kind::cell;
        double* i_row = is_cell ? tally.i_row + element.row * x.stride : nullptr;
        double* i_col = is_cell ? tally.i_col + element.line * x.stride : nullptr;
        for (Index i = 0; i < x.stride; i += width()) {
            const auto a = hn::LoadU(tag, from + i), b = hn::LoadU(tag, to + i);
            const auto current = hn::Mul(conductance, hn::Sub(a, b));
            hn::StoreU(hn::Add(hn::LoadU(tag, out + i), current), tag, out + i);
            hn::StoreU(hn::Sub(hn::LoadU(tag, in + i), current), tag, in + i);
            if (is_cell) {
                hn::StoreU(hn::Add(hn::LoadU(tag, i_row + i), current), tag, i_row + i);
                hn::StoreU(hn::Add(hn::LoadU(tag, i_col + i), current), tag, i_col + i);
            } else {
                const auto term = hn::Mul(conductance, hn::Max(hn::Abs(a), hn::Abs(b)));
                hn::StoreU(hn::Max(hn::LoadU(tag, tally.term + i), term), tag, tally.term + i);
            }
        }
    }
}

void add_vectors(const double* from, Index count, double* to) {
    const Lanes tag;
    for (Index i = 0; i < count; i += width())
        hn::StoreU(hn::Add(hn::LoadU(tag, to + i), hn::LoadU(tag, from + i)), tag, to + i);
}

void keep_larger(const double* from, Index count, double* to) {
    const Lanes tag;
    for (Index i = 0; i < count; i += width())
        hn::StoreU(hn::Max(hn::LoadU(tag, to + i), hn::Abs(hn::LoadU(tag, from + i))), tag, to + i);
}

} // namespace

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom::front_kernels {

// NOLINTBEGIN(readability-identifier-naming): Highway's own names
HWY_EXPORT(add_block_columns);
HWY_EXPORT(eliminate_front);
HWY_EXPORT(back_substitute_front);
HWY_EXPORT(add_currents_of_leaf);
HWY_EXPORT(add_vectors);
HWY_EXPORT(keep_larger);
// NOLINTEND(readability-identifier-naming)

void add_columns(const ReducedView& block, std::span<const NodeRun> runs, Index begin, Index end,
                 const FrontView& front, double* diagonal) {
    HWY_DYNAMIC_DISPATCH(add_block_columns)(block, runs, begin, end, front, diagonal);
}
int eliminate(const FrontView& front) {
    return HWY_DYNAMIC_DISPATCH(eliminate_front)(front);
}
void back_substitute(const FrontView& front, const NodeLanes& x) {
    HWY_DYNAMIC_DISPATCH(back_substitute_front)(front, x);
}
void add_leaf_currents(const BlockPlan& leaf, std::span<const double> g, const NodeLanes& x,
                       const NodeLanes& net, const LeafTally& tally) {
    HWY_DYNAMIC_DISPATCH(add_currents_of_leaf)(leaf, g, x, net, tally);
}
void add(const double* from, Index count, double* to) {
    HWY_DYNAMIC_DISPATCH(add_vectors)(from, count, to);
}
void keep_larger_magnitude(const double* from, Index count, double* to) {
    HWY_DYNAMIC_DISPATCH(keep_larger)(from, count, to);
}

} // namespace ohmloom::front_kernels
#endif
