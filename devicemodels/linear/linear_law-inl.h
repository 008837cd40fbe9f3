#if defined(OHMLOOM_DEVICEMODELS_LINEAR_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_LINEAR_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_LINEAR_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_LINEAR_LAW_INL_H
#endif

#include "devicemodels/law-inl.h"
#include "devicemodels/linear/linear.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

template <class Real>
HWY_INLINE LawPoint<Real> evaluate_law(const LinearCell& /*law*/, double g, double /*shape*/, const Real& v) {
    return {Real(g) * v, Real(g)};
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
