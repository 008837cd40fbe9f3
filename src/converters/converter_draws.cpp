#include "converters/converter_draws.hpp"

#include "base/random.hpp"
#include "converters/capacitor_dac.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace ohmloom {

namespace {

/// What a number is drawn for; it stands where other streams have a row.
enum class Part : std::uint32_t {
    front = 0,
    comparator = 1,
    ladder = 2,
    capacitors = 3,
    stages = 4,
    oscillator = 5
};

/// Numbers of one part of one converter.
PartDraws draws_of(const AdcPlace& place, Part part, std::uint32_t converter) {
    return [stream = RandomStream(place.seed, RandomPurpose::converter_variation), tile = place.tile,
            row = static_cast<std::uint32_t>(part),
            converter](std::uint32_t draw) { return stream.normal(tile, row, converter, draw); };
}

/// Without a spread nothing is drawn, and nothing rounded.
double spread(double mean, double sigma, const PartDraws& draws, std::uint32_t draw) {
    return sigma == 0.0 ? mean : mean + sigma * draws(draw);
}

/// What the draws of a converter are made from.
struct Drawing {
    const AdcDesign& design;
    const CodeGrid& grid;
    const AdcPlace& place;
    std::uint32_t converter;

    [[nodiscard]] PartDraws part(Part which) const { return draws_of(place, which, converter); }
    [[nodiscard]] double lsb_per_full_scale() const {
        return (grid.range().high - grid.range().low) / grid.step();
    }
    /// Offset of comparator number `k`, in parts of full scale.
    [[nodiscard]] double comparator_offset(std::uint32_t k) const {
        return spread(design.comparator.offset, design.comparator.offset_sigma, part(Part::comparator), k);
    }
    [[nodiscard]] double comparator_offset_lsb(std::uint32_t k) const {
        return comparator_offset(k) * lsb_per_full_scale();
    }
};

/// 1, 2 … 2^bits − 1
std::vector<double> whole_positions(const CodeGrid& grid) {
    std::vector<double> positions(static_cast<std::size_t>(grid.count() - 1));
    std::iota(positions.begin(), positions.end(), 1.0);
    return positions;
}

FlashCore draw_flash(const Drawing& d) {
    const PartDraws draws = d.part(Part::ladder);
    const auto count = static_cast<std::size_t>(d.grid.count());
    std::vector<double> taps(count);
    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
        const double resistor =
            spread(1.0, d.design.ladder.resistor_sigma, draws, static_cast<std::uint32_t>(k));
        if (!(resistor > 0.0))
            throw InputError(fmt::format(
                "a ladder with a resistor of {:.3g} times its value was drawn: a resistor sigma of {} is too "
                "much; expected resistors above 0",
                resistor, d.design.ladder.resistor_sigma));
        taps[k] = sum += resistor;
    }
    taps.pop_back();
    for (std::size_t k = 0; k < taps.size(); ++k)
        taps[k] = taps[k] * static_cast<double>(count) / sum +
                  d.comparator_offset_lsb(static_cast<std::uint32_t>(k));
    return {std::move(taps)};
}

SarCore draw_sar(const Drawing& d) {
    return {capacitor_weights(d.design.capacitors, d.grid.bits(), d.part(Part::capacitors)),
            d.comparator_offset_lsb(0),
            d.design.capacitors.settling > 0.0 ? std::exp(-d.design.capacitors.settling) : 0.0};
}

/// The counter stops at the first level above the input, so that a level below one before it is never the first.
LevelCore draw_ramp(const Drawing& d) {
    const std::vector<double> weights =
        capacitor_weights(d.design.capacitors, d.grid.bits(), draws_of(d.place, Part::capacitors, 0));
    const RampGenerator& ramp = d.design.ramp;
    const double full = static_cast<double>(d.grid.count()), offset = d.comparator_offset_lsb(0);
    LevelCore core;
    double highest = -full;
    for (std::uint32_t k = 1; k < static_cast<std::uint32_t>(d.grid.count()); ++k) {
        double level = level_of(weights, k);
        if (ramp.amplifier_gain > 0.0) level /= 1.0 + (1.0 + level / full) / ramp.amplifier_gain;
        if (ramp.droop > 0.0) level = -std::expm1(-ramp.droop * level / full) / ramp.droop * full;
        highest = std::max(highest, level);
        core.thresholds.push_back(highest + offset);
    }
    return core;
}

