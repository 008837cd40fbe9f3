// Rows eliminated side by side, for the kernels of a single operating point. Included again for each instruction set, as
// lane_vectors-inl.h is.
#if defined(OHMLOOM_SOLVER_ROW_STRIP) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_ROW_STRIP
#undef OHMLOOM_SOLVER_ROW_STRIP
#else
#define OHMLOOM_SOLVER_ROW_STRIP
#endif

#include "solver/lane_vectors-inl.h"
#include "solver/single_line_kernels.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

constexpr Index strip_rows = SinglePoint::strip_rows;
/// Rows and sites of the tiles that are transposed in registers.
constexpr Index tile = static_cast<Index>(hn::MaxLanes(Tag()));
constexpr Index groups = strip_rows / tile;
static_assert(SinglePoint::site_padding % tile == 0 && strip_rows % tile == 0);

/// tile x tile numbers: rows[i] holds those of row i until transposed, then those of site i.
struct Tile {
    Vec rows[tile];

    HWY_INLINE void load(const double* from, Index stride) {
        for (Index i = 0; i < tile; ++i) rows[i] = hn::Load(Tag(), from + i * stride);
    }
    HWY_INLINE void store(double* to, Index stride) const {
        for (Index i = 0; i < tile; ++i) hn::Store(rows[i], Tag(), to + i * stride);
    }
    /// The numbers at (row, place), written as the bits of row·tile + place, trade places if those bits are turned by half their
    /// length; taking the even and the odd places of two neighbours apart turns them by one.
    HWY_INLINE void transpose() {
#if HWY_TARGET != HWY_SCALAR // whose tiles are single numbers
        for (Index turned = 1; turned < tile; turned *= 2) {
            Vec next[tile];
            for (Index i = 0; i < tile / 2; ++i) {
                next[i] = hn::ConcatEven(Tag(), rows[2 * i + 1], rows[2 * i]);
                next[i + tile / 2] = hn::ConcatOdd(Tag(), rows[2 * i + 1], rows[2 * i]);
            }
            for (Index i = 0; i < tile; ++i) rows[i] = next[i];
        }
#endif
    }
};

/// The factors of a strip's rows, [sites][strip_rows]: 1/pivot and link/pivot. Zero for rows and sites that only pad.
struct StripFactors {
    const double* pivot;
    const double* gain;
};

/// Brings numbers of a strip from row after row, [strip_rows][sites], to [sites][strip_rows].
HWY_INLINE void transpose_strip(const double* rows, Index padded_sites, double* sites) {
    for (Index s = 0; s < padded_sites; s += tile) {
        for (Index group = 0; group < strip_rows; group += tile) {
            Tile numbers;
            numbers.load(rows + group * padded_sites + s, padded_sites);
            numbers.transpose();
            numbers.store(sites + s * strip_rows + group, strip_rows);
        }
    }
}

/// Solves the rows of a strip, T_r·u = rhs, in place: [strip_rows][padded sites]. `swept` is scratch, [padded sites][strip_rows].
HWY_INLINE void solve_rows(const StripFactors& factors, Index padded_sites, double* rows, double* swept) {
    Vec t[groups], gain[groups];
    // Forward: t_s = rhs_s + gain_(s-1)·t_(s-1)
    for (Index group = 0; group < groups; ++group) t[group] = gain[group] = hn::Zero(Tag());
    for (Index first = 0; first < padded_sites; first += tile) {
        for (Index group = 0; group < groups; ++group) {
            Tile numbers;
            numbers.load(rows + group * tile * padded_sites + first, padded_sites);
            numbers.transpose();
            const Index at = first * strip_rows + group * tile;
            for (Index i = 0; i < tile; ++i) {
                t[group] = hn::MulAdd(gain[group], t[group], numbers.rows[i]);
                gain[group] = hn::Load(Tag(), factors.gain + at + i * strip_rows);
                hn::Store(t[group], Tag(), swept + at + i * strip_rows);
            }
        }
    }
    // Backward: u_s = t_s/pivot_s + gain_s·u_(s+1)
    Vec u[groups];
    for (Index group = 0; group < groups; ++group) u[group] = hn::Zero(Tag());
    for (Index first = padded_sites - tile; first >= 0; first -= tile) {
        for (Index group = 0; group < groups; ++group) {
            Tile numbers;
            for (Index i = tile - 1; i >= 0; --i) {
                const Index at = (first + i) * strip_rows + group * tile;
                const Vec own = hn::Mul(hn::Load(Tag(), factors.pivot + at), hn::Load(Tag(), swept + at));
                u[group] = hn::MulAdd(hn::Load(Tag(), factors.gain + at), u[group], own);
                numbers.rows[i] = u[group];
            }
            numbers.transpose();
            numbers.store(rows + group * tile * padded_sites + first, padded_sites);
        }
    }
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
