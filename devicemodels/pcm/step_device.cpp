#include "devicemodels/pcm/step_device.hpp"

#include "base/errors.hpp"
#include "devicemodels/pcm/pulsed_device.hpp"
#include "devicemodels/pcm/step_noise.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

double ExponentialSteps::up(double w) const {
    const double z = 2.0 * slope * w / w_max + offset;
    return dw_min * std::max(0.0, 1.0 - a_up * std::exp(gamma_up * z));
}

double ExponentialSteps::down(double w) const {
    const double z = 2.0 * slope * w / w_max + offset;
    return dw_min * std::max(0.0, 1.0 - a_down * std::exp(-gamma_down * z));
}

namespace {

ExponentialSteps steps_of(const Card& card) {
    return {card.number("dw_min"),   card.number("w_max"),    card.number("z_slope"),
            card.number("z_offset"), card.number("gamma_up"), card.number("gamma_down"),
            card.number("a_up"),     card.number("a_down")};
}

class SteppingPcm : public PulsedPcm {
public:
    explicit SteppingPcm(Card source) : PulsedPcm(std::move(source)), steps_(steps_of(card())) {}

    [[nodiscard]] CellNumbers aged(const DeviceState& state, const ReadCondition& condition) const override {
        return conduction().at(state.g, state.shape, state.g, condition.temperature);
    }
    [[nodiscard]] double read_noise(const DeviceState& /*state*/,
                                    const ReadCondition& /*condition*/) const override {
        return 0.0;
    }
    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override;

private:
    static constexpr int longest_train = 10000;

    [[nodiscard]] Pulse reset_pulse() const override {
        return {write_v_reset(), card().number("pulse_width")};
    }
    /// The mean's course decides how many SET pulses: it stops where one more would end further from the target.
    [[nodiscard]] Programmed open_loop(const DeviceState& from, double target, const DeviceDraws& draws,
                                       std::uint32_t event) const override {
        Programmed result{from, target};
        apply(result, reset_pulse(), draws, event);
        const double wanted = weight_of(target);
        for (double w = weight_of(result.state.g); result.pulses < longest_train;
             apply(result, set_pulse(), draws, event)) {
            const double next = std::min(w + steps_.up(w), steps_.w_max);
            if (std::abs(next - wanted) >= std::abs(w - wanted)) break;
            w = next;
        }
        return result;
    }

    [[nodiscard]] double weight_of(double g) const {
        return (g - g_min()) / (g_max() - g_min()) * steps_.w_max;
    }
    [[nodiscard]] DeviceState state_at(double w) const {
        const double g = g_min() + (g_max() - g_min()) * w / steps_.w_max;
        return {.g = g, .shape = conduction().alpha(g), .memory = w};
    }

    /// A device's own size of steps and greatest weight.
    [[nodiscard]] double own(const char* spread, const DeviceDraws& draws, std::uint32_t draw) const {
        const double sigma = noise() * card().number(spread);
        return sigma > 0.0 ? std::max(0.05, 1.0 + sigma * draws.normal(RandomPurpose::device_variation, draw))
                           : 1.0;
    }
    [[nodiscard]] double own_most(const DeviceDraws& draws) const {
        return std::min(1.4, own("sigma_range", draws, 1)) * steps_.w_max;
    }

    [[nodiscard]] DeviceState reset(const DeviceDraws& draws, std::uint32_t event) const override {
        const double spread = noise() * card().number("reset_spread");
        const double xi = spread > 0.0 ? draws.normal(RandomPurpose::device_programming, event) : 0.0;
        return state_at(std::clamp(card().number("reset_mean") + spread * xi, 0.0, own_most(draws)));
    }

    /// n steps, the last of them perhaps a part of one.
    [[nodiscard]] DeviceState stepped(DeviceState state, bool up, double n, const DeviceDraws& draws,
                                      std::uint32_t event) const override {
        const double size = own("sigma_step", draws, 0), most = own_most(draws);
        for (std::uint32_t k = 0; n > 0.0 && k < 4096; ++k, n -= 1.0) {
            const double part = std::min(n, 1.0), w = state.memory;
            const double step = size * (up ? steps_.up(w) : -steps_.down(w));
            const double spread =
                noise() * std::sqrt(part) * card().number("sigma_pulse") *
                (std::abs(step) + card().number("noise_offset") + card().number("noise_slope") * w);
            const double xi = spread > 0.0 ? step_noise(draws, event, k) : 0.0;
            state = state_at(std::clamp(w + part * step + spread * xi, 0.0, most));
        }
        return state;
    }

