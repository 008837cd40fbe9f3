// Lanes of one SIMD register as a number type for cell laws.
#if defined(OHMLOOM_DEVICEMODELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_LANES_INL_H
#undef OHMLOOM_DEVICEMODELS_LANES_INL_H
#else
#define OHMLOOM_DEVICEMODELS_LANES_INL_H
#endif

#include <cstdint>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

using LaneTag = hwy::HWY_NAMESPACE::CappedTag<double, 8>;

/// As many doubles as the instruction set takes at once, at most 8.
struct LaneValues {
    hwy::HWY_NAMESPACE::Vec<LaneTag> v;

    HWY_INLINE LaneValues() : v(hwy::HWY_NAMESPACE::Zero(LaneTag())) {}
    HWY_INLINE explicit LaneValues(double value) : v(hwy::HWY_NAMESPACE::Set(LaneTag(), value)) {}
    HWY_INLINE explicit LaneValues(hwy::HWY_NAMESPACE::Vec<LaneTag> value) : v(value) {}
};

HWY_INLINE LaneValues operator+(const LaneValues& x, const LaneValues& y) {
    return LaneValues(hwy::HWY_NAMESPACE::Add(x.v, y.v));
}
HWY_INLINE LaneValues operator-(const LaneValues& x, const LaneValues& y) {
    return LaneValues(hwy::HWY_NAMESPACE::Sub(x.v, y.v));
}
HWY_INLINE LaneValues operator*(const LaneValues& x, const LaneValues& y) {
    return LaneValues(hwy::HWY_NAMESPACE::Mul(x.v, y.v));
}
HWY_INLINE LaneValues operator/(const LaneValues& x, const LaneValues& y) {
    return LaneValues(hwy::HWY_NAMESPACE::Div(x.v, y.v));
}
HWY_INLINE LaneValues mul_add(const LaneValues& x, const LaneValues& y, const LaneValues& z) {
    return LaneValues(hwy::HWY_NAMESPACE::MulAdd(x.v, y.v, z.v));
}
HWY_INLINE LaneValues exp(const LaneValues& x) {
    return LaneValues(hwy::HWY_NAMESPACE::Exp(LaneTag(), x.v));
}
/// e^x − 1 to a few units in the last place for |x| <= 700, the limits beyond: with x = k·ln 2 + r, 2^k·(e^r − 1) + (2^k − 1),
/// e^r − 1 by its series to r^13. No branches and no division; the library's own, which serves every argument, takes
/// twice as long.
HWY_INLINE LaneValues expm1(const LaneValues& x) {
    namespace hn = hwy::HWY_NAMESPACE;
    const LaneTag d;
    const hn::RebindToSigned<LaneTag> integers;
    const auto set = [d](double value) HWY_ATTR { return hn::Set(d, value); };
    const auto limited = hn::Min(hn::Max(x.v, set(-700.0)), set(700.0));
    const auto k = hn::Round(hn::Mul(limited, set(1.4426950408889634)));
    // ln 2 in two parts, so that r keeps its digits.
    const auto high = hn::NegMulAdd(k, set(0.693147180369123816490), limited);
    const auto r = hn::NegMulAdd(k, set(1.90821492927058770002e-10), high);
    const auto r2 = hn::Mul(r, r), r4 = hn::Mul(r2, r2), r8 = hn::Mul(r4, r4);
    const auto pair = [&](double even, double odd) HWY_ATTR { return hn::MulAdd(set(odd), r, set(even)); };
    // The series' terms from r²/2! on, in pairs.
    const auto low = hn::MulAdd(pair(1.0 / 24.0, 1.0 / 120.0), r2, pair(1.0 / 2.0, 1.0 / 6.0));
    const auto middle = hn::MulAdd(pair(1.0 / 40320.0, 1.0 / 362880.0), r2, pair(1.0 / 720.0, 1.0 / 5040.0));
    const auto last =
        hn::MulAdd(pair(1.0 / 479001600.0, 1.0 / 6227020800.0), r2, pair(1.0 / 3628800.0, 1.0 / 39916800.0));
    const auto sum = hn::MulAdd(last, r8, hn::MulAdd(middle, r4, low));
    const auto series = hn::MulAdd(sum, r2, r);
    const auto power = hn::BitCast(
        d, hn::ShiftLeft<52>(hn::Add(hn::ConvertTo(integers, k), hn::Set(integers, std::int64_t{1023}))));
    return LaneValues(hn::MulAdd(power, series, hn::Sub(power, set(1.0))));
}
HWY_INLINE LaneValues sqrt(const LaneValues& x) {
    return LaneValues(hwy::HWY_NAMESPACE::Sqrt(x.v));
}
HWY_INLINE LaneValues abs(const LaneValues& x) {
    return LaneValues(hwy::HWY_NAMESPACE::Abs(x.v));
}
HWY_INLINE LaneValues min(const LaneValues& x, const LaneValues& y) {
    return LaneValues(hwy::HWY_NAMESPACE::Min(x.v, y.v));
}
HWY_INLINE LaneValues max(const LaneValues& x, const LaneValues& y) {
    return LaneValues(hwy::HWY_NAMESPACE::Max(x.v, y.v));
}
HWY_INLINE LaneValues floor(const LaneValues& x) {
    return LaneValues(hwy::HWY_NAMESPACE::Floor(x.v));
}
HWY_INLINE LaneValues step(const LaneValues& x) {
    namespace hn = hwy::HWY_NAMESPACE;
    const auto zero = hn::Zero(LaneTag());
    return LaneValues(hn::IfThenElseZero(hn::Ge(x.v, zero), hn::Set(LaneTag(), 1.0)));
}
HWY_INLINE bool all_within(const LaneValues& x, double limit) {
    namespace hn = hwy::HWY_NAMESPACE;
    return hn::AllTrue(LaneTag(), hn::Le(hn::Abs(x.v), hn::Set(LaneTag(), limit)));
}
HWY_INLINE LaneValues copy_sign(const LaneValues& magnitude, const LaneValues& sign) {
    return LaneValues(hwy::HWY_NAMESPACE::CopySign(magnitude.v, sign.v));
}
HWY_INLINE LaneValues lookup(const double* table, const LaneValues& position) {
    namespace hn = hwy::HWY_NAMESPACE;
    const hn::RebindToSigned<LaneTag> integers;
    return LaneValues(hn::GatherIndex(LaneTag(), table, hn::ConvertTo(integers, position.v)));
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
