#include "converters/adc_design.hpp"

#include "converters/front_end.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

constexpr double boltzmann = 1.380649e-23; // [J/K], exact in the SI of 2019

void require_finite(std::string_view name, double value) {
    if (!std::isfinite(value))
        throw InputError(fmt::format("{} of the converter is {}: expected a finite number", name, value));
}

void require_not_negative(std::string_view name, double value) {
    if (!std::isfinite(value) || value < 0.0)
        throw InputError(
            fmt::format("{} of the converter is {}: expected a finite number of at least 0", name, value));
}

void require_positive(std::string_view name, double value) {
    if (!std::isfinite(value) || !(value > 0.0))
        throw InputError(fmt::format("{} of the converter is {}: expected a positive number", name, value));
}

void validate_time(const AdcDesign& design) {
    const AdcTime& time = design.time;
    require_positive("v_threshold", time.v_threshold);
    if (time.input != AdcTime::Input::voltage &&
        !(time.v_start > time.v_threshold && std::isfinite(time.v_start)))
        throw InputError(fmt::format("v_start of the converter is {} V: expected more than v_threshold, {} V",
                                     time.v_start, time.v_threshold));
    const double least = time.input == AdcTime::Input::voltage ? time.v_threshold : 0.0;
    const double low = design.range.low;
    if (time.input == AdcTime::Input::resistance ? low < least : low <= least)
        throw InputError(
            fmt::format("the range of the time-to-digital converter begins at {}: expected {} {}", low,
                        time.input == AdcTime::Input::resistance ? "at least" : "more than", least));
}

/// What was measured has all errors in its edges.
void validate_table(const AdcDesign& design) {
    const AdcFront& front = design.front;
    const std::pair<std::string_view, bool> others[] = {
        {"an offset", front.offset != 0.0},
        {"offset_sigma", front.offset_sigma != 0.0},
        {"a gain error", front.gain_error != 0.0},
        {"gain_sigma", front.gain_sigma != 0.0},
        {"a curve", front.curve.shape != TransferCurve::Shape::linear},
        {"curve_sigma", front.curve_sigma != 0.0}};
    for (const auto& [name, given] : others)
        if (given)
            throw InputError(fmt::format("a converter of kind table has {}: its measured edges hold all "
                                         "errors; expected none beside them but noise at the input",
                                         name));
    validate(design.measured,
             CodeGrid(design.bits, design.is_signed, design.rounding, design.measured.range));
}

void validate_noise(const AdcNoise& noise) {
    require_not_negative("the input noise", noise.input);
    require_not_negative("the sampling capacitor", noise.sampling_capacitor);
    require_positive("the temperature", noise.temperature);
    require_positive("the full-scale voltage", noise.full_scale_voltage);
}

} // namespace

void validate(const AdcDesign& design) {
    const CodeGrid grid = design.grid();
    if (design.sharing < 1)
        throw InputError(fmt::format("{} columns share a converter: expected at least 1", design.sharing));
    require_finite("the offset", design.front.offset);
    require_not_negative("offset_sigma", design.front.offset_sigma);
    require_finite("the gain error", design.front.gain_error);
    if (!(design.front.gain_error > -1.0))
        throw InputError(fmt::format("the gain error of the converter is {}: expected more than -1",
                                     design.front.gain_error));
    require_not_negative("gain_sigma", design.front.gain_sigma);
    require_not_negative("curve_sigma", design.front.curve_sigma);
    require_finite("the comparator's offset", design.comparator.offset);
    require_not_negative("the comparator's offset sigma", design.comparator.offset_sigma);
    require_not_negative("the comparator's noise", design.comparator.noise);
    require_not_negative("the ladder's resistor sigma", design.ladder.resistor_sigma);
    require_not_negative("the unit capacitor's sigma", design.capacitors.unit_sigma);
    require_finite("the bridge's error", design.capacitors.bridge_error);
    if (!(design.capacitors.bridge_error > -1.0))
        throw InputError(
            fmt::format("the bridge's error is {}: expected more than -1", design.capacitors.bridge_error));
    require_not_negative("the parasitic of the split array", design.capacitors.parasitic);
    require_not_negative("the settling time", design.capacitors.settling);
    if (design.capacitors.split && design.bits < 2)
        throw InputError(
            fmt::format("a split capacitor array of {} bit: expected at least 2 bits", design.bits));
    require_not_negative("the ramp's amplifier gain", design.ramp.amplifier_gain);
    require_not_negative("the ramp's droop", design.ramp.droop);
    require_not_negative("the stages' capacitor sigma", design.stages.capacitor_sigma);
    require_not_negative("the stages' parasitic", design.stages.parasitic);
    require_not_negative("the stages' amplifier gain", design.stages.amplifier_gain);
    if (design.oscillator.phases < 1 || design.oscillator.phases > 65536)
        throw InputError(
            fmt::format("the oscillator has {} phases: expected 1 to 65536", design.oscillator.phases));
    require_not_negative("the oscillator's phase sigma", design.oscillator.phase_sigma);
    const bool compares = design.kind != AdcKind::uniform && design.kind != AdcKind::oscillator &&
                          design.kind != AdcKind::table;
    const AdcComparator& comparator = design.comparator;
    if (!compares && (comparator.offset != 0.0 || comparator.offset_sigma != 0.0 || comparator.noise != 0.0))
        throw InputError(fmt::format("a converter of kind {} has no comparator: give offset, offset_sigma "
                                     "and noise of its input instead",
                                     name_of(design.kind)));
    if (design.kind == AdcKind::table) validate_table(design);
    if (design.kind == AdcKind::time) validate_time(design);
    validate_noise(design.noise);
    [[maybe_unused]] const FrontEnd front(design, grid.range(), {}); // refuses curves
    require_positive("the sample rate", design.cost.sample_rate);
    require_not_negative("the Walden figure of merit", design.cost.walden);
    require_finite("the Schreier figure of merit", design.cost.schreier);
    require_not_negative("the area per level", design.cost.area_per_level);
    require_not_negative("the fixed area", design.cost.area_fixed);
}

double input_noise(const AdcNoise& noise, InputRange range) {
    const double thermal =
        noise.sampling_capacitor > 0.0
            ? std::sqrt(boltzmann * noise.temperature / noise.sampling_capacitor) / noise.full_scale_voltage
            : 0.0;
    return std::hypot(noise.input, thermal) * (range.high - range.low);
}

std::string_view name_of(AdcKind kind) {
    switch (kind) {
    case AdcKind::uniform:
        return "uniform";
    case AdcKind::flash:
        return "flash";
    case AdcKind::sar:
        return "sar";
    case AdcKind::ramp:
        return "ramp";
    case AdcKind::cyclic:
        return "cyclic";
    case AdcKind::pipeline:
        return "pipeline";
    case AdcKind::oscillator:
        return "oscillator";
    case AdcKind::time:
        return "time";
    case AdcKind::table:
        break;
    }
    return "table";
}

} // namespace ohmloom
