#include "converters/front_end.hpp"

#include <fmt/format.h>

namespace ohmloom {

FrontEnd::FrontEnd(const AdcDesign& design, InputRange range, const Draws& draws)
    : curve_(design.front.curve, design.is_signed, 1.0 + design.front.curve_sigma * draws.curve),
      middle_(design.is_signed ? 0.5 * range.low + 0.5 * range.high : range.low),
      span_((range.high - range.low) * (design.is_signed ? 0.5 : 1.0)),
      offset_((design.front.offset + design.front.offset_sigma * draws.offset) * (range.high - range.low)),
      gain_(1.0 + design.front.gain_error + design.front.gain_sigma * draws.gain) {
    if (!(gain_ > 0.0))
        throw InputError(fmt::format("a converter with the gain {:.3g} was drawn: gain_error {} with "
                                     "gain_sigma {} is too much; expected gains above 0",
                                     gain_, design.front.gain_error, design.front.gain_sigma));
}

// Without errors nothing may be rounded: then what the comparators see is the input itself.
double FrontEnd::value(double x) const {
    const double seen = curve_.is_linear() ? x : middle_ + span_ * curve_.value((x - middle_) / span_);
    return gain_ == 1.0 ? seen + offset_ : middle_ + gain_ * (seen - middle_) + offset_;
}

double FrontEnd::slope(double x) const {
    return gain_ * curve_.slope((x - middle_) / span_);
}

double FrontEnd::inverse(double y) const {
    const double bare = y - offset_;
    const double seen = gain_ == 1.0 ? bare : middle_ + (bare - middle_) / gain_;
    return curve_.is_linear() ? seen : middle_ + span_ * curve_.inverse((seen - middle_) / span_);
}

} // namespace ohmloom
