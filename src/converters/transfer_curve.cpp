#include "converters/transfer_curve.hpp"

#include "base/errors.hpp"
#include "converters/polynomial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

using Shape = TransferCurve::Shape;

void require_rising_table(const std::vector<double>& inputs, const std::vector<double>& outputs) {
    if (inputs.size() != outputs.size() || inputs.size() < 2)
        throw InputError(fmt::format("the converter's measured curve has {} inputs and {} outputs: expected "
                                     "as many of both, at least 2",
                                     inputs.size(), outputs.size()));
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (!std::isfinite(inputs[k]) || !std::isfinite(outputs[k]))
            throw InputError(fmt::format(
                "the converter's measured curve has a value at point {} that is not finite: {} -> {}", k,
                inputs[k], outputs[k]));
        if (k > 0 && !(inputs[k] > inputs[k - 1]))
            throw InputError(fmt::format(
                "the converter's measured curve has the inputs {} and {} at points {} and {}: they must rise",
                inputs[k - 1], inputs[k], k - 1, k));
        if (k > 0 && !(outputs[k] > outputs[k - 1]))
            throw InputError(fmt::format("the converter's measured curve is not monotone: its outputs go "
                                         "from {} to {} between the inputs {} and {}",
                                         outputs[k - 1], outputs[k], inputs[k - 1], inputs[k]));
    }
}

/// Segment of a rising table that holds `x`, the outermost for what lies outside.
std::size_t segment_of(const std::vector<double>& rising, double x) {
    const auto above = std::upper_bound(rising.begin() + 1, rising.end() - 1, x);
    return static_cast<std::size_t>(above - rising.begin()) - 1;
}

double on_line(double x, double x0, double x1, double y0, double y1) {
    return x == x1 ? y1 : y0 + (x - x0) * ((y1 - y0) / (x1 - x0));
}

} // namespace

ConverterCurve::ConverterCurve(const TransferCurve& curve, bool is_signed, double spread)
    : shape_(curve.shape), low_(is_signed ? -1.0 : 0.0), strength_(curve.strength * spread) {
    if (!std::isfinite(curve.strength) || curve.strength < 0.0)
        throw InputError(
            fmt::format("the curve's strength is {}: expected a number of at least 0", curve.strength));
    if (!std::isfinite(spread))
        throw InputError(fmt::format("the spread of the curve's strength is {}: expected a number", spread));
    strength_ = std::max(0.0, strength_);
    switch (shape_) {
    case Shape::linear:
        return;
    case Shape::polynomial: {
        powers_ = {0.0, 1.0};
        for (const double c : curve.coefficients) {
            if (!std::isfinite(c))
                throw InputError(fmt::format("the curve has the coefficient {}: expected finite numbers", c));
            powers_.push_back(c * spread);
        }
        const auto [least, where] = least_value(derivative(powers_), low_, 1.0);
        if (!(least > 0.0))
            throw InputError(fmt::format("the converter's curve is not monotone: its slope is {:.4g} at "
                                         "{:.4g} of the range; expected a "
                                         "polynomial that rises from {:g} to 1",
                                         least, where, low_));
        break;
    }
    case Shape::table:
        require_rising_table(curve.inputs, curve.outputs);
        inputs_ = curve.inputs;
        for (std::size_t k = 0; k < inputs_.size(); ++k)
            outputs_.push_back(spread == 1.0 ? curve.outputs[k]
                                             : inputs_[k] + spread * (curve.outputs[k] - inputs_[k]));
        if (spread != 1.0) require_rising_table(inputs_, outputs_);
        break;
    default:
        if (strength_ == 0.0) {
            shape_ = Shape::linear;
            return;
        }
        if (strength_ > 500.0)
            throw InputError(fmt::format("the curve's strength is {}: expected at most 500", strength_));
    }
    if (curve.full_scale) {
        const double bottom = bare(low_), top = bare(1.0);
        scale_ = (1.0 - low_) / (top - bottom);
        shift_ = low_ - scale_ * bottom;
    }
}

bool ConverterCurve::is_odd() const {
    return shape_ != Shape::linear && shape_ != Shape::polynomial && shape_ != Shape::table;
}

