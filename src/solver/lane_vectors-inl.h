// Vectors of lanes, for the kernels that are compiled once per instruction set. Included again for each of them (Highway's idiom
// for headers), hence no include guard of the usual kind.
#if defined(OHMLOOM_SOLVER_LANE_VECTORS) == defined(HWY_TARGET_TOGGLE)
#ifdef OHMLOOM_SOLVER_LANE_VECTORS
#undef OHMLOOM_SOLVER_LANE_VECTORS
#else
#define OHMLOOM_SOLVER_LANE_VECTORS
#endif

#include "solver/lanes.hpp"

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 8>;
using Vec = hn::Vec<Tag>;

/// Two vectors of lanes: two independent recurrences hide each other's latency.
struct Two {
    Vec a, b;
};

HWY_INLINE Index half() {
    return static_cast<Index>(hn::Lanes(Tag()));
}
/// Lanes that one Two covers.
HWY_INLINE Index width() {
    return 2 * half();
}

HWY_INLINE Two load(const double* from) {
    return {hn::Load(Tag(), from), hn::Load(Tag(), from + half())};
}
HWY_INLINE void store(const Two& value, double* to) {
    hn::Store(value.a, Tag(), to);
    hn::Store(value.b, Tag(), to + half());
}
/// Lanes kept in single precision.
HWY_INLINE Two load(const float* from) {
    const hn::Rebind<float, Tag> singles;
    return {hn::PromoteTo(Tag(), hn::Load(singles, from)),
            hn::PromoteTo(Tag(), hn::Load(singles, from + half()))};
}
HWY_INLINE void store(const Two& value, float* to) {
    const hn::Rebind<float, Tag> singles;
    hn::Store(hn::DemoteTo(singles, value.a), singles, to);
    hn::Store(hn::DemoteTo(singles, value.b), singles, to + half());
}
HWY_INLINE Two all(double value) {
    return {hn::Set(Tag(), value), hn::Set(Tag(), value)};
}
HWY_INLINE Two zero() {
    return {hn::Zero(Tag()), hn::Zero(Tag())};
}
HWY_INLINE Two operator+(const Two& x, const Two& y) {
    return {hn::Add(x.a, y.a), hn::Add(x.b, y.b)};
}
HWY_INLINE Two operator-(const Two& x, const Two& y) {
    return {hn::Sub(x.a, y.a), hn::Sub(x.b, y.b)};
}
HWY_INLINE Two operator*(const Two& x, const Two& y) {
    return {hn::Mul(x.a, y.a), hn::Mul(x.b, y.b)};
}
HWY_INLINE Two operator/(const Two& x, const Two& y) {
    return {hn::Div(x.a, y.a), hn::Div(x.b, y.b)};
}
/// x·y + z
HWY_INLINE Two mul_add(const Two& x, const Two& y, const Two& z) {
    return {hn::MulAdd(x.a, y.a, z.a), hn::MulAdd(x.b, y.b, z.b)};
}
/// z − x·y
HWY_INLINE Two neg_mul_add(const Two& x, const Two& y, const Two& z) {
    return {hn::NegMulAdd(x.a, y.a, z.a), hn::NegMulAdd(x.b, y.b, z.b)};
}
HWY_INLINE Two max(const Two& x, const Two& y) {
    return {hn::Max(x.a, y.a), hn::Max(x.b, y.b)};
}
HWY_INLINE Two min(const Two& x, const Two& y) {
    return {hn::Min(x.a, y.a), hn::Min(x.b, y.b)};
}
HWY_INLINE Two abs(const Two& x) {
    return {hn::Abs(x.a), hn::Abs(x.b)};
}
HWY_INLINE Two expm1(const Two& x) {
    return {hn::Expm1(Tag(), x.a), hn::Expm1(Tag(), x.b)};
}
/// True if no lane of x is above the limit.
HWY_INLINE bool all_within(const Two& x, double limit) {
    return hn::AllTrue(Tag(), hn::Le(hn::Max(x.a, x.b), hn::Set(Tag(), limit)));
}
/// 1/x, and 0 where x is 0: a node without any connection stays where it is.
HWY_INLINE Vec inverse_or_zero(Vec x) {
    const auto one = hn::Set(Tag(), 1.0);
    const auto none = hn::Eq(x, hn::Zero(Tag()));
    return hn::IfThenZeroElse(none, hn::Div(one, hn::IfThenElse(none, one, x)));
}
HWY_INLINE Two inverse_or_zero(const Two& x) {
    return {inverse_or_zero(x.a), inverse_or_zero(x.b)};
}

/// The largest magnitude of each lane; NaN if one was not finite, which a comparison would lose.
struct LargestOfLanes {
    Two largest, spoilt;

    HWY_INLINE LargestOfLanes() : largest(zero()), spoilt(zero()) {}
    HWY_INLINE void take(const Two& x) {
        largest = max(largest, abs(x));
        spoilt = mul_add(x, zero(), spoilt);
    }
    [[nodiscard]] HWY_INLINE Two value() const { return largest + spoilt; }
};

HWY_INLINE void keep(const Two& value, Lanes& lanes, Index lane) {
    hn::StoreU(value.a, Tag(), lanes.data() + lane);
    hn::StoreU(value.b, Tag(), lanes.data() + lane + half());
}
HWY_INLINE Two recall(const Lanes& lanes, Index lane) {
    return {hn::LoadU(Tag(), lanes.data() + lane), hn::LoadU(Tag(), lanes.data() + lane + half())};
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
