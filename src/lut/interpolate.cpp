#include "lut/interpolate.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ohmloom {

namespace {

/// An argument that an axis takes: itself, or the end it is clamped to.
double argument_on(const LutAxis& axis, double x) {
    const double low = axis.values.front(), high = axis.values.back();
    if (std::isnan(x)) throw InputError(fmt::format("{} is not a number", axis.name));
    if (x >= low && (x <= high || axis.rule == AxisRule::step)) return x;
    if (axis.beyond == BeyondAxis::clamp) return std::clamp(x, low, high);
    throw InputError(fmt::format("{} = {:.9g} {} lies beyond the table: expected {:.9g} to {:.9g}", axis.name,
                                 x, axis.unit, low, high));
}

constexpr std::size_t max_axes = 16;

} // namespace

AxisPlace place_on(const LutAxis& axis, double x) {
    const double argument = argument_on(axis, x);
    const auto above = std::ranges::upper_bound(axis.values, argument);
    const Index last = static_cast<Index>(axis.values.size()) - 1;
    const Index index = std::min<Index>(above - axis.values.begin() - 1, last);
    const double node = axis.values[static_cast<std::size_t>(index)];
    if (axis.rule == AxisRule::nodes && argument != node)
        throw InputError(
            fmt::format("{} = {:.9g} is no node of the table: nearest below is {:.9g}", axis.name, x, node));
    if (axis.rule != AxisRule::linear || index == last) return {index, 0.0};
    const double next = axis.values[static_cast<std::size_t>(index + 1)];
    return {index, (argument - node) / (next - node)};
}

Interpolant::Interpolant(const Lut& table, std::string_view array) : array_(find_array(table, array)) {
    if (array_ == nullptr) {
        throw InputError(fmt::format("table {} has no array '{}'", table.name, array));
    }
    for (std::size_t d = 0; d < array_->dims.size(); ++d) {
        const LutAxis* axis = find_axis(table, array_->dims[d]);
        if (axis != nullptr) {
            axes_.push_back(axis);
        } else {
            outputs_ *= array_->shape[d];
        }
    }
    if (axes_.empty() || axes_.size() > max_axes)
        throw InputError(
            fmt::format("array {} of table {} runs along {} axes: there is nothing to interpolate", array,
                        table.name, axes_.size()));
    strides_.assign(axes_.size(), outputs_);
    for (std::size_t d = axes_.size() - 1; d > 0; --d)
        strides_[d - 1] = strides_[d] * static_cast<Index>(axes_[d]->values.size());
}

void Interpolant::evaluate(std::span<const double> point, std::span<double> values) const {
    OHMLOOM_ASSERT(point.size() == axes_.size());
    OHMLOOM_ASSERT(static_cast<Index>(values.size()) == outputs_);
    std::array<AxisPlace, max_axes> places{};
    std::array<std::size_t, max_axes> between{}; // axes on which the point lies between two nodes
    std::size_t count = 0;
    Index base = 0;
    for (std::size_t d = 0; d < axes_.size(); ++d) {
        places[d] = place_on(*axes_[d], point[d]);
        base += places[d].index * strides_[d];
        if (places[d].weight > 0.0) between[count++] = d;
    }
    std::ranges::fill(values, 0.0);
    for (std::size_t corner = 0; corner < (std::size_t{1} << count); ++corner) {
        double weight = 1.0;
        Index offset = base;
        for (std::size_t k = 0; k < count; ++k) {
            const bool upper = ((corner >> k) & 1U) != 0;
            const std::size_t d = between[k];
            weight *= upper ? places[d].weight : 1.0 - places[d].weight;
            if (upper) offset += strides_[d];
        }
        for (std::size_t o = 0; o < values.size(); ++o)
            values[o] += weight * array_->values[static_cast<std::size_t>(offset) + o];
    }
}

double Interpolant::evaluate(std::span<const double> point) const {
    OHMLOOM_ASSERT(outputs_ == 1);
    double value = 0.0;
    evaluate(point, {&value, 1});
    return value;
}

} // namespace ohmloom
