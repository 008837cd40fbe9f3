// Loops over neighbouring nodes, for the kernels of a single operating point. Included again for each instruction set, as
// lane_vectors-inl.h is.
#if defined(OHMLOOM_SOLVER_ALONG_LINES) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_ALONG_LINES
#undef OHMLOOM_SOLVER_ALONG_LINES
#else
#define OHMLOOM_SOLVER_ALONG_LINES
#endif

#include "solver/lane_vectors-inl.h"
#include "solver/single_line_kernels.hpp"

#include <algorithm>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

using OneTag = hn::CappedTag<double, 1>;

/// Calls visit(tag, i) for all i in [begin, end), whole vectors first and what is left one by one; the tag says which.
template <class Visit>
HWY_INLINE void along(Index begin, Index end, const Visit& visit) {
    Index i = begin;
    for (; i + half() <= end; i += half()) visit(Tag(), i);
    for (; i < end; ++i) visit(OneTag(), i);
}

/// A sum over such a loop. Written out, since the compiler may not reorder sums by itself.
struct RunningSum {
    Vec vectors;
    double rest = 0.0;

    HWY_INLINE RunningSum() : vectors(hn::Zero(Tag())) {}

    template <class D>
    HWY_INLINE void add(D, hn::Vec<D> x) {
        if constexpr (std::is_same_v<D, Tag>) {
            vectors = hn::Add(vectors, x);
        } else {
            rest += hn::GetLane(x);
        }
    }
    /// Adds x·y.
    template <class D>
    HWY_INLINE void add_product(D, hn::Vec<D> x, hn::Vec<D> y) {
        if constexpr (std::is_same_v<D, Tag>) {
            vectors = hn::MulAdd(x, y, vectors);
        } else {
            rest += hn::GetLane(hn::Mul(x, y));
        }
    }
    [[nodiscard]] HWY_INLINE double total() const {
        return rest + hn::GetLane(hn::SumOfLanes(Tag(), vectors));
    }
};

/// The sum of so many numbers.
HWY_INLINE double sum(const double* a, Index count) {
    RunningSum total;
    along(0, count, [&](auto tag, Index i) HWY_ATTR { total.add(tag, hn::LoadU(tag, a + i)); });
    return total.total();
}

/// The largest magnitude over such loops; NaN if one was not finite, which a comparison would lose.
struct LargestMagnitude {
    Vec vectors, spoilt;
    double rest = 0.0, rest_spoilt = 0.0;

    HWY_INLINE LargestMagnitude() : vectors(hn::Zero(Tag())), spoilt(hn::Zero(Tag())) {}

    template <class D>
    HWY_INLINE void take(D tag, hn::Vec<D> x) {
        if constexpr (std::is_same_v<D, Tag>) {
            vectors = hn::Max(vectors, hn::Abs(x));
            spoilt = hn::MulAdd(x, hn::Zero(tag), spoilt);
        } else {
            rest = std::max(rest, hn::GetLane(hn::Abs(x)));
            rest_spoilt += 0.0 * hn::GetLane(x);
        }
    }
    [[nodiscard]] HWY_INLINE double value() const {
        return std::max(rest, hn::GetLane(hn::MaxOfLanes(Tag(), vectors))) +
               (rest_spoilt + hn::GetLane(hn::SumOfLanes(Tag(), spoilt)));
    }
};

/// The potential that each line of a row meets, from those of its sites.
HWY_INLINE const double* potentials_of_lines(const LineSystem& system, SinglePoint& point, const double* sites) {
    if (system.lines_per_site == 1) return sites;
    double* to = point.paired.data();
    for (Index s = 0; s < system.sites; ++s) to[2 * s] = to[2 * s + 1] = sites[s];
    return to;
}

/// Sums over the cells of each site.
HWY_INLINE void sum_sites(const LineSystem& system, const double* from, double* to) {
    if (system.lines_per_site == 1) {
        std::copy_n(from, system.sites, to);
        return;
    }
    for (Index s = 0; s < system.sites; ++s) to[s] = from[2 * s] + from[2 * s + 1];
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
