#include "converters/converter_cores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

CodeSteps counted(std::vector<double> thresholds, const ThresholdMap& map) {
    std::ranges::sort(thresholds);
    CodeStepsBuilder builder(map.grid.lowest_code());
    Index k = 0;
    for (const double threshold : thresholds) builder.step(map(threshold), map.grid.code(++k));
    return builder.take();
}

CodeSteps steps(const LevelCore& core, const ThresholdMap& map) {
    return counted(core.thresholds, map);
}

/// One draw moves all levels alike.
std::int32_t decide(const LevelCore& core, const ThresholdMap& map, double x, DecisionNoise noise) {
    const double common = noise.next();
    const auto reached = std::ranges::partition_point(
        core.thresholds, [&](double threshold) { return map(threshold + common) <= x; });
    return map.grid.code(reached - core.thresholds.begin());
}

CodeSteps steps(const FlashCore& core, const ThresholdMap& map) {
    return counted(core.thresholds, map);
}

std::int32_t decide(const FlashCore& core, const ThresholdMap& map, double x, DecisionNoise noise) {
    // No normal number of 53 bits is larger than 8.66, so that comparators further away than this need no draw.
    const double reach = 8.7 * noise.sigma() + 1e-3, place = map.grid.position(map.front.value(x));
    Index reached = 0;
    for (std::size_t k = 0; k < core.thresholds.size(); ++k) {
        const double threshold = core.thresholds[k];
        if (std::abs(threshold - place) > reach) {
            reached += threshold < place ? 1 : 0;
        } else {
            reached += map(threshold + noise.of(static_cast<std::uint32_t>(k))) <= x ? 1 : 0;
        }
    }
    return map.grid.code(reached);
}

/// State of a search: bits kept so far, their level, and where the DAC really is.
struct Search {
    Index code = 0;
    double level = 0.0, output = 0.0;

    /// Tries the next bit; returns what the comparator compares with.
    double attempt(const SarCore& core, std::size_t bit) {
        const double target = level + core.weights[bit];
        output = target + (output - target) * core.unsettled;
        return output + core.offset;
    }
    void decide(const SarCore& core, std::size_t bit, bool above) {
        code = 2 * code + (above ? 1 : 0);
        if (above) level += core.weights[bit];
    }
};

/// Inputs in [low, high) come to this node of the tree of decisions.
void grow(const SarCore& core, const ThresholdMap& map, Search search, std::size_t bit, double low,
          double high, CodeStepsBuilder& builder) {
    if (bit == core.weights.size()) return builder.step(low, map.grid.code(search.code));
    const double threshold = map(search.attempt(core, bit));
    for (const bool above : {false, true}) {
        const double from = above ? std::max(low, threshold) : low,
                     to = above ? high : std::min(high, threshold);
        if (!(from < to)) continue;
        Search next = search;
        next.decide(core, bit, above);
        grow(core, map, next, bit + 1, from, to, builder);
    }
}

CodeSteps steps(const SarCore& core, const ThresholdMap& map) {
    CodeStepsBuilder builder(map.grid.lowest_code());
    grow(core, map, {}, 0, -infinite, infinite, builder);
    return builder.take();
}

std::int32_t decide(const SarCore& core, const ThresholdMap& map, double x, DecisionNoise noise) {
    Search search;
    for (std::size_t bit = 0; bit < core.weights.size(); ++bit)
        search.decide(core, bit, x >= map(search.attempt(core, bit) + noise.next()));
    return map.grid.code(search.code);
}

/// What the stages so far have done to an input, as long as their decisions were the same: residue = gain·position + shift.
struct Residue {
    double gain, shift;
    Index code = 0; ///< sum of the decisions, in LSB

    explicit Residue(const CodeGrid& grid) : gain(2.0 / static_cast<double>(grid.count())), shift(-1.0) {}
    [[nodiscard]] double position_of(double residue) const { return (residue - shift) / gain; }
    void pass(const StageCore::Stage& stage, int decision) {
        gain *= stage.gain;
        shift = stage.gain * shift - stage.reference * decision;
        code = 2 * code + decision;
    }
    /// Code after the last comparator.
    [[nodiscard]] std::int32_t final_code(const CodeGrid& grid, bool above) const {
        return grid.code(grid.count() / 2 + code - (above ? 0 : 1));
    }
};

