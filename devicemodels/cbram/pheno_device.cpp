#include "devicemodels/cbram/pheno_device.hpp"

#include "base/errors.hpp"
#include "devicemodels/cbram/pheno.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ohmloom {

namespace {

class FilamentDevice : public DeviceModel {
public:
    explicit FilamentDevice(Card source)
        : DeviceModel(std::move(source)),
          growth_{card().number("g_min"),  card().number("g_max"),
                  card().number("v_p"),    card().number("v_n"),
                  card().number("v_s"),    card().number("k_p"),
                  card().number("k_n"),    card().number("beta_p"),
                  card().number("beta_n"), card().number_or("tau_decay", 0.0)},
          law_(card().has("v0") ? CellModel(SinhCell{1.0 / card().number("v0")}) : CellModel(LinearCell{})),
          noise_(card().number("noise")), sigma0_(card().number("sigma_0")),
          sigma1_(card().number("sigma_1")), sigma_read_(card().number("sigma_read")),
          quantised_(card().number("quantised") != 0.0) {
        if (!(growth_.g_min < growth_.g_max)) throw InputError("g_min is not below g_max");
    }

    [[nodiscard]] double g_min() const override { return growth_.g_min; }
    [[nodiscard]] double g_max() const override { return growth_.g_max; }
    [[nodiscard]] CellModel law(double /*temperature*/) const override { return law_; }
    [[nodiscard]] DeviceState fresh(const DeviceDraws& /*draws*/) const override {
        return {.g = growth_.g_min};
    }

    [[nodiscard]] PulseResult pulse(const DeviceState& state, const Pulse& pulse, const DeviceDraws& draws,
                                    std::uint32_t event) const override {
        const double moved = growth_.after(state.g, pulse.v, pulse.width);
        return {{.g = settled(state.g, moved, growth_.overdrive(pulse.v) != 0.0, draws, event)},
                energy(state.g, moved, pulse)};
    }

    /// The equation piece by piece; the noise is that of the event, at its end. own[0]: whether a threshold was passed.
    void advance(DeviceEvent& event, const VoltagePiece& piece, const DeviceDraws& /*draws*/) const override {
        // The rate goes with exp(v/v_s): up to a third of v_s in a piece, midpoints leave less than a millionth of it.
        constexpr double fine = 200.0;
        constexpr int most_steps = 64;
        const bool steady = piece.from == piece.to;
        const double wanted = std::ceil(fine * std::abs(piece.to - piece.from) / growth_.v_s);
        const int steps = steady ? most_steps : static_cast<int>(std::clamp(wanted, 2.0, double{most_steps}));
        const double width = piece.width / steps;
        for (int step = 0; step < steps && width > 0.0; ++step) {
            const double v = piece.from + (step + 0.5) / steps * (piece.to - piece.from);
            const double before = event.state.g, after = growth_.after(before, v, width);
            if (growth_.overdrive(v) != 0.0) event.own[0] = 1.0;
            if (steady && after == before) { // and so it stays
                event.energy += energy(before, before, {v, piece.width - step * width});
                return;
            }
            event.energy += energy(before, after, {v, width});
            event.state.g = after;
        }
    }
    [[nodiscard]] DeviceState end_event(const DeviceEvent& event, const DeviceDraws& draws) const override {
        return {.g = settled(event.from.g, event.state.g, event.own[0] != 0.0, draws, event.number)};
    }

    /// The pulse that would do it, if there were no noise.
    [[nodiscard]] std::optional<Pulse> write_pulse(const DeviceState& state, double target) const override {
        const double v = state.g < target ? card().number("write_v_p") : -card().number("write_v_n");
        return Pulse{v, std::min(growth_.time_between(state.g, target, v), card().number("longest_pulse"))};
    }
    [[nodiscard]] Programmed program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                                     const DeviceDraws& draws, std::uint32_t event) const override {
        return program_by_pulses(from, target, scheme, draws, event);
    }

    [[nodiscard]] CellNumbers aged(const DeviceState& state, const ReadCondition& condition) const override {
        return {growth_.after(state.g, 0.0, condition.time), 0.0};
    }
    [[nodiscard]] double read_noise(const DeviceState& state, const ReadCondition& condition) const override {
        return noise_ * sigma_read_ * aged(state, condition).g;
    }
    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override;

private:
    [[nodiscard]] double energy(double before, double after, const Pulse& pulse) const {
        const double i = 0.5 * (evaluate_cell(law_, before, 0.0, pulse.v).current +
                                evaluate_cell(law_, after, 0.0, pulse.v).current);
        return pulse.v * i * pulse.width;
    }

    /// What a programming event leaves: its change with noise, at a level if the filament's states are quantised.
    [[nodiscard]] double settled(double before, double after, bool driven, const DeviceDraws& draws,
                                 std::uint32_t event) const {
        if (!driven) return after; // below both thresholds nothing is written
        double g = after;
        const double change = after - before;
        if (noise_ > 0.0 && change != 0.0) {
            g += noise_ * (sigma0_ + sigma1_ * std::abs(change)) *
                 draws.normal(RandomPurpose::device_programming, event);
        }
        g = std::clamp(g, growth_.g_min, growth_.g_max);
        return quantised_ ? nearest_level(g, growth_.g_min, growth_.g_max) : g;
    }

