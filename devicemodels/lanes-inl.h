// Lanes of one SIMD register as a number type for cell laws.
#if defined(OHMLOOM_DEVICEMODELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_DEVICEMODELS_LANES_INL_H
#undef OHMLOOM_DEVICEMODELS_LANES_INL_H
#else
#define OHMLOOM_DEVICEMODELS_LANES_INL_H
#endif

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
HWY_INLINE LaneValues expm1(const LaneValues& x) {
    return LaneValues(hwy::HWY_NAMESPACE::Expm1(LaneTag(), x.v));
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
