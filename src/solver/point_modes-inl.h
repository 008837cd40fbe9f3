// The coarse correction of a single operating point by its smoothest modes. Included again for each instruction set, as
// lane_vectors-inl.h is.
#if defined(OHMLOOM_SOLVER_POINT_MODES) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_POINT_MODES
#undef OHMLOOM_SOLVER_POINT_MODES
#else
#define OHMLOOM_SOLVER_POINT_MODES
#endif

#include "solver/along_lines-inl.h"
#include "solver/single_point.hpp"

#include <array>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

constexpr Index modes = LineModes::count;

/// Adds row r of the residual to the modes' shares.
template <class T>
void add_to_modes(const LineSystem& system, const SinglePoint& point, PointGradients<T>& step, Index r) {
    const T* residual = step.r.data() + r * system.lines;
    const T* psi = step.psi.data();
    const std::array<double, modes>& phi = point.modes.phi[static_cast<std::size_t>(r)];
    RunningSum<T> shares[modes];
    along<T>(0, system.lines, [&](auto tag, Index l) HWY_ATTR {
        const auto here = hn::LoadU(tag, residual + l);
        for (Index j = 0; j < modes; ++j)
            shares[j].add_product(tag, here, hn::LoadU(tag, psi + j * system.lines + l));
    });
    for (Index j = 0; j < modes; ++j) {
        const double share = shares[j].total();
        for (Index i = 0; i < modes; ++i)
            step.sums[static_cast<std::size_t>(i * modes + j)] += phi[static_cast<std::size_t>(i)] * share;
    }
}

template <class T>
T* added_row(PointGradients<T>& step, Index r, Index lines) {
    return step.added.data() + r % 3 * lines;
}
/// The correction of row r: Σ_ij phi_i·psi_j·weight_ij·sum_ij.
template <class T>
void prolong_modes(const LineSystem& system, const SinglePoint& point, PointGradients<T>& step, Index r) {
    const Index lines = system.lines;
    const std::array<double, modes>& phi = point.modes.phi[static_cast<std::size_t>(r)];
    double factors[modes] = {};
    for (Index i = 0; i < modes; ++i) {
        for (Index j = 0; j < modes; ++j) {
            const auto m = static_cast<std::size_t>(i * modes + j);
            factors[j] += phi[static_cast<std::size_t>(i)] * point.modes.weight[m] * step.sums[m];
        }
    }
    T a[modes];
    std::copy(factors, factors + modes, a);
    T* HWY_RESTRICT to = added_row(step, r, lines);
    const T* HWY_RESTRICT psi = step.psi.data();
    static_assert(modes == 6);
    for (Index l = 0; l < lines; ++l) {
        to[l] = a[0] * psi[l] + a[1] * psi[lines + l] + a[2] * psi[2 * lines + l] +
                a[3] * psi[3 * lines + l] + a[4] * psi[4 * lines + l] + a[5] * psi[5 * lines + l];
    }
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
