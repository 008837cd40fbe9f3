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

#include <array>

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
    for (std::size_t rest = k; rest < v.size(); ++rest) padded[rest - k] = v[rest];
    const auto point = evaluate_law(law, g, shape, LaneValues(hn::LoadU(LaneTag(), padded.data())));
    hn::StoreU(point.current.v, LaneTag(), currents.data());
    hn::StoreU(point.slope.v, LaneTag(), slopes.data());
    for (std::size_t rest = k; rest < v.size(); ++rest) {
        current[rest] = currents[rest - k];
        slope[rest] = slopes[rest - k];
    }
}

void evaluate_model(const CellModel& model, double g, double shape, std::span<const double> v,
                    std::span<double> current, std::span<double> slope) {
    std::visit([&](const auto& law) { evaluate_vector(law, g, shape, v, current, slope); }, model);
}

} // namespace ohmloom::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

double TableCell::current(double v, double g, double shape) const {
    return at(*this, g, shape, v).current;
}
double TableCell::slope(double v, double g, double shape) const {
    return at(*this, g, shape, v).slope;
}
double PcmCell::current(double v, double g, double alpha) const {
    return at(*this, g, alpha, v).current;
}
double PcmCell::slope(double v, double g, double alpha) const {
    return at(*this, g, alpha, v).slope;
}
double MramCell::current(double v, double g, double tmr) const {
    return at(*this, g, tmr, v).current;
}
double MramCell::slope(double v, double g, double tmr) const {
    return at(*this, g, tmr, v).slope;
}
double EcmCell::current(double v, double g, double shape) const {
    return at(*this, g, shape, v).current;
}
double EcmCell::slope(double v, double g, double shape) const {
    return at(*this, g, shape, v).slope;
}

CellRange range_of(const CellModel& model) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (const auto* cell = std::get_if<TableCell>(&model); cell != nullptr && !cell->extrapolate) {
        const CurrentTable& table = *cell->table;
        return {table.v.front(), table.v.back(), table.g.front(), table.g.back()};
    }
    return {-infinity, infinity, 0.0, infinity};
}

namespace {

void require(bool good, std::string_view what, double value, std::string_view unit,
             std::string_view expected) {
    if (!good || !std::isfinite(value)) {
        throw InputError(fmt::format("{} cells is {} {}: it must be {}", what, value, unit, expected));
    }
}

struct LawCheck {
    void operator()(const LinearCell&) const {}
    void operator()(const SinhCell& law) const { positive("alpha of the sinh", law.alpha, "1/V"); }
    void operator()(const TableCell& law) const {
        if (law.table == nullptr) throw InputError("the table cells have no table: read one first");
    }
    void operator()(const PcmCell& law) const {
        not_negative("c3 of the pcm", law.c3, "1/V^2");
        not_negative("c5 of the pcm", law.c5, "1/V^4");
    }
    void operator()(const MramCell& law) const { positive("v_half of the mram", law.v_half, "V"); }
    void operator()(const EcmCell& law) const {
        for (const double i0 : {law.i0_plus, law.i0_minus}) positive("i0 of the ecm", i0, "A");
        for (const double s : {law.s_plus, law.s_minus}) not_negative("s of the ecm", s, "1/V^0.5");
        positive("v_passive of the ecm", law.v_passive, "V");
        positive("i_limit of the ecm", law.i_limit, "A");
        for (const double g_on : {law.g_on_plus, law.g_on_minus}) {
            require(g_on > law.g_off(), "g_on of the ecm", g_on, "S",
                    "finite and above the off state's conductance");
        }
    }

private:
    static void positive(std::string_view what, double value, std::string_view unit) {
        require(value > 0.0, what, value, unit, "finite and positive");
    }
    static void not_negative(std::string_view what, double value, std::string_view unit) {
        require(value >= 0.0, what, value, unit, "finite and not negative");
    }
};

} // namespace

void validate(const CellModel& model) {
    std::visit(LawCheck{}, model);
}

} // namespace ohmloom
#endif // HWY_ONCE
