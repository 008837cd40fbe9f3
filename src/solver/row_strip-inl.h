// Rows eliminated side by side, for the kernels of a single operating point. Included again for each instruction set, as
// lane_vectors-inl.h is.
#if defined(OHMLOOM_SOLVER_ROW_STRIP) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_ROW_STRIP
#undef OHMLOOM_SOLVER_ROW_STRIP
#else
#define OHMLOOM_SOLVER_ROW_STRIP
#endif

#include "solver/along_lines-inl.h"
#include "solver/single_point.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

constexpr Index strip_rows = PointGradients<double>::strip_rows;

/// Rows and sites of the tiles that are transposed in registers.
template <class T>
constexpr Index tile_of = static_cast<Index>(hn::MaxLanes(TagOf<T>()));

/// tile x tile numbers: rows[i] holds those of row i until transposed, then those of site i.
template <class T>
struct Tile {
    static constexpr Index tile = tile_of<T>;
    using Tag = TagOf<T>;
    static_assert(PointGradients<T>::site_padding % tile == 0 && strip_rows % tile == 0);
    VecOf<T> rows[tile];

    HWY_INLINE void load(const T* from, Index stride) {
        for (Index i = 0; i < tile; ++i) rows[i] = hn::Load(Tag(), from + i * stride);
    }
    HWY_INLINE void store(T* to, Index stride) const {
        for (Index i = 0; i < tile; ++i) hn::Store(rows[i], Tag(), to + i * stride);
    }
    /// The numbers at (row, place), written as the bits of row·tile + place, trade places if those bits are turned by half their
    /// length; taking the even and the odd places of two neighbours apart turns them by one.
    HWY_INLINE void transpose() {
#if HWY_TARGET != HWY_SCALAR // whose tiles are single numbers
        for (Index turned = 1; turned < tile; turned *= 2) {
            VecOf<T> next[tile];
            for (Index i = 0; i < tile / 2; ++i) {
                next[i] = hn::ConcatEven(Tag(), rows[2 * i + 1], rows[2 * i]);
                next[i + tile / 2] = hn::ConcatOdd(Tag(), rows[2 * i + 1], rows[2 * i]);
            }
            for (Index i = 0; i < tile; ++i) rows[i] = next[i];
        }
#endif
    }
};

/// The factors of a strip's rows, [sites][strip_rows]: 1/pivot and link/pivot. Zero for rows and sites that only pad. Of rows with
/// the same links there is no second array, but the links, [sites].
template <class T>
struct StripFactors {
    const T* pivot;
    const T* gain;
    const T* link;

    /// link/pivot of some rows at a site; `at` is their place in the factors.
    [[nodiscard]] HWY_INLINE VecOf<T> gains(bool alike, Index site, Index at) const {
        const TagOf<T> tag;
        return alike ? hn::Mul(hn::Set(tag, link[site]), hn::Load(tag, pivot + at)) : hn::Load(tag, gain + at);
    }
};

/// Brings numbers of a strip from row after row, [strip_rows][sites], to [sites][strip_rows].
template <class T>
HWY_INLINE void transpose_strip(const T* rows, Index padded_sites, T* sites) {
    constexpr Index tile = tile_of<T>;
    for (Index s = 0; s < padded_sites; s += tile) {
        for (Index group = 0; group < strip_rows; group += tile) {
            Tile<T> numbers;
            numbers.load(rows + group * padded_sites + s, padded_sites);
            numbers.transpose();
            numbers.store(sites + s * strip_rows + group, strip_rows);
        }
    }
}

template <bool alike, class T>
HWY_INLINE void solve_rows(const StripFactors<T>& factors, Index padded_sites, T* rows, T* swept) {
    constexpr Index tile = tile_of<T>, groups = strip_rows / tile;
    const TagOf<T> tag;
    VecOf<T> t[groups], gain[groups];
    // Forward: t_s = rhs_s + gain_(s-1)·t_(s-1)
    for (Index group = 0; group < groups; ++group) t[group] = gain[group] = hn::Zero(tag);
    for (Index first = 0; first < padded_sites; first += tile) {
        for (Index group = 0; group < groups; ++group) {
            Tile<T> numbers;
            numbers.load(rows + group * tile * padded_sites + first, padded_sites);
            numbers.transpose();
            const Index at = first * strip_rows + group * tile;
            for (Index i = 0; i < tile; ++i) {
                t[group] = hn::MulAdd(gain[group], t[group], numbers.rows[i]);
                gain[group] = factors.gains(alike, first + i, at + i * strip_rows);
                hn::Store(t[group], tag, swept + at + i * strip_rows);
            }
        }
    }
    // Backward: u_s = t_s/pivot_s + gain_s·u_(s+1)
    VecOf<T> u[groups];
    for (Index group = 0; group < groups; ++group) u[group] = hn::Zero(tag);
    for (Index first = padded_sites - tile; first >= 0; first -= tile) {
        for (Index group = 0; group < groups; ++group) {
            Tile<T> numbers;
            for (Index i = tile - 1; i >= 0; --i) {
                const Index at = (first + i) * strip_rows + group * tile;
                const auto own = hn::Mul(hn::Load(tag, factors.pivot + at), hn::Load(tag, swept + at));
                u[group] = hn::MulAdd(factors.gains(alike, first + i, at), u[group], own);
                numbers.rows[i] = u[group];
            }
            numbers.transpose();
            numbers.store(rows + group * tile * padded_sites + first, padded_sites);
        }
    }
}

/// Solves the rows of a strip, T_r·u = rhs, in place: [strip_rows][padded sites]. `swept` is scratch, [padded sites][strip_rows].
template <class T>
HWY_INLINE void solve_rows(const StripFactors<T>& factors, Index padded_sites, T* rows, T* swept) {
    if (factors.gain == nullptr) {
        solve_rows<true>(factors, padded_sites, rows, swept);
    } else {
        solve_rows<false>(factors, padded_sites, rows, swept);
    }
}

/// Row r's place in its strip.
template <class T>
HWY_INLINE T* strip_row(PointGradients<T>& step, Index r) {
    return step.strip.data() + r % strip_rows * step.padded_sites;
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