void grow(const StageCore& core, const ThresholdMap& map, const Residue& residue, std::size_t stage,
          double low, double high, CodeStepsBuilder& builder) {
    if (stage == core.stages.size()) {
        const double threshold = map(residue.position_of(core.last));
        if (low < std::min(high, threshold)) builder.step(low, residue.final_code(map.grid, false));
        if (std::max(low, threshold) < high)
            builder.step(std::max(low, threshold), residue.final_code(map.grid, true));
        return;
    }
    const StageCore::Stage& now = core.stages[stage];
    const double lower = map(residue.position_of(now.lower)), upper = map(residue.position_of(now.upper));
    // The upper comparator decides alone where the lower one lies above it.
    const double ends[] = {low, std::clamp(std::min(lower, upper), low, high), std::clamp(upper, low, high),
                           high};
    for (int decision = -1; decision <= 1; ++decision) {
        const double from = ends[decision + 1], to = ends[decision + 2];
        if (!(from < to)) continue;
        Residue next = residue;
        next.pass(now, decision);
        grow(core, map, next, stage + 1, from, to, builder);
    }
}

CodeSteps steps(const StageCore& core, const ThresholdMap& map) {
    CodeStepsBuilder builder(map.grid.lowest_code());
    grow(core, map, Residue(map.grid), 0, -infinite, infinite, builder);
    return builder.take();
}

/// Noise is in LSB of the input, also at later stages: there it stands for that much of their own range.
std::int32_t decide(const StageCore& core, const ThresholdMap& map, double x, DecisionNoise noise) {
    Residue residue(map.grid);
    const double per_lsb = residue.gain;
    for (const StageCore::Stage& stage : core.stages) {
        const double lower = map(residue.position_of(stage.lower + noise.next() * per_lsb));
        const double upper = map(residue.position_of(stage.upper + noise.next() * per_lsb));
        residue.pass(stage, x >= upper ? 1 : x >= lower ? 0 : -1);
    }
    const bool above = x >= map(residue.position_of(core.last + noise.next() * per_lsb));
    return residue.final_code(map.grid, above);
}

CodeSteps steps(const TimeCore& core, const ThresholdMap& map) {
    const double ratio = time_ratio(core.time, core.offset);
    CodeStepsBuilder builder(map.grid.lowest_code());
    Index k = 0;
    for (const double edge : core.edges) builder.step(map.front.inverse(edge * ratio), map.grid.code(++k));
    return builder.take();
}

std::int32_t decide(const TimeCore& core, const ThresholdMap& map, double x, DecisionNoise noise) {
    const double ratio = time_ratio(core.time, core.offset + noise.next() * core.volts_per_lsb);
    const auto reached = std::ranges::partition_point(
        core.edges, [&](double edge) { return map.front.inverse(edge * ratio) <= x; });
    return map.grid.code(reached - core.edges.begin());
}

CodeSteps steps(const TableCore& core, const ThresholdMap& map) {
    const auto& [edges, codes] = core.steps;
    CodeStepsBuilder builder(codes.front());
    for (std::size_t k = 0; k < edges.size(); ++k) builder.step(map.front.inverse(edges[k]), codes[k + 1]);
    return builder.take();
}

/// Nothing is known of the decisions that led to the edges, hence of noise in them: designs with some are refused.
std::int32_t decide(const TableCore& core, const ThresholdMap& map, double x, DecisionNoise /*noise*/) {
    const auto& [edges, codes] = core.steps;
    const auto above =
        std::ranges::partition_point(edges, [&](double edge) { return map.front.inverse(edge) <= x; });
    return codes[static_cast<std::size_t>(above - edges.begin())];
}

} // namespace

double time_ratio(const AdcTime& time, double offset) {
    if (offset == 0.0) return 1.0;
    const double threshold = time.v_threshold + offset;
    if (!(threshold > 0.0) || (time.input != AdcTime::Input::voltage && threshold >= time.v_start))
        throw InputError(fmt::format("a converter with the threshold {:.3g} V was drawn: its comparator's "
                                     "errors are too much; expected "
                                     "thresholds between 0 and v_start",
                                     threshold));
    const double nominal = std::log(time.v_start / time.v_threshold),
                 drawn = std::log(time.v_start / threshold);
    switch (time.input) {
    case AdcTime::Input::resistance:
        return nominal / drawn;
    case AdcTime::Input::conductance:
        return drawn / nominal;
    case AdcTime::Input::voltage:
        break;
    }
    return threshold / time.v_threshold;
}

CodeSteps steps_of(const ConverterCore& core, const ThresholdMap& map) {
    return std::visit([&](const auto& one) { return steps(one, map); }, core);
}

std::int32_t decide(const ConverterCore& core, const ThresholdMap& map, double x, DecisionNoise noise) {
    return std::visit([&](const auto& one) { return decide(one, map, x, noise); }, core);
}

} // namespace ohmloom
