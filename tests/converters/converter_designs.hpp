#pragma once

#include "base/random.hpp"
#include "converters/adc_bank.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

inline std::vector<AdcKind> all_kinds() {
    return {AdcKind::uniform,  AdcKind::flash,      AdcKind::sar,  AdcKind::ramp, AdcKind::cyclic,
            AdcKind::pipeline, AdcKind::oscillator, AdcKind::time, AdcKind::table};
}

/// The staircases of the first `count` columns of other converters, as if they had been measured.
inline MeasuredConverters measured(const AdcDesign& others, Index count) {
    const AdcBank bank(others, count, {.seed = 3, .tile = 0});
    MeasuredConverters all{others.range, {}};
    for (Index c = 0; c < count; ++c) all.steps.push_back(bank.steps(c));
    return all;
}

/// A table of the ideal quantiser for a design of kind `table`; other kinds stay what they are.
inline AdcDesign with_ideal_table(AdcDesign design) {
    if (design.kind != AdcKind::table) return design;
    AdcDesign quantiser = design;
    quantiser.kind = AdcKind::uniform;
    design.measured = measured(quantiser, 1);
    return design;
}

/// A design without errors; a time-to-digital converter of resistances, so that it is linear.
inline AdcDesign ideal_design(AdcKind kind, int bits = 8) {
    AdcDesign design;
    design.kind = kind;
    design.bits = bits;
    design.range = kind == AdcKind::time ? InputRange{0.3, 1.7} : InputRange{-0.7, 1.1};
    return with_ideal_table(design);
}

/// One with every error that its kind knows; a table of two converters that are not monotone.
inline AdcDesign flawed_design(AdcKind kind, int bits = 8) {
    AdcDesign design = ideal_design(kind, bits);
    if (kind == AdcKind::table) {
        AdcDesign stages = ideal_design(AdcKind::pipeline, bits);
        stages.stages = {.capacitor_sigma = 0.05, .parasitic = 0.0, .amplifier_gain = 100.0};
        stages.comparator.offset_sigma = 0.2;
        design.measured = measured(stages, 2);
        return design;
    }
    design.front.offset_sigma = 0.01;
    design.front.gain_sigma = 0.01;
    design.front.curve = {
        .shape = TransferCurve::Shape::polynomial, .strength = 0.0, .coefficients = {0.05, -0.1}};
    design.front.curve_sigma = 0.1;
    if (kind != AdcKind::uniform && kind != AdcKind::oscillator) design.comparator.offset_sigma = 0.01;
    design.ladder.resistor_sigma = 0.05;
    design.capacitors.unit_sigma = 0.05;
    design.ramp = {.amplifier_gain = 1000.0, .droop = 0.1};
    design.stages = {.capacitor_sigma = 0.01, .parasitic = 0.1, .amplifier_gain = 1000.0};
    design.oscillator = {.phases = 5, .phase_sigma = 0.4};
    return design;
}

/// `count` numbers between `low` and `high`.
inline std::vector<double> random_inputs(double low, double high, int count, std::uint32_t stream = 0) {
    const RandomStream random(7, RandomPurpose::test_generation);
    std::vector<double> inputs;
    inputs.reserve(static_cast<std::size_t>(count));
    for (int k = 0; k < count; ++k)
        inputs.push_back(low + (high - low) * random.uniform(stream, 0, 0, static_cast<std::uint32_t>(k)));
    return inputs;
}

/// Inputs where mistakes hide: on every edge and the numbers beside it, beyond both ends, and at random between.
inline std::vector<double> telling_inputs(const CodeSteps& steps, InputRange range) {
    const double width = range.high - range.low;
    std::vector<double> inputs = random_inputs(range.low - 0.2 * width, range.high + 0.2 * width, 2000);
    for (const double edge : steps.edges)
        for (const double near : {std::nextafter(edge, -1e300), edge, std::nextafter(edge, 1e300)})
            inputs.push_back(near);
    for (const double far : {-1e300, 1e300, range.low, range.high, 0.0, -HUGE_VAL, HUGE_VAL, std::nan("")})
        inputs.push_back(far);
    return inputs;
}

} // namespace ohmloom::testing
