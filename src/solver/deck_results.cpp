#include "base/errors.hpp"
#include "circuit/flat_circuit.hpp"
#include "solver/deck_solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <unordered_map>
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

std::complex<double> signal_at(const Waveforms& waveforms, const std::string& name, Index point) {
    if (name == "v(0)") return 0.0;
    const Index place = signal_place(waveforms, name);
    return {waveforms.values(point, place),
            waveforms.imaginary.empty() ? 0.0 : waveforms.imaginary(point, place)};
}

std::complex<double> step_value(const Waveforms& waveforms, const ExpressionStep& step, Index point) {
    if (step.operation == Operation::current) {
        return signal_at(waveforms, fmt::format("i({})", flat_element_name(step.plus)), point);
    }
    return signal_at(waveforms, fmt::format("v({})", step.plus), point) -
           signal_at(waveforms, fmt::format("v({})", step.minus), point);
}

/// One signal or formula over all points. A complex value stands for its magnitude where none of its parts is asked
/// for.
std::vector<double> signal_values(const Waveforms& waveforms, const MeasuredSignal& signal) {
    const std::vector<ExpressionStep>& steps = signal.expression.steps;
    std::vector<double> values;
    for (Index p = 0; p < static_cast<Index>(waveforms.axis.size()); ++p) {
        if (steps.size() == 1 && operand_count(steps[0].operation) == 0 &&
            signal_count(signal.expression) == 1) {
            const std::complex<double> value = step_value(waveforms, steps[0], p);
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
        for (const ExpressionStep& step : steps) {
            if (step.operation == Operation::voltage || step.operation == Operation::current) {
                const std::complex<double> value = step_value(waveforms, step, p);
                signals.push_back(waveforms.imaginary.empty() ? value.real() : std::abs(value));
            }
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

/// Differences that the tolerances of both engines leave open.
constexpr double negligible_voltage = 1e-11; // [V]
constexpr double negligible_current = 1e-14; // [A]

double largest_of(const Waveforms& waveforms, char kind) {
    double largest = 0.0;
    for (Index s = 0; s < waveforms.values.cols(); ++s) {
        if (waveforms.signals[static_cast<std::size_t>(s)].front() != kind) continue;
        for (Index p = 0; p < waveforms.values.rows(); ++p) {
            const double value = waveforms.imaginary.empty()
                                     ? std::abs(waveforms.values(p, s))
                                     : std::hypot(waveforms.values(p, s), waveforms.imaginary(p, s));
            if (std::isfinite(value)) largest = std::max(largest, value);
        }
    }
    return largest;
}

/// Places of the first one's signals among the second's; the first that is missing, if one is.
struct SignalPlaces {
    std::vector<Index> of;
    std::string missing;
};

SignalPlaces places_of(const Waveforms& first, const Waveforms& second) {
    std::unordered_map<std::string, Index> known;
    for (std::size_t s = 0; s < second.signals.size(); ++s)
        known.emplace(second.signals[s], static_cast<Index>(s));
    SignalPlaces places;
    for (const std::string& name : first.signals) {
        const auto found = known.find(name);
        if (found == known.end()) {
            places.missing = name;
            return places;
        }
        places.of.push_back(found->second);
    }
    return places;
}

bool is_voltage(const std::string& signal) {
    return signal.front() == 'v';
}

/// Where signals of points over a rising axis are asked for, from left to right.
class Walk {
public:
    explicit Walk(const Waveforms& waveforms) : waveforms_(waveforms) {}
    void go_to(double place) {
        const std::vector<double>& axis = waveforms_.axis;
        while (next_ + 1 < axis.size() && axis[next_] < place) ++next_;
        if (next_ == 0) return;
        const double width = axis[next_] - axis[next_ - 1];
        share_ = width > 0.0 ? std::clamp((place - axis[next_ - 1]) / width, 0.0, 1.0) : 1.0;
    }
    [[nodiscard]] double value(Index signal) const {
        const auto point = static_cast<Index>(next_);
        const double after = waveforms_.values(point, signal);
        if (next_ == 0) return after;
        const double before = waveforms_.values(point - 1, signal);
        return before + share_ * (after - before);
    }

private:
    const Waveforms& waveforms_;
    std::size_t next_ = 0;
    double share_ = 1.0;
};

/// Instants start, start + step, … that both transients reach; one of them may begin a little after the start.
std::vector<double> common_instants(const Waveforms& first, const Waveforms& second) {
    double begin = std::min(first.axis.front(), second.axis.front());
    const double end = std::min(first.axis.back(), second.axis.back());
    double step = first.output_step > 0.0 ? first.output_step : second.output_step;
    if (!(step > 0.0)) step = (end - begin) / 1000.0;
    const double late = std::max(first.axis.front(), second.axis.front()) - begin;
    begin += step * std::ceil(late / step - 1e-9);
    std::vector<double> instants;
    const auto count = static_cast<std::size_t>(std::max(0.0, std::floor((end - begin) / step + 1e-9)));
    for (std::size_t k = 0; k <= count; ++k)
        instants.push_back(std::min(end, begin + static_cast<double>(k) * step));
    return instants;
}

/// Largest magnitude of a signal in both transients.
double full_scale(const Waveforms& first, Index s, const Waveforms& second, Index t) {
    double largest = 0.0;
    for (Index p = 0; p < first.values.rows(); ++p) largest = std::max(largest, std::abs(first.values(p, s)));
    for (Index p = 0; p < second.values.rows(); ++p)
        largest = std::max(largest, std::abs(second.values(p, t)));
    return largest;
}

void compare_transients(const Waveforms& first, const Waveforms& second, const std::vector<Index>& places,
                        WaveformDifference& difference) {
    constexpr double least_scale = 1e-3; // of the largest value of the same unit
    const double floor_v = least_scale * std::max(largest_of(first, 'v'), largest_of(second, 'v'));
    const double floor_i = least_scale * std::max(largest_of(first, 'i'), largest_of(second, 'i'));
    std::vector<double> scales;
    for (std::size_t s = 0; s < places.size(); ++s) {
        scales.push_back(std::max(full_scale(first, static_cast<Index>(s), second, places[s]),
                                  is_voltage(first.signals[s]) ? floor_v : floor_i));
    }
    Walk walk(first), other(second);
    for (const double instant : common_instants(first, second)) {
        walk.go_to(instant);
        other.go_to(instant);
        for (std::size_t s = 0; s < places.size(); ++s) {
            const double apart = std::abs(walk.value(static_cast<Index>(s)) - other.value(places[s]));
            const double noise = is_voltage(first.signals[s]) ? negligible_voltage : negligible_current;
            const double relative = apart > noise ? apart / scales[s] : 0.0;
            if (relative > difference.relative || difference.signal.empty()) {
                difference.relative = relative;
                difference.absolute = apart;
                difference.signal = first.signals[s];
                difference.axis = instant;
            }
        }
    }
}

void compare_points(const Waveforms& first, const Waveforms& second, const std::vector<Index>& places,
                    WaveformDifference& difference) {
    constexpr double negligible = 1e-6; // of the largest value of the same unit
    const double floor_v = negligible * std::max(largest_of(first, 'v'), largest_of(second, 'v'));
    const double floor_i = negligible * std::max(largest_of(first, 'i'), largest_of(second, 'i'));
    const auto value = [](const Waveforms& waveforms, Index p, Index s) {
        return std::complex<double>(waveforms.values(p, s),
                                    waveforms.imaginary.empty() ? 0.0 : waveforms.imaginary(p, s));
    };
    for (std::size_t s = 0; s < places.size(); ++s) {
        const bool is_v = is_voltage(first.signals[s]);
        const double noise = is_v ? negligible_voltage : negligible_current;
        for (Index p = 0; p < first.values.rows(); ++p) {
            const std::complex<double> a = value(first, p, static_cast<Index>(s));
            const std::complex<double> b = value(second, p, places[s]);
            const double scale = std::max({std::abs(a), std::abs(b), is_v ? floor_v : floor_i});
            const double relative = std::abs(a - b) > noise ? std::abs(a - b) / scale : 0.0;
            if (relative > difference.relative || difference.signal.empty()) {
                difference.relative = relative;
                difference.absolute = std::abs(a - b);
                difference.signal = first.signals[s];
                difference.axis = first.axis[static_cast<std::size_t>(p)];
            }
        }
    }
}

WaveformDifference compare_analysis(const Waveforms& first, const Waveforms& second) {
    WaveformDifference difference;
    difference.analysis = first.analysis;
    difference.axis_unit = first.axis_unit;
    const bool is_transient = first.analysis == "tran";
    difference.comparable = first.all_converged() && second.all_converged() &&
                            (is_transient || first.axis.size() == second.axis.size());
    if (!difference.comparable) return difference;
    const SignalPlaces places = places_of(first, second);
    if (!places.missing.empty()) {
        difference.comparable = false;
        difference.signal = places.missing;
    } else if (is_transient) {
        compare_transients(first, second, places.of, difference);
    } else {
        compare_points(first, second, places.of, difference);
    }
    return difference;
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

std::vector<WaveformDifference> compare(const DeckSolution& first, const DeckSolution& second) {
    OHMLOOM_ASSERT(first.analyses.size() == second.analyses.size());
    std::vector<WaveformDifference> differences;
    for (std::size_t k = 0; k < first.analyses.size(); ++k) {
        differences.push_back(compare_analysis(first.analyses[k], second.analyses[k]));
    }
    return differences;
}

} // namespace ohmloom