double ConverterCurve::odd(double z) const {
    const double s = strength_;
    if (shape_ == Shape::s_shape) return z / (1.0 + s * z);
    if (z > 1.0) return 1.0 + (z - 1.0) * odd_slope(1.0);
    switch (shape_) {
    case Shape::exponential:
        return std::expm1(s * z) / std::expm1(s);
    case Shape::logarithmic:
        return std::log1p(s * z) / std::log1p(s);
    default: { // square law: y + s·√y = (1 + s)·z, without the difference of nearly equal numbers
        const double right = (1.0 + s) * z;
        const double root = 2.0 * right / (s + std::sqrt(s * s + 4.0 * right));
        return right == 0.0 ? 0.0 : root * root;
    }
    }
}

double ConverterCurve::odd_slope(double z) const {
    const double s = strength_;
    if (shape_ == Shape::s_shape) return 1.0 / ((1.0 + s * z) * (1.0 + s * z));
    const double inside = std::min(z, 1.0);
    switch (shape_) {
    case Shape::exponential:
        return s * std::exp(s * inside) / std::expm1(s);
    case Shape::logarithmic:
        return s / ((1.0 + s * inside) * std::log1p(s));
    default: {
        const double root = inside == 1.0 ? 1.0 : std::sqrt(odd(inside));
        return (1.0 + s) * 2.0 * root / (2.0 * root + s);
    }
    }
}

double ConverterCurve::odd_inverse(double y) const {
    const double s = strength_;
    if (shape_ == Shape::s_shape)
        return s * y < 1.0 ? y / (1.0 - s * y) : std::numeric_limits<double>::infinity();
    if (y > 1.0) return 1.0 + (y - 1.0) / odd_slope(1.0);
    switch (shape_) {
    case Shape::exponential:
        return std::log1p(y * std::expm1(s)) / s;
    case Shape::logarithmic:
        return std::expm1(y * std::log1p(s)) / s;
    default:
        return (y + s * std::sqrt(y)) / (1.0 + s);
    }
}

double ConverterCurve::bare(double z) const {
    if (is_odd()) return std::copysign(odd(std::abs(z)), z);
    if (shape_ == Shape::polynomial) {
        const double inside = std::clamp(z, low_, 1.0);
        return evaluate(powers_, inside) + (z - inside) * evaluate(derivative(powers_), inside);
    }
    const std::size_t k = segment_of(inputs_, z);
    return on_line(z, inputs_[k], inputs_[k + 1], outputs_[k], outputs_[k + 1]);
}

double ConverterCurve::bare_slope(double z) const {
    if (is_odd()) return odd_slope(std::abs(z));
    if (shape_ == Shape::polynomial) return evaluate(derivative(powers_), std::clamp(z, low_, 1.0));
    const std::size_t k = segment_of(inputs_, z);
    return (outputs_[k + 1] - outputs_[k]) / (inputs_[k + 1] - inputs_[k]);
}

double ConverterCurve::bare_inverse(double y) const {
    if (is_odd()) return std::copysign(odd_inverse(std::abs(y)), y);
    if (shape_ == Shape::polynomial) {
        const std::vector<double> slope = derivative(powers_);
        for (const double end : {low_, 1.0}) {
            const double at_end = evaluate(powers_, end);
            if (end == 1.0 ? y >= at_end : y <= at_end) return end + (y - at_end) / evaluate(slope, end);
        }
        return rising_root(powers_, y, low_, 1.0);
    }
    const std::size_t k = segment_of(outputs_, y);
    return on_line(y, outputs_[k], outputs_[k + 1], inputs_[k], inputs_[k + 1]);
}

double ConverterCurve::value(double z) const {
    return is_linear() ? z : scale_ * bare(z) + shift_;
}

double ConverterCurve::slope(double z) const {
    return is_linear() ? 1.0 : scale_ * bare_slope(z);
}

double ConverterCurve::inverse(double y) const {
    return is_linear() ? y : bare_inverse((y - shift_) / scale_);
}

} // namespace ohmloom
