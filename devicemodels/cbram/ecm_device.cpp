#include "devicemodels/cbram/ecm_device.hpp"

#include "base/errors.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ohmloom {

EcmCell ecm_law(const Card& card, double temperature) {
    const double q = card.number("charge"), k = card.number("boltzmann");
    const double permittivity = card.number("permittivity");
    const double thermal = k * temperature / q; // V
    const double barrier = std::exp(-card.number("barrier") / thermal);
    const double lowering =
        std::sqrt(q / (4.0 * std::numbers::pi * card.number("thickness") * permittivity)) / thermal;
    const double scale = card.number("area") * temperature * temperature * barrier;
    EcmCell law;
    law.i0_plus = scale * card.number("richardson_plus");
    law.i0_minus = scale * card.number("richardson_minus");
    law.s_plus = card.number("s_plus") + lowering;
    law.s_minus = card.number("s_minus") + lowering;
    law.g_on_plus = 1.0 / card.number("r_on_plus");
    law.g_on_minus = 1.0 / card.number("r_on_minus");
    law.v_passive = card.number("v_passive");
    law.i_limit = card.number("i_limit");
    return law;
}

namespace {

class EcmDevice : public DeviceModel {
public:
    explicit EcmDevice(Card source)
        : DeviceModel(std::move(source)), law_(ecm_law(card(), card().number("temperature"))),
          e_set_(card().number("e_set")), e_reset_(card().number("e_reset")),
          softness_(card().number("softness")) {
        validate(CellModel(law_));
    }

    [[nodiscard]] double g_min() const override { return law_.g_off(); }
    [[nodiscard]] double g_max() const override { return law_.g_on(); }
    [[nodiscard]] bool is_binary() const override { return true; }
    [[nodiscard]] CellModel law(double temperature) const override { return ecm_law(card(), temperature); }
    [[nodiscard]] DeviceState fresh(const DeviceDraws& /*draws*/) const override { return state_at(0.0); }

    [[nodiscard]] PulseResult pulse(const DeviceState& state, const Pulse& pulse,
                                    const DeviceDraws& /*draws*/, std::uint32_t /*event*/) const override {
        DeviceState now = state;
        double left = pulse.width, energy = 0.0;
        // Steps that end at the threshold, and that are short while the filament softly comes and goes.
        for (int guard = 0; left > 0.0 && guard < 100000; ++guard) {
            const double power = pulse.v * law_.current(pulse.v, now.g);
            if (power <= 0.0) break;
            const bool is_on = now.memory >= 1.0;
            const bool moves = is_on == (pulse.v < 0.0);
            if (!moves) {
                energy += power * left;
                break;
            }
            const double threshold = is_on ? e_reset_ : e_set_;
            const double to_go = (is_on ? 2.0 : 1.0) - now.memory;
            const double most = softness_ > 0.0 ? std::min(to_go, 1e-3) : to_go;
            const double needed = most * threshold / power, dt = std::min(left, needed);
            const bool arrives = left >= needed && most == to_go;
            energy += power * dt;
            left -= dt;
            now = state_at(arrives ? (is_on ? 0.0 : 1.0) : now.memory + power * dt / threshold);
        }
        return {now, energy};
    }

    [[nodiscard]] std::optional<Pulse> write_pulse(const DeviceState& /*state*/,
                                                   double target) const override {
        const double v = means_on(target) ? card().number("write_v_set") : -card().number("write_v_reset");
        return Pulse{v, card().number("write_width")};
    }
    [[nodiscard]] bool meets(const DeviceState& state, double target, double /*tolerance*/) const override {
        return (state.memory >= 1.0) == means_on(target);
    }
    [[nodiscard]] Programmed program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                                     const DeviceDraws& draws, std::uint32_t event) const override {
        return program_by_pulses(from, target, scheme, draws, event);
    }

    [[nodiscard]] CellNumbers aged(const DeviceState& state, const ReadCondition& condition) const override {
        // The state is kept; what it conducts follows the temperature.
        const EcmCell warm = ecm_law(card(), condition.temperature);
        const double b = filament(state.memory);
        return {(1.0 - b) * warm.g_off() + b * warm.g_on(), 0.0};
    }
    [[nodiscard]] double read_noise(const DeviceState& /*state*/,
                                    const ReadCondition& /*condition*/) const override {
        return 0.0;
    }
    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override;

private:
    [[nodiscard]] bool means_on(double target) const { return target > 0.5 * (g_min() + g_max()); }
    [[nodiscard]] double filament(double memory) const {
        const bool is_on = memory >= 1.0;
        const double part = softness_ > 0.0 ? std::pow(is_on ? memory - 1.0 : memory, softness_) : 0.0;
        return is_on ? 1.0 - part : part;
    }
    [[nodiscard]] DeviceState state_at(double memory) const {
        const double b = filament(memory);
        return {.g = (1.0 - b) * law_.g_off() + b * law_.g_on(), .memory = memory};
    }

    EcmCell law_;
    double e_set_, e_reset_, softness_;
};

