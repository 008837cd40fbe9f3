#include "base/errors.hpp"
#include "solver/deck_solver.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <unordered_map>
#include <vector>

namespace ohmloom {

namespace {

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

std::vector<WaveformDifference> compare(const DeckSolution& first, const DeckSolution& second) {
    OHMLOOM_ASSERT(first.analyses.size() == second.analyses.size());
    std::vector<WaveformDifference> differences;
    for (std::size_t k = 0; k < first.analyses.size(); ++k) {
        differences.push_back(compare_analysis(first.analyses[k], second.analyses[k]));
    }
    return differences;
}

} // namespace ohmloom
