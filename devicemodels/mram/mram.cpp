#include "base/errors.hpp"
#include "devicemodels/device_model.hpp"
#include "devicemodels/mram/junction.hpp"
#include "devicemodels/mram/switching.hpp"
#include "devicemodels/spice_face.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace ohmloom {

namespace {

constexpr double pi = std::numbers::pi;

/// Spin-transfer junctions, whatever their numbers come from. `memory` of a state is y = atanh(m), positive where it is
/// parallel; at rest it is ±rapidity at the thermal angle, which counts as fully aligned.
class MramDevice : public DeviceModel {
public:
    MramDevice(Card source, const Junction& nominal)
        : DeviceModel(std::move(source)), nominal_(nominal),
          y_rest_(std::atanh(std::cos(rest_angle(nominal.delta)))), sigma_ra_(card().number("sigma_ra")),
          sigma_tmr_(card().number("sigma_tmr")), noise_(card().number("noise")) {}

    [[nodiscard]] double g_min() const override { return nominal_.conductance(0.0); }
    [[nodiscard]] double g_max() const override { return nominal_.conductance(1.0); }
    [[nodiscard]] bool is_binary() const override { return true; }
    [[nodiscard]] CellModel law(double /*temperature*/) const override { return MramCell{nominal_.v_half}; }

    [[nodiscard]] DeviceState fresh(const DeviceDraws& draws) const override {
        return state_at(junction(draws), -y_rest_);
    }

    [[nodiscard]] PulseResult pulse(const DeviceState& state, const Pulse& pulse, const DeviceDraws& draws,
                                    std::uint32_t event) const override {
        const Junction own = junction(draws);
        const double y =
            noise_ > 0.0 ? reversed(own, state.memory, pulse, draws, event) : moved(own, state.memory, pulse);
        const double i =
            0.5 * (own.current(pulse.v, alignment(state.memory)) + own.current(pulse.v, alignment(y)));
        return {state_at(own, y), pulse.v * i * pulse.width};
    }

    /// The equation of motion through the whole waveform, from a thermal angle drawn at its beginning. own[0]: the best
    /// alignment, as y, that the junction comes to; own[1]: expected number of reversals by heat alone, up to now.
    [[nodiscard]] DeviceEvent begin_event(const DeviceState& state, const DeviceDraws& draws,
                                          std::uint32_t event) const override {
        const Junction own = junction(draws);
        double y = state.memory;
        if (noise_ > 0.0) {
            const double e = -std::log(draws.uniform(RandomPurpose::device_programming, event));
            const double angle = std::min(0.5 * pi, std::sqrt(e / own.delta));
            y = std::copysign(std::min(y_rest_ + 3.0, std::atanh(std::cos(angle))), y);
        }
        return {event, state, state_at(own, y), 0.0, {std::max(y_rest_, std::abs(y)), 0.0}};
    }

    void advance(DeviceEvent& event, const VoltagePiece& piece, const DeviceDraws& draws) const override {
        const Junction own = junction(draws);
        const int steps = steps_of(piece, own.tau_d);
        const bool steady = piece.from == piece.to;
        double y = event.state.memory;
        for (int step = 0, taken = 1; step < steps && piece.width > 0.0; step += taken) {
            const double v = piece.from + (step + 0.5) / steps * (piece.to - piece.from);
            double width = piece.width / steps;
            const double before = own.current(v, alignment(y));
            double next =
                -rapidity_after(-y, drive_against(own, v), width / own.tau_d, event.own[0], own.field(v));
            taken = steady && next == y ? steps - step : 1; // at rest for what is left of the piece
            width *= taken;
            if (noise_ > 0.0 && activated(own, before, v, y, width, event, draws))
                next = -std::copysign(y_rest_, y);
            event.energy += 0.5 * v * (before + own.current(v, alignment(next))) * width;
            y = next;
        }
        event.state = state_at(own, y);
    }

