#pragma once

#include "circuit/circuit.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace ohmloom {

/// What a waveform leaves out follows from the analysis, as in SPICE. [s]
struct StimulusDefaults {
    double step = 0.0; ///< rise and fall times, time constants
    double stop = 0.0; ///< widths and periods
};

/// A waveform with nothing left out.
///
/// | kind  | value at t |
/// |-------|------------|
/// | pulse | low until the delay, then periods of a line to high, high, a line to low, low |
/// | sine  | offset + amplitude sin(2 pi f s + phase) exp(−s damping), s = t − delay; its value at s = 0 before |
/// | exp   | low until the rise delay, then towards high, from the fall delay on back towards low |
/// | pwl   | straight lines; before the first and after the last point its value |
///
/// Source: ngspice manual, chapter "Voltage and current sources".
class TimedSource {
public:
    TimedSource(const Stimulus& stimulus, double dc, const StimulusDefaults& defaults);

    [[nodiscard]] double value(double time) const;

    /// The first instant after `time` at which the waveform has a corner or jumps, if there is one.
    [[nodiscard]] std::optional<double> next_corner(double time) const;

private:
    /// The first point of a PWL after `time`, or the number of points.
    [[nodiscard]] std::size_t point_after(double time) const;

    WaveformKind kind_;
    double dc_;
    std::vector<double> arguments_;
};

} // namespace ohmloom