    FilamentGrowth growth_;
    CellModel law_;
    double noise_, sigma0_, sigma1_, sigma_read_;
    bool quantised_;
};

SpiceFace FilamentDevice::spice(const DeviceState& state, double /*temperature*/) const {
    SpiceFace face{subcircuit_name(card()), face_notes(card()), {"top", "bottom", "x"}, ""};
    face.notes.insert(face.notes.end(), {"x: (g - g_min)/(g_max - g_min) as a voltage; x0: where it starts",
                                         "without noise and quantised states"});
    const double range = growth_.g_max - growth_.g_min;
    const std::string v = "v(top,bottom)";
    face.text =
        fmt::format(".subckt {} top bottom x x0={:.17g}\n", face.name, (state.g - growth_.g_min) / range);
    face.text += "vx0 ix 0 {x0}\nlx0 ix x 1t\ncx x 0 1n\n";
    const double steep = 1e5; // the ends of the range are reached within 1e-5 of it
    const std::string grow = fmt::format(
        "{0:.17g}*(exp(min(80,({1}-{2:.17g})*{3:.17g}))-1)*exp({4:.17g}*v(x))*min(1,max(0,(1-v(x))*{5}))",
        1e-9 * growth_.k_p / range, v, growth_.v_p, 1.0 / growth_.v_s, -growth_.beta_p, steep);
    const std::string shrink = fmt::format(
        "{0:.17g}*(exp(min(80,(-{1}-{2:.17g})*{3:.17g}))-1)*exp({4:.17g}*(1-v(x)))*min(1,max(0,v(x)*{5}))",
        -1e-9 * growth_.k_n / range, v, growth_.v_n, 1.0 / growth_.v_s, -growth_.beta_n, steep);
    std::string decay = "0";
    if (growth_.tau_decay > 0.0) {
        decay = fmt::format("{0:.17g}*({1:.17g}+{2:.17g}*v(x)-max({1:.17g},{3:.17g}*floor(({1:.17g}+{2:.17g}*"
                            "v(x))*{4:.17g})))",
                            -1e-9 / (growth_.tau_decay * range), growth_.g_min, range, half_quantum,
                            (1.0 + 1e-12) / half_quantum);
    }
    face.text += fmt::format("bx 0 x i=time<=0 ? 0 : ({0}>{1:.17g} ? {2} : ({0}<{3:.17g} ? {4} : {5}))\n", v,
                             growth_.v_p, grow, -growth_.v_n, shrink, decay);
    face.text += fmt::format("bcell top bottom i=({:.17g}+{:.17g}*v(x))*({})\n.ends {}\n", growth_.g_min,
                             range, spice_current(law_, 1.0, 0.0, v), face.name);
    return face;
}

std::unique_ptr<DeviceModel> make_pheno(Card card) {
    return std::make_unique<FilamentDevice>(std::move(card));
}

} // namespace

DeviceKind pheno_kind() {
    return {
        "cbram",
        "copper filaments with threshold-driven, state-dependent growth (behavioural)",
        {{"g_min", "S", "least conductance", 1e-12, 1.0},
         {"g_max", "S", "greatest conductance", 1e-9, 1.0},
         {"v_p", "V", "threshold of growth", 1e-3, 10.0},
         {"v_n", "V", "threshold of shrinking", 1e-3, 10.0},
         {"v_s", "V", "voltage over which the overdrive grows by e", 1e-4, 10.0},
         {"k_p", "S/s", "rate of growth", 1e-12, 1e15},
         {"k_n", "S/s", "rate of shrinking", 1e-12, 1e15},
         {"beta_p", "", "how growth slows down with the state", 0.0, 100.0},
         {"beta_n", "", "how shrinking slows down with the state", 0.0, 100.0},
         {"tau_decay", "s", "time constant of the decay to the next lower half quantum; no decay if left out",
          1e-12, 1e12, false},
         {"v0", "V", "I = g v0 sinh(v/v0); ohmic if left out", 1e-3, 1e6, false},
         {"sigma_0", "S", "noise of a programming event, constant part", 0.0, 1e-2},
         {"sigma_1", "", "noise of a programming event, part that goes with the change", 0.0, 10.0},
         {"sigma_read", "", "relative read noise", 0.0, 1.0},
         {"quantised", "", "1: programming ends on multiples of e^2/h", 0.0, 1.0},
         {"write_v_p", "V", "programming pulse that raises the conductance", 1e-3, 10.0},
         {"write_v_n", "V", "programming pulse that lowers it (a positive number)", 1e-3, 10.0},
         {"longest_pulse", "s", "longest programming pulse", 1e-12, 10.0},
         {"noise", "", "factor of all noise; 0 for none", 0.0, 10.0}},
        make_pheno};
}

} // namespace ohmloom
