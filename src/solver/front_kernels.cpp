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

/// to += from, diagonal -= from; returns the sum of `from`.
double add_column(const double* from, Index count, double* diagonal, double* to) {
    const Lanes tag;
    auto total = hn::Zero(tag);
    Index i = 0;
    for (; i + width() <= count; i += width()) {
        const auto value = hn::LoadU(tag, from + i);
        hn::StoreU(hn::Add(hn::LoadU(tag, to + i), value), tag, to + i);
        hn::StoreU(hn::Sub(hn::LoadU(tag, diagonal + i), value), tag, diagonal + i);
        total = hn::Add(total, value);
    }
    double rest = hn::GetLane(hn::SumOfLanes(tag, total));
    for (; i < count; ++i) {
        to[i] += from[i];
        diagonal[i] -= from[i];
        rest += from[i];
    }
    return rest;
}

/// As add_column(), into elements `stride` apart.
double add_across(const double* from, Index count, Index stride, double* diagonal, double* to) {
    double total = 0.0;
    for (Index i = 0; i < count; ++i) {
        to[i * stride] += from[i];
        diagonal[i] -= from[i];
        total += from[i];
    }
    return total;
}

void add_reduced_block(const ReducedView& block, std::span<const NodeRun> runs, const FrontView& front,
                       double* diagonal) {
    std::fill(diagonal, diagonal + block.size, 0.0);
    for (std::size_t run = 0; run < runs.size(); ++run) {
        for (Index t = 0; t < runs[run].count; ++t) {
            const Index c = runs[run].from + t, place = runs[run].to + t;
            const double* from = block.column(c);
            double* to = front.column(place);
            double sum = add_column(from + c + 1, runs[run].count - t - 1, diagonal + c + 1, to + place + 1);
            for (std::size_t other = run + 1; other < runs.size(); ++other) {
                const Index first = runs[other].from, target = runs[other].to, count = runs[other].count;
                if (target > place) {
                    sum += add_column(from + first, count, diagonal + first, to + target);
                } else {
                    const Index stride = target < front.eliminated ? front.size : front.kept();
                    sum += add_across(from + first, count, stride, diagonal + first,
                                      front.column(target) + place);
                }
            }
            to[place] += diagonal[c] - sum;
        }
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
        Index i = j + 1;
        for (; i + width() <= front.size; i += width())
            hn::StoreU(hn::Mul(hn::LoadU(tag, pivot_column + i), inverse_lanes), tag, pivot_column + i);
        for (; i < front.size; ++i) pivot_column[i] *= inverse;
        for (Index c = j + 1; c < front.eliminated; ++c) {
            double* column = front.panel + c * front.size;
            const auto factor = hn::Set(tag, pivot_column[c]);
            Index r = c;
            for (; r + width() <= front.size; r += width()) {
                hn::StoreU(
                    hn::NegMulAdd(factor, hn::LoadU(tag, pivot_column + r), hn::LoadU(tag, column + r)), tag,
                    column + r);
            }
            for (; r < front.size; ++r) column[r] -= pivot_column[c] * pivot_column[r];
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
    Index i = c;
    const auto update_lanes = [&](const auto& load, const auto& store) {
        hn::Vec<Lanes> sums[columns];
        for (int q = 0; q < columns; ++q) sums[q] = load(target + q * kept + i);
        for (Index p = 0; p < eliminated; ++p) {
            const double* row = rows + p * front.size;
            const auto left = load(row + i);
            for (int q = 0; q < columns; ++q)
                sums[q] = hn::NegMulAdd(left, hn::Set(tag, row[c + q]), sums[q]);
        }
        for (int q = 0; q < columns; ++q) store(sums[q], target + q * kept + i);
    };
    for (; i + width() <= kept; i += width()) {
        update_lanes([&](const double* from) { return hn::LoadU(tag, from); },
                     [&](const auto& value, double* to) { hn::StoreU(value, tag, to); });
    }
    if (i == kept) return;
    const auto some = hn::FirstN(tag, static_cast<std::size_t>(kept - i));
    update_lanes([&](const double* from) { return hn::MaskedLoad(some, tag, from); },
                 [&](const auto& value, double* to) { hn::BlendedStore(value, some, tag, to); });
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

void back_substitute_front(const FrontView& front, const NodeLanes& x) {
    const Lanes tag;
    for (Index p = front.eliminated; p-- > 0;) {
        const double* column = front.panel + p * front.size;
        const auto scale = hn::Set(tag, -1.0 / column[p]);
        Index i = 0;
        const auto substitute = [&]<int vectors>() {
            hn::Vec<Lanes> sums[vectors];
            for (auto& sum : sums) sum = hn::Zero(tag);
            for (Index q = p + 1; q < front.size; ++q) {
                const auto factor = hn::Set(tag, column[q]);
                const double* node = x.node(q) + i;
                for (int v = 0; v < vectors; ++v)
                    sums[v] = hn::MulAdd(factor, hn::LoadU(tag, node + v * width()), sums[v]);
            }
            for (int v = 0; v < vectors; ++v)
                hn::StoreU(hn::Mul(sums[v], scale), tag, x.node(p) + i + v * width());
            i += vectors * width();
        };
        while (i + 8 * width() <= x.stride) substitute.template operator()<8>();
        while (i < x.stride) substitute.template operator()<1>();
    }
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
HWY_EXPORT(add_reduced_block);
HWY_EXPORT(eliminate_front);
HWY_EXPORT(back_substitute_front);
HWY_EXPORT(add_currents_of_leaf);
HWY_EXPORT(add_vectors);
HWY_EXPORT(keep_larger);
// NOLINTEND(readability-identifier-naming)

void add_reduced(const ReducedView& block, std::span<const NodeRun> runs, const FrontView& front,
                 double* diagonal) {
    HWY_DYNAMIC_DISPATCH(add_reduced_block)(block, runs, front, diagonal);
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
