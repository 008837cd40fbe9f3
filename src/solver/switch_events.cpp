#include "solver/switch_events.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ohmloom {

namespace {

/// The control voltage at which a switch leaves the state it is in, and how far beyond that it is: > 0, thrown.
struct Overshoot {
    double sign = 1.0; ///< of what throws it: 1 for a switch that is off
    double threshold = 0.0;
    [[nodiscard]] double of(double v) const { return sign * (v - threshold); }
};

Overshoot overshoot_of(const SwitchLaw& law, bool is_on) {
    return is_on ? Overshoot{-1.0, law.threshold - law.hysteresis}
                 : Overshoot{1.0, law.threshold + law.hysteresis};
}

template <class Visit>
void for_each_switch(const NodalSystem& system, Visit&& visit) {
    if (!system.has_switches()) return;
    for (const FlatElement& flat : system.elements()) {
        if (const auto* sw = std::get_if<Switch>(&flat.element->kind)) {
            visit(flat, unknown_of(sw->control_plus), unknown_of(sw->control_minus));
        }
    }
}

} // namespace

std::optional<double> first_crossing(const NodalSystem& system, const TimePoint& begin,
                                     const TimeStep& step) {
    constexpr int halvings = 50;
    std::optional<double> first;
    for_each_switch(system, [&](const FlatElement& flat, Index plus, Index minus) {
        const Overshoot overshoot = overshoot_of(system.switch_of(flat), begin.states[flat.state].is_on);
        const auto at = [&](double share) {
            const double high = plus == no_unknown ? 0.0 : step.at(begin, plus, share);
            return overshoot.of(high - (minus == no_unknown ? 0.0 : step.at(begin, minus, share)));
        };
        if (at(1.0) <= 0.0) return;
        double before = 0.0, after = 1.0;
        for (int k = 0; k < halvings; ++k) {
            const double middle = 0.5 * (before + after);
            (at(middle) > 0.0 ? after : before) = middle;
        }
        first = std::min(first.value_or(1.0), after);
    });
    return first;
}

bool throw_switches(const NodalSystem& system, TimePoint& point) {
    bool is_thrown = false;
    for_each_switch(system, [&](const FlatElement& flat, Index plus, Index minus) {
        ElementState& state = point.states[flat.state];
        const double v = value_of(point.x, plus) - value_of(point.x, minus);
        if (overshoot_of(system.switch_of(flat), state.is_on).of(v) <= 0.0) return;
        state.is_on = !state.is_on;
        is_thrown = true;
    });
    return is_thrown;
}

} // namespace ohmloom