StageCore draw_stages(const Drawing& d) {
    const PartDraws draws = d.part(Part::stages);
    const AdcStages& design = d.design.stages;
    const double per_lsb = 2.0 / static_cast<double>(d.grid.count());
    const auto count = static_cast<std::uint32_t>(d.grid.bits() - 1);
    StageCore core;
    for (std::uint32_t k = 0; k < count; ++k) {
        const std::uint32_t made = d.design.kind == AdcKind::cyclic ? 0 : k; // one stage, or one each
        const double sampling = spread(1.0, design.capacitor_sigma, draws, 2 * made);
        const double feedback = spread(1.0, design.capacitor_sigma, draws, 2 * made + 1);
        if (!(sampling > 0.0 && feedback > 0.0))
            throw InputError(fmt::format("a stage with capacitors of {:.3g} and {:.3g} times their value was "
                                         "drawn: a capacitor sigma of {} "
                                         "is too much; expected capacitors above 0",
                                         sampling, feedback, design.capacitor_sigma));
        const double ratio = sampling / feedback;
        const double loss = design.amplifier_gain > 0.0 ? 1.0 + (sampling + feedback + design.parasitic) /
                                                                    feedback / design.amplifier_gain
                                                        : 1.0;
        core.stages.push_back({.gain = (1.0 + ratio) / loss,
                               .reference = ratio / loss,
                               .lower = -0.25 + d.comparator_offset_lsb(2 * made) * per_lsb,
                               .upper = 0.25 + d.comparator_offset_lsb(2 * made + 1) * per_lsb});
    }
    core.last = d.comparator_offset_lsb(2 * count) * per_lsb;
    return core;
}

LevelCore draw_oscillator(const Drawing& d) {
    const PartDraws draws = d.part(Part::oscillator);
    const auto phases = static_cast<std::uint32_t>(d.design.oscillator.phases);
    LevelCore core{whole_positions(d.grid)};
    for (std::uint32_t k = 1; k <= core.thresholds.size(); ++k) {
        const std::uint32_t tap = k % phases;
        if (tap != 0)
            core.thresholds[k - 1] =
                spread(core.thresholds[k - 1], d.design.oscillator.phase_sigma, draws, tap);
    }
    std::ranges::sort(core.thresholds); // taps are counted whichever comes first
    return core;
}

TimeCore draw_time(const Drawing& d) {
    const AdcTime& time = d.design.time;
    const InputRange range = d.grid.range();
    const bool voltage = time.input == AdcTime::Input::voltage;
    const double swing = voltage ? range.high - range.low : time.v_start;
    TimeCore core{time, {}, d.comparator_offset(0) * swing, swing / d.lsb_per_full_scale()};
    // Ticks are even in what the time is proportional to: R, −1/G, ln V.
    const Rounding rounding = d.design.rounding;
    const auto tick = [&]() -> CodeGrid {
        if (voltage) return {d.grid.bits(), false, rounding, {std::log(range.low), std::log(range.high)}};
        if (time.input == AdcTime::Input::conductance)
            return {d.grid.bits(), false, rounding, {-1.0 / range.low, -1.0 / range.high}};
        return d.grid;
    }();
    for (const double position : whole_positions(d.grid)) {
        const double at = tick.edge(position);
        core.edges.push_back(voltage                                     ? std::exp(at)
                             : time.input == AdcTime::Input::conductance ? -1.0 / at
                                                                         : at);
    }
    time_ratio(time, core.offset); // to refuse it before it is used
    return core;
}

/// Nothing is drawn: converters take what was measured in turn. In the range that it was measured in, bit for bit.
TableCore draw_table(const Drawing& d) {
    const MeasuredConverters& measured = d.design.measured;
    TableCore core{measured.steps[d.converter % measured.steps.size()]};
    if (d.grid.range() == measured.range) return core;
    const CodeGrid scale(d.design.bits, d.design.is_signed, d.design.rounding, measured.range);
    for (double& edge : core.steps.edges) edge = d.grid.edge(scale.position(edge));
    return core;
}

} // namespace

FrontEnd draw_front(const AdcDesign& design, InputRange range, const AdcPlace& place,
                    std::uint32_t converter) {
    const PartDraws draws = draws_of(place, Part::front, converter);
    return {design, range, {.offset = draws(0), .gain = draws(1), .curve = draws(2)}};
}

ConverterCore draw_core(const AdcDesign& design, const CodeGrid& grid, const AdcPlace& place,
                        std::uint32_t converter) {
    const Drawing drawing{design, grid, place, converter};
    switch (design.kind) {
    case AdcKind::uniform:
        break;
    case AdcKind::flash:
        return draw_flash(drawing);
    case AdcKind::sar:
        return draw_sar(drawing);
    case AdcKind::ramp:
        return draw_ramp(drawing);
    case AdcKind::cyclic:
    case AdcKind::pipeline:
        return draw_stages(drawing);
    case AdcKind::oscillator:
        return draw_oscillator(drawing);
    case AdcKind::time:
        return draw_time(drawing);
    case AdcKind::table:
        return draw_table(drawing);
    }
    return LevelCore{whole_positions(grid)};
}

} // namespace ohmloom
