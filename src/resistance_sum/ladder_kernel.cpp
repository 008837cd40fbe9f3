// The recurrence along series columns, compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "resistance_sum/ladder_kernel.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "resistance_sum/inversion_rule.hpp"
#include "resistance_sum/ladder_kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using ladder_kernel::InversionPoint;
using ladder_kernel::LadderBlock;
using ladder_kernel::LadderFall;
using Tag = hn::CappedTag<double, 8>;
using Vec = hn::Vec<Tag>;

/// alpha and Q of one point of the contour, and s·C.
struct Recurrence {
    Vec alpha_re, alpha_im, q_re, q_im, sc_re, sc_im;
};

HWY_INLINE Recurrence begin(const InversionPoint& point, const Vec& sensed_per_t, const Vec& between_per_t) {
    const Vec re = hn::Set(Tag(), point.re), im = hn::Set(Tag(), point.im);
    return {hn::Set(Tag(), 1.0),        hn::Zero(Tag()),
            hn::Mul(re, sensed_per_t),  hn::Mul(im, sensed_per_t),
            hn::Mul(re, between_per_t), hn::Mul(im, between_per_t)};
}

/// Through a cell's resistance and past the node behind it.
HWY_INLINE void advance(Recurrence& at, const Vec& resistance) {
    at.alpha_re = hn::MulAdd(resistance, at.q_re, at.alpha_re);
    at.alpha_im = hn::MulAdd(resistance, at.q_im, at.alpha_im);
    at.q_re = hn::NegMulAdd(at.sc_im, at.alpha_im, hn::MulAdd(at.sc_re, at.alpha_re, at.q_re));
    at.q_im = hn::MulAdd(at.sc_im, at.alpha_re, hn::MulAdd(at.sc_re, at.alpha_im, at.q_im));
}

struct Sums {
    Vec fall, slope, curvature;
};

/// sum + Im(w / alpha), where 1 / alpha = re − i·im.
HWY_INLINE Vec with_part(double w_re, double w_im, const Vec& re, const Vec& im, const Vec& sum) {
    return hn::NegMulAdd(hn::Set(Tag(), w_re), im, hn::MulAdd(hn::Set(Tag(), w_im), re, sum));
}

HWY_INLINE void add(Sums& sums, const InversionPoint& point, const Recurrence& end) {
    const Vec norm = hn::MulAdd(end.alpha_re, end.alpha_re, hn::Mul(end.alpha_im, end.alpha_im));
    const Vec re = hn::Div(end.alpha_re, norm), im = hn::Div(end.alpha_im, norm);
    sums.fall = with_part(point.fall_re, point.fall_im, re, im, sums.fall);
    sums.slope = with_part(point.slope_re, point.slope_im, re, im, sums.slope);
    sums.curvature = with_part(point.curvature_re, point.curvature_im, re, im, sums.curvature);
}

/// Two points at a time: one recurrence alone would wait for itself.
void fall_of_block(const LadderBlock& block, const double* times, LadderFall& found) {
    const auto& points = ladder_kernel::inversion_rule();
    const auto width = static_cast<Index>(hn::Lanes(Tag()));
    for (Index lane = 0; lane < ladder_kernel::lane_count; lane += width) {
        const Vec t = hn::Load(Tag(), times + lane);
        const Vec sensed = hn::Div(hn::Set(Tag(), block.sensed), t);
        const Vec between = hn::Div(hn::Set(Tag(), block.between), t);
        Sums sums{hn::Zero(Tag()), hn::Zero(Tag()), hn::Zero(Tag())};
        for (std::size_t k = 0; k < points.size(); k += 2) {
            Recurrence one = begin(points[k], sensed, between);
            Recurrence two = begin(points[k + 1], sensed, between);
            const double* resistance = block.resistances + lane;
            for (Index cell = 0; cell < block.cells; ++cell, resistance += ladder_kernel::lane_count) {
                const Vec r = hn::Load(Tag(), resistance);
                advance(one, r); // behind the last cell Q is not used any more
                advance(two, r);
            }
            add(sums, points[k], one);
            add(sums, points[k + 1], two);
        }
        hn::Store(sums.fall, Tag(), found.fall.data() + lane);
        hn::Store(sums.slope, Tag(), found.slope.data() + lane);
        hn::Store(sums.curvature, Tag(), found.curvature.data() + lane);
    }
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom::ladder_kernel {

HWY_EXPORT(fall_of_block);

void ladder_fall(const LadderBlock& block, const double* times, LadderFall& found) {
    HWY_DYNAMIC_DISPATCH(fall_of_block)(block, times, found);
}

} // namespace ohmloom::ladder_kernel
#endif