    ExponentialSteps steps_;
};

SpiceFace SteppingPcm::spice(const DeviceState& state, double temperature) const {
    SpiceFace face{subcircuit_name(card()), face_notes(card()), {"top", "bottom", "w", "h"}, ""};
    face.notes.insert(face.notes.end(),
                      {"w: weight as a voltage; h: the weight at which a pulse began; w0: where both start",
                       "without noise; for pulses up to the nominal width"});
    const double width = card().number("pulse_width");
    const CellNumbers unit = conduction().at(1.0, 1.0, state.g, temperature);
    const std::string v = "v(top,bottom)";
    std::string& text = face.text;
    text = fmt::format(".subckt {} top bottom w h w0={:.17g}\n", face.name, state.memory);
    text += "vw0 iw 0 {w0}\nlw0 iw w 1t\ncw w 0 1n\nlh0 iw h 1t\nch h 0 1n\n";
    const auto step = [&](double a, double gamma) {
        return fmt::format("max(0,1-({:.17g})*exp({:.17g}*v(h)+({:.17g})))", a,
                           gamma * 2.0 * steps_.slope / steps_.w_max, gamma * steps_.offset);
    };
    // A step in its pulse's time, stopped at the ends of the range; a reset within a hundredth of it.
    const double rate = 1e-9 * steps_.dw_min / width, soon = 1e-9 * 100.0 / width;
    text += fmt::format(
        "bw 0 w i=time<=0 ? 0 : (abs({0})>={1:.17g} ? {2:.17g}*({3:.17g}-v(w)) : ({0}>={4:.17g} ? "
        "{5:.17g}*{6}*min(1,max(0,({7:.17g}-v(w))*1e5)) : ({0}<={8:.17g} ? "
        "-{5:.17g}*{9}*min(1,max(0,v(w)*1e5)) : 0)))\n",
        v, card().number("v_reset"), soon, card().number("reset_mean"), card().number("v_set"), rate,
        step(steps_.a_up, steps_.gamma_up), steps_.w_max, -card().number("v_set"),
        step(steps_.a_down, -steps_.gamma_down));
    text += fmt::format("bh 0 h i=time<=0 ? 0 : (abs({})>={:.17g} ? 0 : {:.17g}*(v(w)-v(h)))\n", v,
                        card().number("v_set"), 1e-9 * 1000.0 / width);
    const std::string g =
        fmt::format("({:.17g}+{:.17g}*v(w))", unit.g * g_min(), unit.g * (g_max() - g_min()) / steps_.w_max);
    text += fmt::format("bcell top bottom i={}*({})\n.ends {}\n", g,
                        spice_current(conduction().law, 1.0, 0.0, v), face.name);
    return face;
}

std::unique_ptr<DeviceModel> make_steps(Card card) {
    if (card.has("v0")) throw InputError("cells of pcm_steps are read at low voltages: leave v0 out");
    return std::make_unique<SteppingPcm>(std::move(card));
}

} // namespace

DeviceKind step_pcm_kind() {
    std::vector<ParameterSpec> parameters = conduction_parameters();
    const std::vector<ParameterSpec> own{
        {"dw_min", "", "size of the steps", 1e-9, 1.0},
        {"w_max", "", "greatest weight; g runs from g_min at 0 to g_max there", 1e-6, 1e6},
        {"z_slope", "", "z = 2 z_slope w/w_max + z_offset", -100.0, 100.0},
        {"z_offset", "", "see z_slope", -100.0, 100.0},
        {"gamma_up", "", "up-step: dw_min max(0, 1 - a_up exp(gamma_up z))", 0.0, 100.0},
        {"gamma_down", "", "down-step: dw_min max(0, 1 - a_down exp(-gamma_down z))", 0.0, 100.0},
        {"a_up", "", "see gamma_up", -1e6, 1e6},
        {"a_down", "", "see gamma_down", -1e6, 1e6},
        {"sigma_step", "", "relative spread of the steps, device to device", 0.0, 1.0},
        {"sigma_range", "", "relative spread of the greatest weight, device to device", 0.0, 1.0},
        {"sigma_pulse", "", "noise of a step over |step| + noise_offset + noise_slope w", 0.0, 10.0},
        {"noise_offset", "", "see sigma_pulse", 0.0, 1e3},
        {"noise_slope", "", "see sigma_pulse", 0.0, 1e3},
        {"reset_mean", "", "weight that a reset leaves", 0.0, 1e3},
        {"reset_spread", "", "its standard deviation", 0.0, 1e3}};
    const std::vector<ParameterSpec> pulses = pulse_parameters();
    parameters.insert(parameters.end(), own.begin(), own.end());
    parameters.insert(parameters.end(), pulses.begin(), pulses.end());
    return {"pcm_steps", "phase-change cells for training in place: steps that are exponential in the weight",
            parameters, make_steps};
}

} // namespace ohmloom
