#if defined(OHMLOOM_DEVICEMODELS_MRAM_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_MRAM_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_MRAM_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_MRAM_LAW_INL_H
#endif

#include "devicemodels/law-inl.h"
#include "devicemodels/mram/mram_cell.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

template <class Real>
HWY_INLINE LawPoint<Real> evaluate_law(const MramCell& law, double g, double tmr, const Real& v) {
    using law_math::mul_add;
    // With w = 1 + (v/Vh)^2: I = g·(1 + tmr)·v·w/(w + tmr), one division for current and slope.
    const double curvature = 1.0 / (law.v_half * law.v_half);
    const Real w = mul_add(Real(curvature) * v, v, Real(1.0));
    const Real inverse = Real(1.0) / (w + Real(tmr));
    const Real conductance = Real(g * (1.0 + tmr)) * w * inverse;
    const Real bend = Real(2.0 * tmr * curvature * g * (1.0 + tmr)) * v * v * inverse * inverse;
    return {conductance * v, conductance + bend};
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
