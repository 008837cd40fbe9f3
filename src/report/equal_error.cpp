#include "report/equal_error.hpp"

#include "report/row_groups.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::size_t most_curves = 20;

/// "corner", or else the first axis of few names.
const AxisLevels* axis_of_causes(const std::vector<AxisLevels>& axes) {
    const AxisLevels* found = nullptr;
    for (const AxisLevels& axis : axes) {
        if (!axis.is_text() || axis.is_stepped || axis.names.size() > most_curves) continue;
        if (axis.axis->name == "corner") return &axis;
        if (found == nullptr) found = &axis;
    }
    return found;
}

std::vector<ErrorCurve> curves_over_error(const ResultData& result, const AxisLevels& causes,
                                          const ResultFigure& error, const ResultFigure& accuracy) {
    std::vector<ErrorCurve> curves;
    for (const std::string& name : causes.names) curves.push_back({name, {}, {}});
    for (const RowGroup& group : groups_of_rows(result)) {
        const auto e = summarise(result, error, group.rows), a = summarise(result, accuracy, group.rows);
        if (!e || !a || !(e->value > 0.0) || !std::isfinite(e->value)) continue;
        const auto level =
            static_cast<std::size_t>(causes.of_row[static_cast<std::size_t>(group.rows.front())]);
        curves[level].points.push_back({group.name, e->value, a->value, a->low, a->high});
    }
    for (ErrorCurve& curve : curves) std::ranges::sort(curve.points, {}, &ErrorPoint::error);
    std::erase_if(curves, [](const ErrorCurve& curve) {
        return curve.points.size() < 2 || curve.points.front().error == curve.points.back().error;
    });
    return curves;
}

double accuracy_at(const std::vector<ErrorPoint>& points, double error) {
    if (error < points.front().error || error > points.back().error)
        return std::numeric_limits<double>::quiet_NaN();
    const auto above = std::ranges::find_if(points, [&](const ErrorPoint& p) { return p.error >= error; });
    if (above == points.begin()) return above->accuracy;
    const ErrorPoint &from = *(above - 1), &to = *above;
    return std::lerp(from.accuracy, to.accuracy,
                     std::log(error / from.error) / std::log(to.error / from.error));
}

/// Steps of 1, 2 and 5 that at least half of the curves have on both sides.
std::vector<double> common_errors(const std::vector<ErrorCurve>& curves) {
    std::vector<double> errors;
    for (const double error : {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0}) {
        const auto reached = std::ranges::count_if(
            curves, [&](const ErrorCurve& curve) { return !std::isnan(accuracy_at(curve.points, error)); });
        if (2 * static_cast<std::size_t>(reached) >= curves.size()) errors.push_back(error);
    }
    return errors;
}

/// The error at which curves are ranked: reached by most of them, the largest of those.
std::size_t ranking_error(const EqualError& equal) {
    std::size_t best = 0;
    std::ptrdiff_t most = -1;
    for (std::size_t e = 0; e < equal.errors.size(); ++e) {
        const auto reached = std::ranges::count_if(
            equal.curves, [&](const ErrorCurve& curve) { return !std::isnan(curve.accuracy_at[e]); });
        if (reached >= most) std::tie(best, most) = std::pair(e, reached);
    }
    return best;
}

} // namespace

std::optional<EqualError> compare_at_equal_error(const ResultData& result) {
    const ResultFigure *error = find_figure(result, "product_error"),
                       *accuracy = find_figure(result, "accuracy");
    const std::vector<AxisLevels> axes = axes_with_levels(result);
    const AxisLevels* causes = axis_of_causes(axes);
    if (error == nullptr || accuracy == nullptr || causes == nullptr) return {};
    EqualError equal{causes->axis->name, {}, curves_over_error(result, *causes, *error, *accuracy)};
    if (equal.curves.size() < 2) return {};
    equal.errors = common_errors(equal.curves);
    for (ErrorCurve& curve : equal.curves) {
        for (const double e : equal.errors) curve.accuracy_at.push_back(accuracy_at(curve.points, e));
    }
    if (equal.errors.empty()) return equal;
    const std::size_t at = ranking_error(equal);
    std::ranges::stable_sort(equal.curves, {}, [&](const ErrorCurve& curve) {
        const double a = curve.accuracy_at[at];
        return std::isnan(a) ? std::numeric_limits<double>::infinity() : a;
    });
    return equal;
}

} // namespace ohmloom
