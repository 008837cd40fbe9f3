#include "devicemodels/pcm/accumulation_device.hpp"

#include "devicemodels/pcm/pulsed_device.hpp"
#include "devicemodels/pcm/step_noise.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

/// The mean of a SET pulse as a differential equation over time in nominal pulses:
/// dG/dn = −k·G + drive + push·P, dP/dn = −m·P.
struct MeanFlow {
    double k, drive, push, m;

    /// From the map of whole pulses, G + a·G + b + c·P·exp(−m).
    MeanFlow(double a, double b, double c, double p_decay) : k(-std::log1p(a)), m(1.0 / p_decay) {
        drive = b * k / -a;
        push = c * std::exp(-m) * (k - m) / (std::exp(-m) - std::exp(-k));
    }

    [[nodiscard]] double g_after(double g, double p, double n) const {
        const double rest = drive / k;
        return rest + (g - rest) * std::exp(-k * n) +
               push * p * (std::exp(-m * n) - std::exp(-k * n)) / (k - m);
    }
    [[nodiscard]] double p_after(double p, double n) const { return p * std::exp(-m * n); }
};

class AccumulatingPcm : public PulsedPcm {
public:
    explicit AccumulatingPcm(Card source)
        : PulsedPcm(std::move(source)), flow_(card().number("mean_slope"), card().number("mean_offset"),
                                              card().number("mean_memory"), card().number("p_decay")) {}

    [[nodiscard]] CellNumbers aged(const DeviceState& state, const ReadCondition& condition) const override {
        const double t0 = card().number("drift_t0");
        const double drifted =
            state.g * std::pow(std::max(condition.time, t0) / t0, -card().number("drift_exponent"));
        return conduction().at(drifted, state.shape, state.g, condition.temperature);
    }

    [[nodiscard]] double read_noise(const DeviceState& state, const ReadCondition& condition) const override {
        return noise() *
               (card().number("read_slope") * aged(state, condition).g + card().number("read_offset"));
    }

    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override;

private:
    [[nodiscard]] DeviceState state_at(double g, double p) const {
        return {
            .g = g, .shape = conduction().alpha(g), .drift = card().number("drift_exponent"), .memory = p};
    }

    [[nodiscard]] DeviceState reset(const DeviceDraws& draws, std::uint32_t event) const override {
        const double spread = noise() * card().number("reset_spread");
        const double g =
            card().number("reset_mean") + spread * draws.normal(RandomPurpose::device_programming, event);
        return state_at(std::max(g, card().number("reset_floor")), 1.0);
    }

    /// n pulses of either sign, the last of them perhaps a part of one.
    [[nodiscard]] DeviceState stepped(DeviceState state, bool /*up*/, double n, const DeviceDraws& draws,
                                      std::uint32_t event) const override {
        for (std::uint32_t k = 0; n > 0.0 && k < 256; ++k, n -= 1.0) {
            const double part = k == 255 ? n : std::min(n, 1.0);
            const double p = flow_.p_after(state.memory, part);
            const double spread = noise() * std::sqrt(std::min(part, 1.0)) *
                                  (card().number("spread_slope") * state.g + card().number("spread_offset") +
                                   card().number("spread_memory") * p);
            const double xi = spread > 0.0 ? step_noise(draws, event, k) : 0.0;
            const double g = flow_.g_after(state.g, state.memory, part) + spread * xi;
            state = state_at(std::clamp(g, g_min(), g_max()), p);
            if (k == 255) break;
        }
        return state;
    }

    /// Number of pulses from reset to a conductance, by the published cubic.
    [[nodiscard]] double pulse_count(double g) const {
        const std::vector<double>& c = card().numbers("inverse_count");
        const double micro = g * 1e6;
        return ((c[3] * micro + c[2]) * micro + c[1]) * micro + c[0];
    }

    [[nodiscard]] Pulse reset_pulse() const override {
        return {write_v_reset(), card().number("reset_width")};
    }

    [[nodiscard]] Programmed open_loop(const DeviceState& from, double target, const DeviceDraws& draws,
                                       std::uint32_t event) const override {
        Programmed result{from, target};
        apply(result, reset_pulse(), draws, event);
        const double wanted = std::floor(pulse_count(target) - pulse_count(result.state.g));
        for (double n = 0.0; n < wanted; n += 1.0) apply(result, set_pulse(), draws, event);
        return result;
    }

    MeanFlow flow_; ///< G in S, time in nominal pulses
};

