#if defined(OHMLOOM_DEVICEMODELS_TABLE_LAW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_TABLE_LAW_INL_H
#undef OHMLOOM_DEVICEMODELS_TABLE_LAW_INL_H
#else
#define OHMLOOM_DEVICEMODELS_TABLE_LAW_INL_H
#endif

#include "devicemodels/law-inl.h"
#include "devicemodels/table/table_cell.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

/// Value and slope of one cubic at the distance `d` from its interval's lower end.
template <class Real>
HWY_INLINE LawPoint<Real> evaluate_cubic(const double* coefficients, const Real& interval, const Real& d) {
    using law_math::lookup, law_math::mul_add;
    const Real at = Real(4.0) * interval;
    const Real c1 = lookup(coefficients, at + Real(1.0)), c2 = lookup(coefficients, at + Real(2.0)),
               c3 = lookup(coefficients, at + Real(3.0));
    const Real value = mul_add(mul_add(mul_add(c3, d, c2), d, c1), d, lookup(coefficients, at));
    const Real slope = mul_add(mul_add(Real(3.0) * c3, d, Real(2.0) * c2), d, c1);
    return {value, slope};
}

template <class Real>
HWY_INLINE LawPoint<Real> evaluate_law(const TableCell& law, double g, double /*shape*/, const Real& v) {
    using law_math::floor, law_math::lookup, law_math::max, law_math::min, law_math::mul_add, law_math::step;
    const CurrentTable& table = *law.table;
    const TableMix mix = mix_of(table, g);
    const double first = table.v.front(), last = table.v.back();
    const Real inside = min(max(v, Real(first)), Real(last));
    // No bucket is wider than an interval, so the interval is the one where the bucket begins, or the next.
    const Real position = (inside - Real(first)) * Real(table.buckets_per_volt);
    const Real begun =
        lookup(table.bucket.data(), min(floor(position), Real(static_cast<double>(table.bucket.size() - 1))));
    const Real interval = begun + step(inside - lookup(table.upper.data(), begun));
    const Real d = inside - lookup(table.v.data(), interval);

    const auto stride = static_cast<std::size_t>(4 * table.intervals());
    const double* curve = table.coefficients.data() + stride * static_cast<std::size_t>(mix.state);
    LawPoint<Real> point = evaluate_cubic(curve, interval, d);
    point = {Real(mix.low) * point.current, Real(mix.low) * point.slope};
    if (mix.high != 0.0) {
        const LawPoint<Real> next = evaluate_cubic(curve + stride, interval, d);
        point.current = mul_add(Real(mix.high), next.current, point.current);
        point.slope = mul_add(Real(mix.high), next.slope, point.slope);
    }
    point.current = mul_add(point.slope, v - inside, point.current);
    return point;
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
