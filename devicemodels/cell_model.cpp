// Cell laws at single voltages and along vectors of them. This file is compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "devicemodels/cell_model.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "devicemodels/cell_laws-inl.h"
#include "devicemodels/cell_model.hpp"
#include "devicemodels/lanes-inl.h"

#include <algorithm>
#include <array>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// As many voltages at once as the registers take; the rest through a padded copy.
template <class Law>
void evaluate_vector(const Law& law, double g, double shape, std::span<const double> v,
                     std::span<double> current, std::span<double> slope) {
    const std::size_t width = hn::Lanes(LaneTag());
    std::size_t k = 0;
    for (; k + width <= v.size(); k += width) {
        const auto point = evaluate_law(law, g, shape, LaneValues(hn::LoadU(LaneTag(), v.data() + k)));
        hn::StoreU(point.current.v, LaneTag(), current.data() + k);
        hn::StoreU(point.slope.v, LaneTag(), slope.data() + k);
    }
    if (k == v.size()) return;
    std::array<double, 8> padded{}, currents{}, slopes{};
    const std::size_t rest = std::min(v.size() - k, padded.size());
    std::copy_n(v.begin() + static_cast<std::ptrdiff_t>(k), rest, padded.begin());
    const auto point = evaluate_law(law, g, shape, LaneValues(hn::LoadU(LaneTag(), padded.data())));
    hn::StoreU(point.current.v, LaneTag(), currents.data());
    hn::StoreU(point.slope.v, LaneTag(), slopes.data());
    std::copy_n(currents.begin(), rest, current.begin() + static_cast<std::ptrdiff_t>(k));
    std::copy_n(slopes.begin(), rest, slope.begin() + static_cast<std::ptrdiff_t>(k));
}

void evaluate_model(const CellModel& model, double g, double shape, std::span<const double> v,
                    std::span<double> current, std::span<double> slope) {
    std::visit([&](const auto& law) { evaluate_vector(law, g, shape, v, current, slope); }, model);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/errors.hpp"

#include <limits>
#include <string>

namespace ohmloom {

HWY_EXPORT(evaluate_model);

namespace {

template <class Law>
CellPoint at(const Law& law, double g, double shape, double v) {
    const auto point = HWY_STATIC_DISPATCH(evaluate_law)(law, g, shape, v);
    return {point.current, point.slope};
}

} // namespace

CellPoint evaluate_cell(const CellModel& model, double g, double shape, double v) {
    return std::visit([&](const auto& law) { return at(law, g, shape, v); }, model);
}

void evaluate_cell(const CellModel& model, double g, double shape, std::span<const double> v,
                   std::span<double> current, std::span<double> slope) {
    OHMLOOM_ASSERT(v.size() == current.size() && v.size() == slope.size());
    HWY_DYNAMIC_DISPATCH(evaluate_model)(model, g, shape, v, current, slope);
}

CellRange range_of(const CellModel& model) {
    return std::visit(
        [](const auto& law) {
            constexpr double infinity = std::numeric_limits<double>::infinity();
            if constexpr (requires { law.range(); })
                return law.range();
            else
                return CellRange{-infinity, infinity, 0.0, infinity};
        },
        model);
}

void validate(const CellModel& model) {
    std::visit([](const auto& law) { law.validate(); }, model);
}

std::string spice_current(const CellModel& model, double g, double shape, std::string_view v) {
    return std::visit([&](const auto& law) { return law.spice_current(g, shape, v); }, model);
}

std::vector<CellFace> cell_faces(const CellModel& model, const FormulaStyle& style) {
    return std::visit(
        [&](const auto& law) -> std::vector<CellFace> {
            if constexpr (requires { law.faces(style); })
                return law.faces(style);
            else
                return {};
        },
        model);
}

CellFaceCall call_cell_face(const CellModel& model, double g, double shape) {
    return std::visit(
        [&](const auto& law) -> CellFaceCall {
            if constexpr (requires { law.call_face(g, shape); })
                return law.call_face(g, shape);
            else
                return {};
        },
        model);
}

} // namespace ohmloom
#endif // HWY_ONCE