SpiceFace EcmDevice::spice(const DeviceState& state, double temperature) const {
    const EcmCell law = ecm_law(card(), temperature);
    SpiceFace face{subcircuit_name(card()), face_notes(card()), {"top", "bottom", "on", "es", "er"}, ""};
    face.notes.push_back(
        "on: 1 V with a filament, 0 V without; es, er: parts of the SET and RESET energies taken up");
    const bool is_on = state.memory >= 1.0;
    constexpr double latch =
        1e8; // 1/s: the filament comes and goes in 10 ns, far below what the energies take
    const double farad = 1e-9;
    std::string& text = face.text;
    text = fmt::format(".subckt {} top bottom on es er on0={} es0={:.17g} er0={:.17g}\n", face.name,
                       is_on ? 1 : 0, is_on ? 0.0 : state.memory, is_on ? state.memory - 1.0 : 0.0);
    for (const char* node : {"on", "es", "er"}) {
        text += fmt::format("v{0}0 i{0} 0 {{{0}0}}\nl{0}0 i{0} {0} 1t\nc{0} {0} 0 1n\n", node);
    }
    // A full RESET counter pulls the latch to 0, a full SET counter to 1; else it holds its side. Each counter fills on
    // its own side only and is emptied on the other.
    text += fmt::format(
        "bon 0 on i=time<=0 ? 0 : {:.17g}*((v(er)>=1 ? 0 : (v(es)>=1 ? 1 : (v(on)>0.5 ? 1 : 0)))-v(on))\n",
        farad * latch);
    const std::string v = "v(top,bottom)";
    text += fmt::format(
        "bes 0 es i=time<=0 ? 0 : (v(on)>0.5 ? {:.17g}*v(es) : ({}>0 ? {:.17g}*{}*i(vcell) : 0))\n",
        -farad * latch, v, farad / e_set_, v);
    text += fmt::format(
        "ber 0 er i=time<=0 ? 0 : (v(on)<=0.5 ? {:.17g}*v(er) : ({}<0 ? {:.17g}*{}*i(vcell) : 0))\n",
        -farad * latch, v, farad / e_reset_, v);
    text += "vcell top inner 0\n";
    const auto branch = [&](double g) { return spice_current(law, g, 0.0, "v(inner,bottom)"); };
    if (softness_ > 0.0) {
        // The law is a mix of both states before its limit; the mix of the limited currents differs from it only
        // near compliance, where this face is not exact.
        text += fmt::format("bpart part 0 v=v(on)>0.5 ? 1-max(0,v(er))^{0:.17g} : max(0,v(es))^{0:.17g}\n",
                            softness_);
    } else {
        text += "bpart part 0 v=v(on)\n";
    }
    text += fmt::format("bcell inner bottom i=v(part)*({})+(1-v(part))*({})\n.ends {}\n", branch(law.g_on()),
                        branch(law.g_off()), face.name);
    return face;
}

std::unique_ptr<DeviceModel> make_ecm(Card card) {
    return std::make_unique<EcmDevice>(std::move(card));
}

} // namespace

DeviceKind ecm_kind() {
    return {"cbram_threshold",
            "copper filaments that switch when a threshold energy has been taken up",
            {{"area", "m^2", "of the electrode", 1e-18, 1e-4},
             {"thickness", "m", "of the dielectric", 1e-10, 1e-6},
             {"barrier", "eV", "Schottky barrier", 0.0, 5.0},
             {"richardson_plus", "A/m^2/K^2", "effective Richardson constant, v > 0", 1.0, 1e9},
             {"richardson_minus", "A/m^2/K^2", "the same, v < 0", 1.0, 1e9},
             {"s_plus", "1/V^0.5", "extra field slope, v > 0", 0.0, 100.0},
             {"s_minus", "1/V^0.5", "the same, v < 0", 0.0, 100.0},
             {"permittivity", "F/m", "of the dielectric", 8e-12, 1e-8},
             {"r_on_plus", "Ohm", "with a filament, v > 0", 1e-3, 1e9},
             {"r_on_minus", "Ohm", "the same, v < 0", 1e-3, 1e9},
             {"i_limit", "A", "compliance", 1e-12, 1.0},
             {"e_set", "J", "energy that forms the filament", 1e-18, 1.0},
             {"e_reset", "J", "energy that dissolves it", 1e-18, 1.0},
             {"softness", "", "exponent of gradual switching; 0: at once", 0.0, 20.0},
             {"v_passive", "V", "scale on which the published current is brought to 0 at 0 V", 1e-4, 0.05},
             {"charge", "C", "elementary charge in the source's fit", 1.5e-19, 1.7e-19},
             {"boltzmann", "J/K", "Boltzmann's constant in the source's fit", 1.3e-23, 1.5e-23},
             {"temperature", "K", "at which programming goes on", 200.0, 500.0},
             {"write_v_set", "V", "programming pulse", 1e-3, 20.0},
             {"write_v_reset", "V", "programming pulse (a positive number)", 1e-3, 20.0},
             {"write_width", "s", "length of a programming pulse", 1e-9, 10.0}},
            make_ecm};
}

} // namespace ohmloom
