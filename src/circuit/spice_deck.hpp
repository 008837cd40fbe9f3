#pragma once

#include "circuit/circuit.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ohmloom {

/// `.op`: one operating point.
struct OperatingPointAnalysis {
    friend bool operator==(const OperatingPointAnalysis&, const OperatingPointAnalysis&) = default;
};

/// One source taking the values start, start + step, … up to stop.
struct SourceSweep {
    std::string source; ///< a voltage or current source of the top circuit
    double start = 0.0; ///< [V or A]
    double stop = 0.0;  ///< [V or A]
    double step = 0.0;  ///< [V or A] not 0, from start towards stop
    friend bool operator==(const SourceSweep&, const SourceSweep&) = default;
};

/// `.dc`: operating points along one sweep, or along the first for every value of the second.
struct DcAnalysis {
    std::vector<SourceSweep> sweeps; ///< 1 or 2
    friend bool operator==(const DcAnalysis&, const DcAnalysis&) = default;
};

enum class FrequencySpacing { decade, octave, linear };

/// `.ac`: the small-signal response at its operating point, over frequency.
struct AcAnalysis {
    FrequencySpacing spacing = FrequencySpacing::decade;
    int points = 10;    ///< per decade, per octave, or in all
    double start = 1.0; ///< [Hz] > 0
    double stop = 1.0;  ///< [Hz] >= start
    friend bool operator==(const AcAnalysis&, const AcAnalysis&) = default;
};

/// `.tran`: the response in time.
struct TransientAnalysis {
    double step = 0.0;                ///< [s] of the output, > 0
    double stop = 0.0;                ///< [s] > start
    double start = 0.0;               ///< [s] of the output; the analysis begins at 0
    std::optional<double> max_step{}; ///< [s]
    bool from_initial = false; ///< `uic`: from the initial voltages and currents, not an operating point
    friend bool operator==(const TransientAnalysis&, const TransientAnalysis&) = default;
};

using Analysis = std::variant<OperatingPointAnalysis, DcAnalysis, AcAnalysis, TransientAnalysis>;

/// "op", "dc", "ac" or "tran".
std::string_view analysis_word(const Analysis& analysis);

/// What is looked at of a signal, which is complex in an AC analysis.
enum class SignalPart { value, magnitude, phase, real, imaginary, decibel };

/// A formula of voltages and currents, in the words of a measure: v(out), i(vin), vdb(out), par('v(a)*i(vb)').
struct MeasuredSignal {
    SignalPart part = SignalPart::value; ///< anything else: one signal of an AC analysis
    Expression expression;
    friend bool operator==(const MeasuredSignal&, const MeasuredSignal&) = default;
};

enum class CrossingEdge { any, rise, fall };

/// The place on the horizontal axis where a signal crosses a value, or a place given as such.
struct Crossing {
    MeasuredSignal signal;                 ///< without steps if `at` is given
    double value = 0.0;                    ///< [unit of the signal]
    CrossingEdge edge = CrossingEdge::any; ///
    int count = 1;                         ///< first, second, …; 0: the last one
    double delay = 0.0;                    ///< crossings before it do not count
    std::optional<double> at{};
    friend bool operator==(const Crossing&, const Crossing&) = default;
};

/// One number from all points of a signal within [from, to].
struct MeasureStatistic {
    enum class Kind { average, minimum, maximum, peak_to_peak, rms, integral, minimum_at, maximum_at };
    Kind kind = Kind::average;
    MeasuredSignal signal;
    std::optional<double> from{}, to{};
    friend bool operator==(const MeasureStatistic&, const MeasureStatistic&) = default;
};

/// Where a signal crosses; or, with `find`, what another signal is there.
struct MeasureCrossing {
    std::optional<MeasuredSignal> find{};
    Crossing when;
    friend bool operator==(const MeasureCrossing&, const MeasureCrossing&) = default;
};

/// The distance from one crossing to another.
struct MeasureInterval {
    Crossing trigger, target;
    friend bool operator==(const MeasureInterval&, const MeasureInterval&) = default;
};

/// `.measure`: a number taken from the waveforms of one kind of analysis.
struct Measure {
    std::string analysis; ///< "dc", "ac" or "tran"
    std::string name;
    std::variant<MeasureStatistic, MeasureCrossing, MeasureInterval> what;
    friend bool operator==(const Measure&, const Measure&) = default;
};

/// A circuit with what is to be done with it.
struct SpiceDeck {
    std::string title;
    Circuit circuit;
    std::vector<Analysis> analyses;
    std::vector<Measure> measures;
    std::vector<std::pair<std::string, std::string>> options; ///< name and value; "" for a flag
    friend bool operator==(const SpiceDeck&, const SpiceDeck&) = default;
};

} // namespace ohmloom