    [[nodiscard]] DeviceState end_event(const DeviceEvent& event, const DeviceDraws& draws) const override {
        if (noise_ == 0.0) return event.state;
        return state_at(junction(draws), std::copysign(y_rest_, event.state.memory));
    }

    [[nodiscard]] std::optional<Pulse> write_pulse(const DeviceState& /*state*/,
                                                   double target) const override {
        const bool parallel = means_parallel(target);
        const double v = card().number(parallel ? "write_v_to_p" : "write_v_to_ap");
        return Pulse{(parallel ? v : -v) * nominal_.polarity, card().number("write_width")};
    }
    [[nodiscard]] bool meets(const DeviceState& state, double target, double /*tolerance*/) const override {
        return (state.memory > 0.0) == means_parallel(target);
    }
    [[nodiscard]] Programmed program(const DeviceState& from, double target, const ProgrammingScheme& scheme,
                                     const DeviceDraws& draws, std::uint32_t event) const override {
        return program_by_pulses(from, target, scheme, draws, event);
    }

    [[nodiscard]] CellNumbers aged(const DeviceState& state,
                                   const ReadCondition& /*condition*/) const override {
        return {state.g, state.shape};
    }
    [[nodiscard]] double read_noise(const DeviceState& /*state*/,
                                    const ReadCondition& /*condition*/) const override {
        return 0.0;
    }
    [[nodiscard]] SpiceFace spice(const DeviceState& state, double temperature) const override;

private:
    /// The junction of one place: resistance-area product and TMR are drawn independently, because measured parallel and
    /// antiparallel resistances scatter together.
    [[nodiscard]] Junction junction(const DeviceDraws& draws) const {
        Junction own = nominal_;
        const auto factor = [&](double sigma, std::uint32_t draw) {
            return sigma > 0.0
                       ? std::max(0.05, 1.0 + sigma * draws.normal(RandomPurpose::device_variation, draw))
                       : 1.0;
        };
        own.r_p *= factor(sigma_ra_, 0);
        own.tmr *= factor(sigma_tmr_, 1);
        const double switching = factor(card().number("sigma_ic"), 2);
        own.ic_to_p *= switching;
        own.ic_to_ap *= switching;
        return own;
    }

    [[nodiscard]] bool means_parallel(double target) const { return target > 0.5 * (g_min() + g_max()); }

    [[nodiscard]] double alignment(double y) const {
        return std::clamp(0.5 * (1.0 + std::tanh(y) / std::tanh(y_rest_)), 0.0, 1.0);
    }

    /// The law has the two states; between them, on the way, its second number is scaled.
    [[nodiscard]] DeviceState state_at(const Junction& own, double y) const {
        const double p = alignment(y);
        return {.g = own.conductance(p), .shape = own.tmr * (1.0 - p), .memory = y};
    }

    /// Drive against the parallel state, in units of the critical current, as a function of −y.
    [[nodiscard]] std::function<double(double)> drive_against(const Junction& own, double v) const {
        return [this, own, v](double minus_y) { return own.drive(own.current(v, alignment(-minus_y))); };
    }

    /// Steps through a piece: short ones in time, for the energy, and in voltage, whose mean each of them takes.
    static int steps_of(const VoltagePiece& piece, double tau_d) {
        constexpr double most = 64.0;
        const double size = std::max(std::abs(piece.from), std::abs(piece.to));
        const double by_time = 10.0 * piece.width / tau_d;
        const double by_voltage = size > 0.0 ? 4.0 * most * std::abs(piece.to - piece.from) / size : 0.0;
        return static_cast<int>(std::ceil(std::clamp(std::max(by_time, by_voltage), 1.0, most)));
    }

