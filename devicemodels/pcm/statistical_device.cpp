#include "devicemodels/pcm/statistical_device.hpp"

#include "base/errors.hpp"
#include "devicemodels/pcm/conduction.hpp"
#include "devicemodels/pcm/statistics.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// A law from the card's values `<stem>_log` = [slope, offset, low, high], `<stem>_switch` and `<stem>_polynomial`.
StateLaw state_law(const Card& card, const std::string& stem) {
    StateLaw law;
    if (card.has(stem + "_log")) {
        const std::vector<double>& log = card.numbers(stem + "_log");
        law.slope = log[0];
        law.offset = log[1];
        law.low = log[2];
        law.high = log[3];
        if (!(law.low <= law.high)) {
            throw InputError(
                fmt::format("{}_log has the bounds {} and {}: expected slope, offset, least and greatest "
                            "value",
                            stem, law.low, law.high));
        }
    }
    const bool has_polynomial = card.has(stem + "_polynomial");
    if (has_polynomial) {
        law.polynomial = card.numbers(stem + "_polynomial");
        law.switch_at = card.number_or(stem + "_switch", 0.0);
    }
    if (!card.has(stem + "_log") && !(has_polynomial && law.switch_at == 0.0)) {
        throw InputError(
            fmt::format("{0}_log is missing: {0} needs it, or a polynomial from r = 0 on", stem));
    }
    return law;
}

PcmStatistics statistics_of(const Card& card) {
    PcmStatistics statistics;
    statistics.g_max = card.number("g_max");
    statistics.t0 = card.number("t0");
    statistics.t_read = card.number("t_read");
    statistics.programming = card.numbers("programming");
    statistics.drift_mean = state_law(card, "drift_mean");
    statistics.drift_spread = state_law(card, "drift_spread");
    if (card.has("read_power")) {
        const std::vector<double>& power = card.numbers("read_power");
        statistics.read_power = {power[0], power[1], power[2]};
    } else {
        statistics.read = state_law(card, "read");
    }
    return statistics;
}

/// Cells whose programmed conductance, drift and read noise follow published distributions.
class StatisticalPcm : public DeviceModel {
public:
    explicit StatisticalPcm(Card source)
        : DeviceModel(std::move(source)), statistics_(statistics_of(card())),
          conduction_(conduction_of(card())) {
        if (!(g_min() < g_max())) throw InputError("g_min is not below g_max");
    }

    [[nodiscard]] double g_min() const override { return card().number("g_min"); }
    [[nodiscard]] double g_max() const override { return statistics_.g_max; }
    [[nodiscard]] CellModel law(double /*temperature*/) const override { return conduction_.law; }

    [[nodiscard]] DeviceState fresh(const DeviceDraws& /*draws*/) const override {
        return state_at(g_min(), 0.0);
    }

    [[nodiscard]] PulseResult pulse(const DeviceState& state, const Pulse& pulse,
                                    const DeviceDraws& /*draws*/, std::uint32_t /*event*/) const override {
        return {state, pulse.v * evaluate_cell(conduction_.law, state.g, state.shape, pulse.v).current *
                           pulse.width};
    }

    [[nodiscard]] Programmed program(const DeviceState& /*from*/, double target,
                                     const ProgrammingScheme& scheme, const DeviceDraws& draws,
                                     std::uint32_t event) const override {
        require_target(target);
        const double r = target / statistics_.g_max;
        const double spread = statistics_.programming_spread(r);
        const double nu =
            std::abs(statistics_.drift_mean.at(r) +
                     statistics_.drift_spread.at(r) * draws.normal(RandomPurpose::device_drift));
        const int pulses_each = static_cast<int>(card().number("pulses_per_programming"));
        Programmed result;
        result.asked = target;
        do {
            const double xi = draws.normal(RandomPurpose::device_programming, event++);
            result.state = state_at(std::max(0.0, target + spread * xi), nu);
            result.pulses += pulses_each;
            result.reached = scheme.kind == Programming::write_verify &&
                             std::abs(result.state.g - target) <= scheme.tolerance * g_max();
        } while (scheme.kind == Programming::write_verify && !result.reached &&
                 result.pulses + pulses_each <= scheme.max_pulses);
        result.energy = result.pulses * card().number("pulse_energy");
        return result;
    }

    [[nodiscard]] CellNumbers aged(const DeviceState& state, const ReadCondition& condition) const override {
        const double g = state.g * statistics_.drift_factor(state.drift, condition.time);
        return conduction_.at(g, state.shape, state.g, condition.temperature);
    }

    [[nodiscard]] double read_noise(const DeviceState& state, const ReadCondition& condition) const override {
        return aged(state, condition).g * statistics_.read_coefficient(state.g / statistics_.g_max) *
               statistics_.read_growth(condition.time);
    }

    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override {
        return still_face(card(), law(temperature),
                          conduction_.at(state.g, state.shape, state.g, temperature));
    }

private:
    [[nodiscard]] DeviceState state_at(double g, double nu) const {
        return {.g = g, .shape = conduction_.alpha(g), .drift = nu};
    }

    PcmStatistics statistics_;
    PcmConduction conduction_;
};

void add_law(std::vector<ParameterSpec>& parameters, const std::string& stem, const std::string& what) {
    parameters.push_back({.name = stem + "_log",
                          .unit = "",
                          .meaning = what + ": slope and offset over ln(g/g_max), least and greatest value",
                          .needed = false,
                          .kind = ValueKind::numbers,
                          .count = 4});
    parameters.push_back({stem + "_switch", "", "g/g_max from which the polynomial holds", 0.0, 1e3, false});
    parameters.push_back({.name = stem + "_polynomial",
                          .unit = "",
                          .meaning = what + ": coefficients over g/g_max, constant first",
                          .needed = false,
                          .kind = ValueKind::numbers});
}

std::unique_ptr<DeviceModel> make_statistical(Card card) {
    return std::make_unique<StatisticalPcm>(std::move(card));
}

} // namespace

DeviceKind statistical_pcm_kind() {
    std::vector<ParameterSpec> parameters = conduction_parameters();
    parameters.push_back({"t0", "s", "time from programming to the first read", 1e-12, 1e9});
    parameters.push_back({"t_read", "s", "length of a read", 1e-12, 1.0});
    parameters.push_back({.name = "programming",
                          .unit = "S",
                          .meaning = "programming noise: coefficients over g/g_max, constant first",
                          .kind = ValueKind::numbers});
    add_law(parameters, "drift_mean", "mean drift exponent");
    add_law(parameters, "drift_spread", "standard deviation of the drift exponent");
    parameters.push_back(
        {.name = "read_power",
         .unit = "",
         .meaning = "1/f noise: scale, exponent and cap of Q = min(cap, scale/(g/g_max)^exponent)",
         .low = 0.0,
         .needed = false,
         .kind = ValueKind::numbers,
         .count = 3});
    add_law(parameters, "read", "1/f noise Q");
    parameters.push_back(
        {"pulses_per_programming", "", "pulses that one iterative programming takes", 1.0, 1e4});
    parameters.push_back({"pulse_energy", "J", "energy of one programming pulse", 0.0, 1e-3});
    return {"pcm", "phase-change cells by their statistics: programming noise, drift, 1/f noise", parameters,
            make_statistical};
}

} // namespace ohmloom
