#include "converters/range_setting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// Percentile of values, which are reordered.
double percentile_of(std::vector<double>& values, double percentile) {
    const double place = percentile / 100.0 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<Index>(place);
    const auto at = values.begin() + below;
    std::nth_element(values.begin(), at, values.end());
    if (at + 1 == values.end()) return *at;
    const double next = *std::min_element(at + 1, values.end());
    return *at + (place - static_cast<double>(below)) * (next - *at);
}

} // namespace

void validate(const RangeSetting& setting) {
    if (!(setting.percentile > 50.0 && setting.percentile <= 100.0))
        throw InputError(fmt::format(
            "the percentile of the range is {}: expected more than 50 and at most 100", setting.percentile));
    if (!(setting.margin > 0.0) || !std::isfinite(setting.margin))
        throw InputError(
            fmt::format("the margin of the range is {}: expected a positive number", setting.margin));
}

InputRange range_for(std::span<const double> values, bool is_signed, const RangeSetting& setting) {
    validate(setting);
    if (values.empty()) throw InputError("a converter's range from no data: expected at least one value");
    for (const double value : values)
        if (!std::isfinite(value))
            throw InputError(
                fmt::format("a converter's range from data with {}: expected finite values", value));
    std::vector<double> sorted(values.begin(), values.end());
    if (is_signed) {
        for (double& value : sorted) value = std::abs(value);
        double reach = setting.margin * percentile_of(sorted, setting.percentile);
        if (!(reach > 0.0)) reach = setting.margin * *std::ranges::max_element(sorted);
        if (!(reach > 0.0)) reach = 1.0;
        return {-reach, reach};
    }
    const double low = percentile_of(sorted, 100.0 - setting.percentile),
                 high = percentile_of(sorted, setting.percentile);
    const double middle = 0.5 * low + 0.5 * high;
    const double reach = high > low ? setting.margin * (high - middle) : 0.5;
    return {middle - reach, middle + reach};
}

std::vector<InputRange> column_ranges(const Matrix<double>& x, bool is_signed, const RangeSetting& setting) {
    std::vector<InputRange> ranges;
    std::vector<double> column(static_cast<std::size_t>(x.rows()));
    for (Index c = 0; c < x.cols(); ++c) {
        for (Index r = 0; r < x.rows(); ++r) column[static_cast<std::size_t>(r)] = x(r, c);
        ranges.push_back(range_for(column, is_signed, setting));
    }
    return ranges;
}

} // namespace ohmloom
