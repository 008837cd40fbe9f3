#include "devicemodels/cell_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace ohmloom {

namespace {

/// One law as text; numbers with the 17 digits that bring a double back unchanged. Constants are multiplied
/// together before they are written, because simulators guard divisions with small terms of their own.
struct CurrentText {
    double g;
    double shape;
    std::string_view v;

    std::string operator()(const LinearCell&) const { return fmt::format("{:.17g}*{}", g, v); }

    std::string operator()(const SinhCell& law) const { return sinh_text(law.alpha); }

    std::string operator()(const PcmCell& law) const {
        std::string text =
            shape > PcmCell::smallest_alpha ? sinh_text(shape) : fmt::format("{:.17g}*{}", g, v);
        if (law.c3 != 0.0 || law.c5 != 0.0) {
            text += fmt::format("+{0}*{0}*{0}*({1:.17g}+{2:.17g}*{0}*{0})", v, g * law.c3, g * law.c5);
        }
        return text;
    }

    std::string operator()(const MramCell& law) const {
        const double curvature = 1.0 / (law.v_half * law.v_half);
        return fmt::format("{0:.17g}*{1}*(1+{2:.17g}*{1}*{1})/({3:.17g}+{2:.17g}*{1}*{1})", g * (1.0 + shape),
                           v, curvature, 1.0 + shape);
    }

    std::string operator()(const EcmCell& law) const {
        const double g_off = law.g_off(), g_on = law.g_on();
        const double filament = (std::clamp(g, g_off, g_on) - g_off) / (g_on - g_off);
        const double scale = g < g_off ? g / g_off : g > g_on ? g / g_on : 1.0;
        const std::string t = fmt::format("tanh({:.17g}*{})", 1.0 / law.v_passive, v);
        const auto by_polarity = [&](double plus, double minus, double factor) {
            return fmt::format("({:.17g}+{:.17g}*{})", factor * 0.5 * (plus + minus),
                               factor * 0.5 * (plus - minus), t);
        };
        const double off = scale * (1.0 - filament), on = scale * filament;
        const std::string field = fmt::format("exp(({0}>=0 ? {1:.17g} : {2:.17g})*sqrt(max(abs({0}),1e-24)))",
                                              v, law.s_plus, law.s_minus);
        const std::string i = fmt::format("({}*{}*{}+{}*{})", by_polarity(law.i0_plus, law.i0_minus, off),
                                          field, t, by_polarity(law.g_on_plus, law.g_on_minus, on), v);
        return fmt::format("{0}*(1+(abs({0})*{1:.17g})^16)^(-0.0625)", i, 1.0 / law.i_limit);
    }

    std::string operator()(const TableCell& law) const {
        const CurrentTable& table = *law.table;
        const TableMix mix = mix_of(table, g);
        const auto interval = [&](Index k) {
            double c[4];
            for (Index j = 0; j < 4; ++j) {
                const auto at = static_cast<std::size_t>(4 * (mix.state * table.intervals() + k) + j);
                const auto stride = static_cast<std::size_t>(4 * table.intervals());
                c[j] = mix.low * table.coefficients[at] +
                       (mix.high == 0.0 ? 0.0 : mix.high * table.coefficients[at + stride]);
            }
            const std::string d = fmt::format("({}-({:.17g}))", v, table.v[static_cast<std::size_t>(k)]);
            return fmt::format("({1:.17g}+{0}*({2:.17g}+{0}*({3:.17g}+{0}*({4:.17g}))))", d, c[0], c[1], c[2],
                               c[3]);
        };
        const auto tangent = [&](double end) {
            const CellPoint point = evaluate_cell(law, g, 0.0, end);
            return fmt::format("({:.17g}+({}-({:.17g}))*{:.17g})", point.current, v, end, point.slope);
        };
        const std::string inside = search_text(table, 0, table.intervals(), interval);
        return fmt::format("({0}<{1:.17g} ? {2} : ({0}>{3:.17g} ? {4} : {5}))", v, table.v.front(),
                           tangent(table.v.front()), table.v.back(), tangent(table.v.back()), inside);
    }

private:
    [[nodiscard]] std::string sinh_text(double alpha) const {
        return fmt::format("{:.17g}*sinh({:.17g}*{})", g / alpha, alpha, v);
    }

    /// Intervals [from, to) as a binary search written in conditionals.
    template <class Text>
    std::string search_text(const CurrentTable& table, Index from, Index to, const Text& interval) const {
        if (to - from == 1) return interval(from);
        const Index middle = (from + to) / 2;
        return fmt::format("({}<{:.17g} ? {} : {})", v, table.v[static_cast<std::size_t>(middle)],
                           search_text(table, from, middle, interval),
                           search_text(table, middle, to, interval));
    }
};

} // namespace

std::string spice_current(const CellModel& model, double g, double shape, std::string_view v) {
    return std::visit(CurrentText{g, shape, v}, model);
}

} // namespace ohmloom
