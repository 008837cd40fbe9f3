#if defined(OHMLOOM_DEVICEMODELS_PCM_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_PCM_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_PCM_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_PCM_LAW_INL_H
#endif

#include "devicemodels/law-inl.h"
#include "devicemodels/pcm/pcm_cell.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

template <class Real>
HWY_INLINE LawPoint<Real> evaluate_law(const PcmCell& law, double g, double alpha, const Real& v) {
    using law_math::mul_add;
    LawPoint<Real> point{v, Real(1.0)};
    if (alpha > PcmCell::smallest_alpha) point = sinh_over_alpha(alpha, v);
    if (law.c3 != 0.0 || law.c5 != 0.0) {
        const Real v2 = v * v;
        point.current = mul_add(v * v2, mul_add(Real(law.c5), v2, Real(law.c3)), point.current);
        point.slope = mul_add(v2, mul_add(Real(5.0 * law.c5), v2, Real(3.0 * law.c3)), point.slope);
    }
    return {Real(g) * point.current, Real(g) * point.slope};
}

template <class Real>
HWY_INLINE Real evaluate_current(const PcmCell& law, double g, double alpha, const Real& v) {
    using law_math::mul_add;
    Real current = alpha > PcmCell::smallest_alpha ? sinh_over_alpha_current(alpha, v) : v;
    if (law.c3 != 0.0 || law.c5 != 0.0) {
        const Real v2 = v * v;
        current = mul_add(v * v2, mul_add(Real(law.c5), v2, Real(law.c3)), current);
    }
    return Real(g) * current;
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
