#include "base/errors.hpp"
#include "circuit/flat_circuit.hpp"
#include "solver/deck_solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

/// What a measure cannot find, caught where it is asked for.
class NotFound : public InputError {
public:
    using InputError::InputError;
};

Index signal_place(const Waveforms& waveforms, const std::string& name) {
    const auto found = std::find(waveforms.signals.begin(), waveforms.signals.end(), name);
    if (found == waveforms.signals.end()) throw NotFound(fmt::format("the circuit has no {}", name));
    return found - waveforms.signals.begin();
}

/// Columns of a voltage's nodes, or of a current, among the waveforms' signals; none: ground.
struct SignalColumns {
    std::optional<Index> plus, minus;
};

SignalColumns columns_of(const Waveforms& waveforms, const ExpressionStep& step) {
    if (step.operation == Operation::current) {
        return {signal_place(waveforms, fmt::format("i({})", flat_element_name(step.plus))), std::nullopt};
    }
    const auto column = [&](const std::string& node) {
        return node == "0" ? std::nullopt
                           : std::optional(signal_place(waveforms, fmt::format("v({})", node)));
    };
    return {column(step.plus), column(step.minus)};
}

std::complex<double> value_in(const Waveforms& waveforms, const SignalColumns& columns, Index point) {
    const auto at = [&](const std::optional<Index>& column) {
        if (!column) return std::complex<double>();
        return std::complex<double>(waveforms.values(point, *column),
                                    waveforms.imaginary.empty() ? 0.0 : waveforms.imaginary(point, *column));
    };
    return at(columns.plus) - at(columns.minus);
}

/// One signal or formula over all points. A complex value stands for its magnitude where none of its parts is asked
/// for.
std::vector<double> signal_values(const Waveforms& waveforms, const MeasuredSignal& signal) {
    const std::vector<ExpressionStep>& steps = signal.expression.steps;
    std::vector<SignalColumns> columns;
    for (const ExpressionStep& step : steps) {
        if (step.operation == Operation::voltage || step.operation == Operation::current)
            columns.push_back(columns_of(waveforms, step));
    }
    std::vector<double> values;
    for (Index p = 0; p < static_cast<Index>(waveforms.axis.size()); ++p) {
        if (steps.size() == 1 && operand_count(steps[0].operation) == 0 &&
            signal_count(signal.expression) == 1) {
            const std::complex<double> value = value_in(waveforms, columns[0], p);
            const bool is_complex = !waveforms.imaginary.empty();
            switch (signal.part) {
            case SignalPart::value:
                values.push_back(is_complex ? std::abs(value) : value.real());
                break;
            case SignalPart::magnitude:
                values.push_back(std::abs(value));
                break;
            case SignalPart::phase:
                values.push_back(std::arg(value));
                break;
            case SignalPart::real:
                values.push_back(value.real());
                break;
            case SignalPart::imaginary:
                values.push_back(value.imag());
                break;
            case SignalPart::decibel:
                values.push_back(20.0 * std::log10(std::abs(value)));
                break;
            }
            continue;
        }
        std::vector<double> signals;
        for (const SignalColumns& places : columns) {
            const std::complex<double> value = value_in(waveforms, places, p);
            signals.push_back(waveforms.imaginary.empty() ? value.real() : std::abs(value));
        }
        values.push_back(evaluate(signal.expression, {signals, waveforms.axis[static_cast<std::size_t>(p)]}));
    }
    return values;
}

/// Value at a place on the axis, which rises or falls.
double value_at(const std::vector<double>& axis, const std::vector<double>& values, double place) {
    for (std::size_t k = 1; k < axis.size(); ++k) {
        const double low = std::min(axis[k - 1], axis[k]), high = std::max(axis[k - 1], axis[k]);
        // The ends of a sweep may miss their round numbers by rounding.
        const double slack = 1e-9 * (high - low);
        if (place < low - slack || place > high + slack || high == low) continue;
        const double share = std::clamp((place - axis[k - 1]) / (axis[k] - axis[k - 1]), 0.0, 1.0);
        return values[k - 1] + share * (values[k] - values[k - 1]);
    }
    if (axis.size() == 1 && axis[0] == place) return values[0];
    throw NotFound(fmt::format("the analysis does not reach {}", place));
}

double crossing_place(const Waveforms& waveforms, const Crossing& crossing) {
    if (crossing.at) return *crossing.at;
    const std::vector<double> values = signal_values(waveforms, crossing.signal);
    const std::vector<double>& axis = waveforms.axis;
    int count = 0;
    std::optional<double> last;
    for (std::size_t k = 1; k < values.size(); ++k) {
        const double before = values[k - 1] - crossing.value, after = values[k] - crossing.value;
        const bool rises = before < 0.0 && after >= 0.0, falls = before > 0.0 && after <= 0.0;
        const bool counts =
            (rises && crossing.edge != CrossingEdge::fall) || (falls && crossing.edge != CrossingEdge::rise);
        if (!counts) continue;
        const double place = axis[k - 1] + (axis[k] - axis[k - 1]) * before / (before - after);
        if (place < crossing.delay) continue;
        last = place;
        if (++count == crossing.count) return place;
    }
    if (crossing.count == 0 && last) return *last;
    throw NotFound(fmt::format("the signal crosses {} {} times, expected {}", crossing.value, count,
                               crossing.count == 0 ? 1 : crossing.count));
}

