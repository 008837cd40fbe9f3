#pragma once

#include "converters/code_steps.hpp"
#include "converters/decision_noise.hpp"
#include "converters/front_end.hpp"

#include <variant>
#include <vector>

namespace ohmloom {

/// How one converter decides, with everything that was drawn for it, on the scale of positions (LSB) that CodeGrid describes. Each core
/// has two faces: `steps` works out all decisions at once, `decide` makes them one after the other for one input; without noise both
/// say the same for every input, as they compare it with the same numbers.

/// Counts the thresholds that the input has reached: converters without decisions of their own, ramps, oscillators.
struct LevelCore {
    std::vector<double> thresholds; ///< rising
};

/// As many comparators as edges; the code is how many of them say yes.
struct FlashCore {
    std::vector<double> thresholds; ///< in any order
};

/// Successive approximation, most significant bit first.
struct SarCore {
    std::vector<double> weights; ///< of the DAC
    double offset = 0.0;         ///< of the comparator
    double unsettled = 0.0; ///< part of every change of the DAC that is missing when the comparator decides
};

/// 1.5-bit stages and a last comparator at 0, on −1 … 1 instead of positions.
struct StageCore {
    struct Stage {
        double gain = 2.0;                  ///< of the input
        double reference = 1.0;             ///< that d subtracts
        double lower = -0.25, upper = 0.25; ///< thresholds
    };
    std::vector<Stage> stages; ///< bits − 1
    double last = 0.0;         ///< threshold of the last comparator
};

/// Counts clock ticks until a column's voltage meets the threshold.
struct TimeCore {
    AdcTime time;
    std::vector<double>
        edges; ///< inputs at which the ideal column meets the threshold at a tick, rising, in the unit of the input
    double offset = 0.0;        ///< [V] of the threshold
    double volts_per_lsb = 0.0; ///< of noise
};

/// Finds the piece between measured edges.
struct TableCore {
    CodeSteps steps; ///< in the unit of the input
};

using ConverterCore = std::variant<LevelCore, FlashCore, SarCore, StageCore, TimeCore, TableCore>;

/// Inputs at the ticks, relative to those of the ideal threshold, if it is off by `offset` [V].
/// @throws InputError if that leaves no threshold between 0 V and the start.
double time_ratio(const AdcTime& time, double offset);

CodeSteps steps_of(const ConverterCore& core, const ThresholdMap& map);
std::int32_t decide(const ConverterCore& core, const ThresholdMap& map, double x, DecisionNoise noise);

} // namespace ohmloom
