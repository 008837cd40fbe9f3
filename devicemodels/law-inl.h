// What every cell law's header includes. Laws follow Highway's idiom: the same text is compiled once per instruction
// set, in that instruction set's namespace.
#if defined(OHMLOOM_DEVICEMODELS_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_LAW_INL_H
#endif

#include "devicemodels/law_math.hpp"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// What a cell law answers at one voltage: current [A], positive from the cell's top to its bottom, and its slope
/// dI/dv [S].
template <class Real>
struct LawPoint {
    Real current, slope;
};

/// sinh(alpha·v)/alpha and its slope cosh(alpha·v), from e = expm1(|alpha·v|) without cancellation:
/// sinh = (e + e/(e + 1))/2 and cosh = 1 + e²/(2·(e + 1)). Beyond |alpha·v| = 80, where a current is astronomic, it goes
/// on along the tangent, so that a wild trial step stays finite.
template <class Real>
HWY_INLINE LawPoint<Real> sinh_over_alpha(double alpha, const Real& v) {
    using law_math::abs, law_math::copy_sign, law_math::expm1, law_math::min, law_math::mul_add;
    const Real wanted = abs(Real(alpha) * v);
    const Real argument = min(wanted, Real(80.0));
    const Real e = expm1(argument);
    const Real ratio = e / (e + Real(1.0));
    const Real half_e = Real(0.5) * e;
    const Real slope = mul_add(half_e, ratio, Real(1.0));
    const Real sinh = mul_add(slope, wanted - argument, mul_add(Real(0.5), ratio, half_e));
    return {copy_sign(sinh * Real(1.0 / alpha), v), slope};
}

template <class Real>
HWY_NOINLINE Real sinh_over_alpha_beyond_series(double alpha, const Real& v) {
    return sinh_over_alpha(alpha, v).current;
}

/// sinh(alpha·v)/alpha alone: up to |alpha·v| = 1 by the series, whose first term left out is below 1e-17 of the sum. It is summed
/// as a tree, because its latency, not its operations, is what a solver's recurrences along a line wait for.
template <class Real>
HWY_INLINE Real sinh_over_alpha_current(double alpha, const Real& v) {
    using law_math::all_within, law_math::mul_add;
    const Real x = Real(alpha) * v;
    if (HWY_UNLIKELY(!all_within(x, 1.0))) return sinh_over_alpha_beyond_series(alpha, v);
    const Real q = x * x, q2 = q * q;
    const Real low = mul_add(Real(1.0 / 120.0), q, Real(1.0 / 6.0));
    const Real middle = mul_add(Real(1.0 / 362880.0), q, Real(1.0 / 5040.0));
    const Real high = mul_add(Real(1.0 / 6227020800.0), q, Real(1.0 / 39916800.0));
    const Real highest = mul_add(Real(1.0 / 355687428096000.0), q, Real(1.0 / 1307674368000.0));
    const Real series = mul_add(mul_add(highest, q2, high), q2 * q2, mul_add(middle, q2, low));
    return mul_add(series * q, v, v);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