/// Points of a signal within a window, with its ends.
struct Window {
    std::vector<double> axis, values;
};

Window window_of(const Waveforms& waveforms, const MeasureStatistic& statistic) {
    const std::vector<double> values = signal_values(waveforms, statistic.signal);
    const std::vector<double>& axis = waveforms.axis;
    const auto [low, high] = std::minmax_element(axis.begin(), axis.end());
    const double from = statistic.from.value_or(*low), to = statistic.to.value_or(*high);
    if (!(from <= to)) throw NotFound(fmt::format("nothing lies from {} to {}", from, to));
    Window window;
    const auto add_end = [&](double place) {
        window.axis.push_back(place);
        window.values.push_back(value_at(axis, values, place));
    };
    add_end(from);
    for (std::size_t k = 0; k < axis.size(); ++k) {
        if (axis[k] <= from || axis[k] >= to) continue;
        window.axis.push_back(axis[k]);
        window.values.push_back(values[k]);
    }
    if (to > from) add_end(to);
    return window;
}

/// Integral of straight lines, or of their squares.
double integral(const Window& window, bool of_square) {
    double sum = 0.0;
    for (std::size_t k = 1; k < window.axis.size(); ++k) {
        const double a = window.values[k - 1], b = window.values[k];
        const double width = window.axis[k] - window.axis[k - 1];
        sum += width * (of_square ? (a * a + a * b + b * b) / 3.0 : 0.5 * (a + b));
    }
    return sum;
}

struct Taker {
    const Waveforms& waveforms;

    double operator()(const MeasureStatistic& statistic) const {
        using Kind = MeasureStatistic::Kind;
        const Window window = window_of(waveforms, statistic);
        const auto [low, high] = std::minmax_element(window.values.begin(), window.values.end());
        const double width = window.axis.back() - window.axis.front();
        switch (statistic.kind) {
        case Kind::average:
            return width > 0.0 ? integral(window, false) / width : window.values.front();
        case Kind::rms:
            return width > 0.0 ? std::sqrt(integral(window, true) / width) : std::abs(window.values.front());
        case Kind::integral:
            return integral(window, false);
        case Kind::minimum:
            return *low;
        case Kind::maximum:
            return *high;
        case Kind::peak_to_peak:
            return *high - *low;
        case Kind::minimum_at:
            return window.axis[static_cast<std::size_t>(low - window.values.begin())];
        case Kind::maximum_at:
            break;
        }
        return window.axis[static_cast<std::size_t>(high - window.values.begin())];
    }
    double operator()(const MeasureCrossing& measure) const {
        const double place = crossing_place(waveforms, measure.when);
        if (!measure.find) return place;
        return value_at(waveforms.axis, signal_values(waveforms, *measure.find), place);
    }
    double operator()(const MeasureInterval& measure) const {
        return crossing_place(waveforms, measure.target) - crossing_place(waveforms, measure.trigger);
    }
};

std::string signal_unit(const MeasuredSignal& signal) {
    const std::vector<ExpressionStep>& steps = signal.expression.steps;
    if (signal.part == SignalPart::decibel) return "dB";
    if (signal.part == SignalPart::phase) return "rad";
    if (steps.size() != 1) return "1";
    return steps.front().operation == Operation::voltage ? "V" : "A";
}

/// Unit of a measure's value.
std::string measure_unit(const Measure& measure, const std::string& axis_unit) {
    if (const auto* statistic = std::get_if<MeasureStatistic>(&measure.what)) {
        using Kind = MeasureStatistic::Kind;
        if (statistic->kind == Kind::minimum_at || statistic->kind == Kind::maximum_at) return axis_unit;
        const std::string unit = signal_unit(statistic->signal);
        return statistic->kind == Kind::integral ? unit + "*" + axis_unit : unit;
    }
    const auto* crossing = std::get_if<MeasureCrossing>(&measure.what);
    return crossing != nullptr && crossing->find ? signal_unit(*crossing->find) : axis_unit;
}

} // namespace

std::vector<MeasuredValue> take_measures(const SpiceDeck& deck, const DeckSolution& solution) {
    std::vector<MeasuredValue> values;
    for (const Measure& measure : deck.measures) {
        MeasuredValue value{measure.name, measure.analysis, std::nullopt, "1", ""};
        const auto found =
            std::find_if(solution.analyses.rbegin(), solution.analyses.rend(),
                         [&](const Waveforms& known) { return known.analysis == measure.analysis; });
        if (found == solution.analyses.rend()) {
            value.problem = fmt::format("the deck has no .{} analysis", measure.analysis);
        } else if (!found->all_converged()) {
            value.problem = "the analysis did not converge";
        } else {
            value.unit = measure_unit(measure, found->axis_unit);
            try {
                value.value = std::visit(Taker{*found}, measure.what);
            } catch (const NotFound& problem) {
                value.problem = problem.what();
            }
        }
        values.push_back(std::move(value));
    }
    return values;
}

} // namespace ohmloom
