#if defined(OHMLOOM_DEVICEMODELS_SINH_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_SINH_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_SINH_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_SINH_LAW_INL_H
#endif

#include "devicemodels/law-inl.h"
#include "devicemodels/sinh/sinh.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

template <class Real>
HWY_INLINE LawPoint<Real> evaluate_law(const SinhCell& law, double g, double /*shape*/, const Real& v) {
    const LawPoint<Real> point = sinh_over_alpha(law.alpha, v);
    return {Real(g) * point.current, Real(g) * point.slope};
}

template <class Real>
HWY_INLINE Real evaluate_current(const SinhCell& law, double g, double /*shape*/, const Real& v) {
    return Real(g) * sinh_over_alpha_current(law.alpha, v);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