SpiceFace AccumulatingPcm::spice(const DeviceState& state, double temperature) const {
    SpiceFace face{subcircuit_name(card()), face_notes(card()), {"top", "bottom", "x", "p"}, ""};
    face.notes.insert(face.notes.end(),
                      {"x: conductance in uS as a voltage; p: inner variable; x0, p0: where they start",
                       "mean of the pulses, without their noise; no drift"});
    const double width = card().number("pulse_width"), v_set = card().number("v_set"),
                 v_reset = card().number("v_reset");
    const CellNumbers unit = conduction().at(1.0, 1.0, state.g, temperature);
    const std::string v = "v(top,bottom)";
    const std::string flow =
        fmt::format("(({:.17g})+({:.17g})*v(x)+({:.17g})*v(p))", flow_.drive * 1e6 / width, -flow_.k / width,
                    flow_.push * 1e6 / width);
    // Melting takes a hundredth of a pulse.
    const double melt = 100.0 / width;
    const auto rate = [&](const std::string& set, const std::string& reset) {
        return fmt::format(
            "time<=0 ? 0 : (abs({0})>={1:.17g} ? 1e-9*{2} : (abs({0})>={3:.17g} ? 1e-9*{4} : 0))", v, v_reset,
            reset, v_set, set);
    };
    std::string& text = face.text;
    text = fmt::format(".subckt {} top bottom x p x0={:.17g} p0={:.17g}\n", face.name, state.g * 1e6,
                       state.memory);
    // A capacitor of 1 nF holds each state. 1 TH gives it its first value at the operating point, and keeps it in a sweep,
    // where `time` is the swept value; in a transient it carries nothing.
    text += "vx0 ix 0 {x0}\nlx0 ix x 1t\ncx x 0 1n\nvp0 ip 0 {p0}\nlp0 ip p 1t\ncp p 0 1n\n";
    text += fmt::format("bx 0 x i={}\n", rate(flow, fmt::format("{:.17g}*({:.17g}-v(x))", melt,
                                                                card().number("reset_mean") * 1e6)));
    text += fmt::format("bp 0 p i={}\n", rate(fmt::format("({:.17g})*v(p)", -flow_.m / width),
                                              fmt::format("{:.17g}*(1-v(p))", melt)));
    const std::string alpha = fmt::format("max(1e-6,{:.17g}*(1-{:.17g}*v(x)))", unit.shape / conduction().v0,
                                          1e-6 / conduction().g_max);
    text +=
        fmt::format("bcell top bottom "
                    "i={0:.17g}*v(x)*(sinh({1}*{2})/{1}+{3:.17g}*{2}*{2}*{2}+{4:.17g}*{2}*{2}*{2}*{2}*{2})\n",
                    1e-6 * unit.g, alpha, v, conduction().law.c3, conduction().law.c5);
    text += fmt::format(".ends {}\n", face.name);
    return face;
}

std::unique_ptr<DeviceModel> make_accumulation(Card card) {
    return std::make_unique<AccumulatingPcm>(std::move(card));
}

} // namespace

DeviceKind accumulation_pcm_kind() {
    std::vector<ParameterSpec> parameters = conduction_parameters();
    const std::vector<ParameterSpec> own{
        {"mean_slope", "", "mean step of a SET pulse: part that grows with G", -0.99, -1e-6},
        {"mean_offset", "S", "mean step: constant part", 0.0, 1e-3},
        {"mean_memory", "S", "mean step: part that goes with P", 0.0, 1e-3},
        {"spread_slope", "", "standard deviation of a step: part that grows with G", 0.0, 1.0},
        {"spread_offset", "S", "standard deviation: constant part", 0.0, 1e-3},
        {"spread_memory", "S", "standard deviation: part that goes with P", 0.0, 1e-3},
        {"p_decay", "", "pulses in which P falls by e", 1e-2, 1e4},
        {"reset_mean", "S", "conductance that RESET leaves", 0.0, 1e-3},
        {"reset_spread", "S", "its standard deviation", 0.0, 1e-3},
        {"reset_floor", "S", "its least value", 0.0, 1e-3},
        {"reset_width", "s", "RESET pulse", 1e-12, 1e-3},
        {.name = "inverse_count",
         .unit = "",
         .meaning = "pulses from RESET to G in uS: coefficients, constant first",
         .kind = ValueKind::numbers,
         .count = 4},
        {"drift_exponent", "", "exponent of the decay with time", 0.0, 1.0},
        {"drift_t0", "s", "time from which it holds", 1e-9, 1e6},
        {"read_slope", "", "read noise: part that goes with G", 0.0, 1.0},
        {"read_offset", "S", "read noise: constant part", 0.0, 1e-3}};
    const std::vector<ParameterSpec> pulses = pulse_parameters();
    parameters.insert(parameters.end(), own.begin(), own.end());
    parameters.insert(parameters.end(), pulses.begin(), pulses.end());
    return {"pcm_accumulation", "phase-change cells that crystallise with every SET pulse", parameters,
            make_accumulation};
}

} // namespace ohmloom
