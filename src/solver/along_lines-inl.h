// Loops over neighbouring nodes, for the kernels of a single operating point. Included again for each instruction set, as
// lane_vectors-inl.h is.
#if defined(OHMLOOM_SOLVER_ALONG_LINES) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_ALONG_LINES
#undef OHMLOOM_SOLVER_ALONG_LINES
#else
#define OHMLOOM_SOLVER_ALONG_LINES
#endif

#include "solver/lane_vectors-inl.h"
#include "solver/line_system.hpp"

#include <algorithm>
#include <span>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// Whole vectors of numbers of one precision.
template <class T>
using TagOf = hn::CappedTag<T, 64 / sizeof(T)>;
template <class T>
using VecOf = hn::Vec<TagOf<T>>;

/// Calls visit(tag, i) for all i in [begin, end), by as many as the tag has lanes; what is left by fewer.
template <class D, class Visit>
HWY_INLINE void along_by(D tag, Index i, Index end, const Visit& visit) {
    constexpr Index lanes = hn::MaxLanes(D());
    for (; i + lanes <= end; i += lanes) visit(tag, i);
    if constexpr (lanes > 2) {
        if (i < end) along_by(hn::Half<hn::Half<D>>(), i, end, visit);
    } else if constexpr (lanes == 2) {
        if (i < end) visit(hn::Half<D>(), i);
    }
}
/// Calls visit(tag, i) for all i in [begin, end), whole vectors first and then what is left; the tag says how many from i on.
template <class T = double, class Visit>
HWY_INLINE void along(Index begin, Index end, const Visit& visit) {
    along_by(TagOf<T>(), begin, end, visit);
}

/// A sum over such a loop. Written out, since the compiler may not reorder sums by itself.
template <class T>
struct RunningSum {
    using Tag = TagOf<T>;
    VecOf<T> vectors;
    double rest = 0.0;

    HWY_INLINE RunningSum() : vectors(hn::Zero(Tag())) {}

    template <class D>
    HWY_INLINE void add(D tag, hn::Vec<D> x) {
        if constexpr (std::is_same_v<D, Tag>) {
            vectors = hn::Add(vectors, x);
        } else {
            rest += static_cast<double>(hn::GetLane(hn::SumOfLanes(tag, x)));
        }
    }
    /// Adds x·y.
    template <class D>
    HWY_INLINE void add_product(D tag, hn::Vec<D> x, hn::Vec<D> y) {
        if constexpr (std::is_same_v<D, Tag>) {
            vectors = hn::MulAdd(x, y, vectors);
        } else {
            rest += static_cast<double>(hn::GetLane(hn::SumOfLanes(tag, hn::Mul(x, y))));
        }
    }
    [[nodiscard]] HWY_INLINE double total() const {
        return rest + static_cast<double>(hn::GetLane(hn::SumOfLanes(Tag(), vectors)));
    }
};

/// The sum of so many numbers.
template <class T>
HWY_INLINE double sum(const T* a, Index count) {
    RunningSum<T> total;
    along<T>(0, count, [&](auto tag, Index i) HWY_ATTR { total.add(tag, hn::LoadU(tag, a + i)); });
    return total.total();
}

/// The largest magnitude over such loops; NaN if one was not finite, which a comparison would lose.
template <class T>
struct LargestMagnitude {
    using Tag = TagOf<T>;
    VecOf<T> vectors, spoilt;
    T rest = 0, rest_spoilt = 0;

    HWY_INLINE LargestMagnitude() : vectors(hn::Zero(Tag())), spoilt(hn::Zero(Tag())) {}

    template <class D>
    HWY_INLINE void take(D tag, hn::Vec<D> x) {
        if constexpr (std::is_same_v<D, Tag>) {
            vectors = hn::Max(vectors, hn::Abs(x));
            spoilt = hn::MulAdd(x, hn::Zero(tag), spoilt);
        } else {
            rest = std::max(rest, hn::GetLane(hn::MaxOfLanes(tag, hn::Abs(x))));
            rest_spoilt += hn::GetLane(hn::SumOfLanes(tag, hn::Mul(x, hn::Zero(tag))));
        }
    }
    [[nodiscard]] HWY_INLINE double value() const {
        const T largest = std::max(rest, hn::GetLane(hn::MaxOfLanes(Tag(), vectors)));
        return static_cast<double>(largest +
                                   (rest_spoilt + hn::GetLane(hn::SumOfLanes(Tag(), spoilt))));
    }
};

/// The potential that each line of a row meets, from those of its sites; `paired` is scratch.
template <class T>
HWY_INLINE const T* potentials_of_lines(const LineSystem& system, std::span<T> paired, const T* sites) {
    if (system.lines_per_site == 1) return sites;
    T* to = paired.data();
    for (Index s = 0; s < system.sites; ++s) to[2 * s] = to[2 * s + 1] = sites[s];
    return to;
}

/// Sums over the cells of each site.
template <class T>
HWY_INLINE void sum_sites(const LineSystem& system, const T* from, T* to) {
    if (system.lines_per_site == 1) {
        std::copy_n(from, system.sites, to);
        return;
    }
    for (Index s = 0; s < system.sites; ++s) to[s] = from[2 * s] + from[2 * s + 1];
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