    /// Whether heat alone reverses the junction within `width`, once per event: when the expected number of such reversals reaches an
    /// exponential deviate that the event has drawn.
    [[nodiscard]] bool activated(const Junction& own, double current, double v, double y, double width,
                                 DeviceEvent& event, const DeviceDraws& draws) const {
        const double towards_parallel = own.drive(current), field = own.field(v);
        const double against = y > 0.0 ? -towards_parallel : towards_parallel;
        const double rate = activation_rate(against / field, own.delta * field) * field / own.tau_d;
        if (!(rate > 0.0)) return false;
        event.own[1] += rate * width;
        constexpr std::uint32_t heat =
            1U << 23U; // of 24 bits; the thermal angle is the draw of the event's own number
        const double needed =
            -std::log(draws.uniform(RandomPurpose::device_programming, event.number | heat));
        if (event.own[1] < needed) return false;
        event.own[1] = -std::numeric_limits<double>::infinity();
        return true;
    }

    [[nodiscard]] double moved(const Junction& own, double y, const Pulse& pulse) const {
        // In the frame of the antiparallel state a drive towards parallel is positive.
        return -rapidity_after(-y, drive_against(own, pulse.v), pulse.width / own.tau_d, y_rest_,
                               own.field(pulse.v));
    }

    /// Reversed or not, by the probability at the current of the present state.
    [[nodiscard]] double reversed(const Junction& own, double y, const Pulse& pulse, const DeviceDraws& draws,
                                  std::uint32_t event) const {
        const double towards_parallel = own.drive(own.current(pulse.v, alignment(y)));
        const double against = y > 0.0 ? -towards_parallel : towards_parallel;
        // Current, barrier and time in units of what the voltage leaves of the field.
        const double field = own.field(pulse.v);
        const double stays = survival(against / field, own.delta * field, pulse.width / own.tau_d * field);
        const bool flips = draws.uniform(RandomPurpose::device_programming, event) > stays;
        return std::copysign(y_rest_, flips ? -y : y);
    }

