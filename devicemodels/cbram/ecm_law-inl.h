#if defined(OHMLOOM_DEVICEMODELS_ECM_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_ECM_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_ECM_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_ECM_LAW_INL_H
#endif

#include "devicemodels/cbram/ecm_cell.hpp"
#include "devicemodels/law-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

template <class Real>
HWY_INLINE LawPoint<Real> evaluate_law(const EcmCell& law, double g, double /*shape*/, const Real& v) {
    using law_math::abs, law_math::copy_sign, law_math::exp, law_math::expm1, law_math::max, law_math::min,
        law_math::mul_add, law_math::sqrt, law_math::step;
    const double g_off = law.g_off(), g_on = law.g_on();
    const double filament = (law_math::min(law_math::max(g, g_off), g_on) - g_off) / (g_on - g_off);
    const double scale = g < g_off  ? g / g_off
                         : g > g_on ? g / g_on
                                    : 1.0; // beyond both states: more or less area

    // t = tanh(v/v_passive) and its slope; polarity runs from 0 (v < 0) to 1 (v > 0) with it.
    const Real x = min(max(Real(1.0 / law.v_passive) * v, Real(-40.0)), Real(40.0));
    const Real e = expm1(x + x);
    const Real t = e / (e + Real(2.0));
    const Real dt = Real(1.0 / law.v_passive) * (Real(1.0) - t * t);
    const Real polarity = mul_add(Real(0.5), t, Real(0.5));
    const Real dpolarity = Real(0.5) * dt;

    const Real i0 = mul_add(Real(law.i0_plus - law.i0_minus), polarity, Real(law.i0_minus));
    const Real di0 = Real(law.i0_plus - law.i0_minus) * dpolarity;
    const Real root = sqrt(max(abs(v), Real(1e-24)));
    const Real s = mul_add(Real(law.s_plus - law.s_minus), step(v), Real(law.s_minus));
    const Real field = exp(min(s * root, Real(80.0)));
    const Real dfield = copy_sign(Real(0.5) * s * field / root, v);
    const Real i_off = i0 * field * t;
    const Real di_off = di0 * field * t + i0 * dfield * t + i0 * field * dt;

    const Real g_on_here = mul_add(Real(law.g_on_plus - law.g_on_minus), polarity, Real(law.g_on_minus));
    const Real di_on = mul_add(Real(law.g_on_plus - law.g_on_minus) * dpolarity, v, g_on_here);
    const Real off = Real(scale * (1.0 - filament)), on = Real(scale * filament);
    const Real i = mul_add(off, i_off, on * g_on_here * v);
    const Real di = mul_add(off, di_off, on * di_on);

    const Real y = min(abs(i) * Real(1.0 / law.i_limit), Real(1e15));
    const Real y2 = y * y, y4 = y2 * y2, y8 = y4 * y4;
    const Real sum = mul_add(y8, y8, Real(1.0));
    const Real limited = Real(1.0) / sqrt(sqrt(sqrt(sqrt(sum))));
    return {i * limited, di * limited / sum};
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