    Junction nominal_;
    double y_rest_;
    double sigma_ra_, sigma_tmr_, noise_;
};

SpiceFace MramDevice::spice(const DeviceState& state, double /*temperature*/) const {
    // The state tells one resistance and, unless it is parallel, the TMR.
    const double p = alignment(state.memory);
    const double tmr = p < 0.5 ? state.shape / (1.0 - p) : nominal_.tmr;
    const double r_p = (1.0 + p * tmr) / (state.g * (1.0 + tmr));
    const double scale = nominal_.tau_d * 1e9; // state currents per ns into 1 nF
    SpiceFace face{subcircuit_name(card()), face_notes(card()), {"top", "bottom", "y"}, ""};
    face.notes.insert(
        face.notes.end(),
        {"y: atanh of the magnetisation, positive where parallel; y0: where it starts",
         "r_p, tmr: parallel resistance in Ohm and magnetoresistance at zero bias; no thermal noise"});
    const double curvature = 1.0 / (nominal_.v_half * nominal_.v_half);
    face.text = fmt::format(".subckt {} top bottom y y0={:.17g} r_p={:.17g} tmr={:.17g}\n", face.name,
                            state.memory, r_p, tmr);
    face.text += "vy0 iy 0 {y0}\nly0 iy y 1t\ncy y 0 1n\n";
    const std::string current =
        fmt::format("v(top,bottom)/{{r_p}}*(1+{0:.17g}*v(top,bottom)*v(top,bottom)+{{tmr}}*"
                    "min(1,max(0,0.5+{1:.17g}*tanh(v(y)))))/(1+{0:.17g}*v(top,bottom)*v(top,bottom)+{{tmr}})",
                    curvature, 0.5 / std::tanh(y_rest_));
    face.text += fmt::format("bcell top bottom i={}\n", current);
    // The drive has a node of its own, in units of the critical current.
    face.text += fmt::format("bi id 0 v={}*{}\n", nominal_.polarity, current);
    const std::string drive =
        fmt::format("v(id)*(v(id)>0 ? {:.17g} : {:.17g})", 1.0 / nominal_.ic_to_p, 1.0 / nominal_.ic_to_ap);
    const std::string field =
        nominal_.vcma == 0.0 ? "1"
                             : fmt::format("max({},1+{:.17g}*v(top,bottom))", least_field, nominal_.vcma);
    face.text += fmt::format("br rate 0 v={}*tanh(v(y))+{}\n", field, drive);
    // At the thermal angle the motion ends, within a ten-thousandth of it.
    face.text += fmt::format("by 0 y i=time<=0 ? 0 : {0:.17g}*v(rate)*min(1,max(0,(v(rate)>0 ? {1:.17g}-v(y) "
                             ": v(y)+{1:.17g})*{2:.17g}))\n",
                             1.0 / scale, y_rest_, 1e4 / y_rest_);
    face.text += fmt::format(".ends {}\n", face.name);
    return face;
}

/// What a junction of any kind is asked for besides its physics.
std::vector<ParameterSpec> common_parameters() {
    return {{"v_half", "V", "voltage at which the TMR has fallen to one half", 1e-3, 1e3},
            {"polarity", "",
             "1: current from top to bottom favours the parallel state; -1: the antiparallel one", -1.0, 1.0},
            {"sigma_ra", "", "relative spread of the resistance-area product, device to device", 0.0, 1.0},
            {"sigma_tmr", "", "relative spread of the TMR, device to device", 0.0, 1.0},
            {"sigma_ic", "", "relative spread of the critical currents, device to device", 0.0, 1.0},
            {"write_v_to_p", "V", "write pulse towards the parallel state", 1e-3, 100.0},
            {"write_v_to_ap", "V", "write pulse towards the antiparallel state", 1e-3, 100.0},
            {"write_width", "s", "length of a write pulse", 1e-12, 1.0},
            {"noise", "", "1: reversal is stochastic; 0: from the thermal angle, without chance", 0.0, 1.0}};
}

std::vector<ParameterSpec> with_common(std::vector<ParameterSpec> own) {
    const std::vector<ParameterSpec> common = common_parameters();
    own.insert(own.end(), common.begin(), common.end());
    return own;
}

Junction common_junction(const Card& card) {
    Junction junction;
    junction.v_half = card.number("v_half");
    junction.polarity = card.number("polarity");
    if (std::abs(junction.polarity) != 1.0) {
        throw InputError(fmt::format("polarity is {}: expected 1 or -1", junction.polarity));
    }
    return junction;
}

std::unique_ptr<DeviceModel> make_junction(Card card) {
    Junction junction = common_junction(card);
    const double area = 0.25 * pi * card.number("length") * card.number("width");
    junction.r_p = card.number("ra") / area;
    junction.tmr = card.number("tmr");
    junction.delta = card.number("delta");
    junction.tau_d = card.number("tau_d");
    if (card.has("ic0")) {
        junction.ic_to_p = junction.ic_to_ap = card.number("ic0");
    } else if (card.has("v_to_p") && card.has("v_to_ap")) {
        junction.ic_to_p = junction.current(card.number("v_to_p"), 0.0);
        junction.ic_to_ap = junction.current(card.number("v_to_ap"), 1.0);
    } else {
        throw InputError("a junction needs ic0, or v_to_p and v_to_ap");
    }
    return std::make_unique<MramDevice>(std::move(card), junction);
}

DeviceKind junction_kind() {
    return {"mram", "spin-transfer junctions by their measured numbers",
            with_common({{"ra", "Ohm m^2", "resistance-area product, parallel", 1e-15, 1e-6},
                         {"length", "m", "long axis of the ellipse", 1e-10, 1e-3},
                         {"width", "m", "short axis", 1e-10, 1e-3},
                         {"tmr", "", "magnetoresistance at zero bias", 1e-3, 100.0},
                         {"delta", "", "energy barrier over kT", 5.0, 1000.0},
                         {"ic0", "A", "critical current of both directions", 1e-9, 1.0, false},
                         {"v_to_p", "V", "critical voltage from antiparallel to parallel, instead of ic0",
                          1e-3, 100.0, false},
                         {"v_to_ap", "V", "critical voltage from parallel to antiparallel, instead of ic0",
                          1e-3, 100.0, false},
                         {"tau_d", "s", "unit of time of the reversal", 1e-13, 1e-3}}),
            make_junction};
}

std::unique_ptr<DeviceModel> make_macrospin(Card card) {
    Junction junction = common_junction(card);
    const Macrospin free_layer{card.number("k_i"),
                               card.number("m_s"),
                               card.number("thickness"),
                               card.number("diameter"),
                               card.number("alpha"),
                               card.number("polarisation"),
                               card.number_or("n_z", 0.0),
                               card.number("temperature"),
                               card.number_or("n_x", -1.0),
                               card.number_or("xi", 0.0),
                               card.number_or("t_oxide", 1e-9)};
    if (card.has("xi") && !card.has("t_oxide"))
        throw InputError("xi needs t_oxide, the barrier it works through");
    const MacrospinNumbers numbers = macrospin_numbers(free_layer);
    junction.r_p = card.number("r_p");
    junction.tmr = card.number_or("tmr", julliere_tmr(free_layer.polarisation));
    junction.delta = numbers.delta;
    junction.ic_to_p = junction.ic_to_ap = numbers.ic0;
    junction.tau_d = numbers.tau_d;
    junction.vcma = numbers.vcma;
    return std::make_unique<MramDevice>(std::move(card), junction);
}

DeviceKind macrospin_kind() {
    return {
        "mram_macrospin", "spin-transfer junctions by the material of their free layer",
        with_common(
            {{"k_i", "J/m^2", "interface anisotropy", 0.0, 1.0},
             {"m_s", "A/m", "saturation magnetisation", 1e3, 1e7},
             {"thickness", "m", "free layer", 1e-10, 1e-7},
             {"diameter", "m", "of the disc", 1e-9, 1e-5},
             {"alpha", "", "Gilbert damping", 1e-5, 1.0},
             {"polarisation", "", "spin polarisation", 0.01, 0.99},
             {"n_z", "", "demagnetisation factor along the axis; that of a cylinder if left out", 0.0, 1.0,
              false},
             {"n_x", "", "demagnetisation factor across the axis; (1 - n_z)/2 if left out", 0.0, 1.0, false},
             {"xi", "J/V/m", "voltage control of the anisotropy; none if left out", -1e-9, 1e-9, false},
             {"t_oxide", "m", "tunnel barrier that xi works through", 1e-10, 1e-8, false},
             {"r_p", "Ohm", "parallel resistance at zero bias", 1.0, 1e9},
             {"tmr", "", "magnetoresistance at zero bias; by the polarisation if left out", 1e-3, 100.0,
              false},
             {"temperature", "K", "of the junction", 1.0, 1000.0}}),
        make_macrospin, "temperature"};
}

std::unique_ptr<DeviceModel> make_spinlib(Card card) {
    Junction junction = common_junction(card);
    Spinlib model;
    model.t_oxide = card.number("t_oxide");
    model.t_free = card.number("t_free");
    model.length = card.number("length");
    model.width = card.number("width");
    model.ra = card.number("ra");
    model.tmr0 = card.number("tmr0");
    model.v_half = junction.v_half;
    model.alpha = card.number("alpha");
    model.polarisation = card.number("polarisation");
    model.h_k0 = card.number("h_k0");
    model.m_s0 = card.number("m_s0");
    model.phi = card.number("phi");
    model.tau0 = card.number("tau0");
    model.temperature = card.number("temperature");
    junction.r_p = model.r_p();
    junction.tmr = model.tmr(0.0);
    junction.delta = model.delta();
    junction.ic_to_p = junction.ic_to_ap = model.critical_current(0.0);
    // The unit of time that gives the source's mean time, (0.577 + ln(pi² delta/4))·tau_d/(2(i − 1)).
    junction.tau_d = 2.0 * model.mean_time(2.0, 0.0) / (0.577 + std::log(pi * pi * model.delta() / 4.0));
    return std::make_unique<MramDevice>(std::move(card), junction);
}

DeviceKind spinlib_kind() {
    return {"mram_spinlib",
            "perpendicular spin-transfer junctions, SPINLIB's temperature-dependent parameters",
            with_common({{"t_oxide", "m", "tunnel barrier", 1e-10, 1e-8},
                         {"t_free", "m", "free layer", 1e-10, 1e-8},
                         {"length", "m", "long axis of the ellipse", 1e-9, 1e-5},
                         {"width", "m", "short axis", 1e-9, 1e-5},
                         {"ra", "Ohm m^2", "resistance-area product", 1e-15, 1e-6},
                         {"tmr0", "", "magnetoresistance at 0 K and zero bias", 1e-3, 100.0},
                         {"alpha", "", "Gilbert damping", 1e-5, 1.0},
                         {"polarisation", "", "spin polarisation", 0.01, 0.99},
                         {"h_k0", "Oe", "anisotropy field, constant part", 0.0, 1e6},
                         {"m_s0", "Oe", "4 pi Ms at 0 K", 1.0, 1e6},
                         {"phi", "eV", "barrier height", 0.01, 10.0},
                         {"tau0", "s", "attempt time of the source's thermal reversal", 1e-12, 1e-6},
                         {"temperature", "K", "of the junction", 1.0, 700.0}}),
            make_spinlib, "temperature"};
}

std::unique_ptr<DeviceModel> make_umn(Card card) {
    Junction junction = common_junction(card);
    const double t = card.number("temperature"), lx = card.number("length"), ly = card.number("width");
    const double polarisation = card.number("polarisation") * (1.0 - 2e-5 * std::pow(t, 1.5));
    const double m_s = card.number("m_s0") * std::pow(1.0 - t / 1420.0, 0.4); // A/m
    const double thickness = card.number("thickness");
    // Interface anisotropy 2 pi Ms² t_c in CGS is µ0 Ms² t_c/2; a disc of the same area stands for the rectangle.
    const Macrospin free_layer{0.5 * 4e-7 * pi * m_s * m_s * card.number("t_critical"),
                               m_s,
                               thickness,
                               std::sqrt(4.0 * lx * ly / pi),
                               card.number("alpha"),
                               polarisation,
                               1.0,
                               t};
    const MacrospinNumbers numbers = macrospin_numbers(free_layer);
    junction.r_p = card.number("ra") / (lx * ly);
    junction.tmr = julliere_tmr(polarisation);
    junction.delta = numbers.delta;
    junction.ic_to_p = numbers.ic0;
    junction.ic_to_ap = card.number("asymmetry") * numbers.ic0;
    junction.tau_d = numbers.tau_d;
    return std::make_unique<MramDevice>(std::move(card), junction);
}

DeviceKind umn_kind() {
    return {
        "mram_umn", "perpendicular spin-transfer junctions, the temperature laws of the Minnesota model",
        with_common({{"length", "m", "of the rectangle", 1e-9, 1e-5},
                     {"width", "m", "of the rectangle", 1e-9, 1e-5},
                     {"thickness", "m", "free layer", 1e-10, 1e-8},
                     {"t_critical", "m", "thickness at which the layer lies down", 1e-10, 1e-8},
                     {"ra", "Ohm m^2", "resistance-area product", 1e-15, 1e-6},
                     {"m_s0", "A/m", "saturation magnetisation at 0 K", 1e3, 1e7},
                     {"alpha", "", "Gilbert damping", 1e-5, 1.0},
                     {"polarisation", "", "spin polarisation at 0 K", 0.01, 0.99},
                     {"asymmetry", "", "critical current to antiparallel over that to parallel", 0.1, 10.0},
                     {"temperature", "K", "of the junction", 1.0, 700.0}}),
        make_umn, "temperature"};
}

} // namespace

std::vector<DeviceKind> mram_kinds() {
    return {junction_kind(), macrospin_kind(), spinlib_kind(), umn_kind()};
}

} // namespace ohmloom
