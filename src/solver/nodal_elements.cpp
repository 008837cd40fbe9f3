#include "solver/nodal_system.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

/// Stamps what is the same at every voltage and every instant.
struct ConstantStamp {
    Stamps& stamps;
    const FlatElement& flat;

    void operator()(const Resistor& r) const {
        stamps.conductance(unknown_of(r.a), unknown_of(r.b), 1.0 / r.resistance);
    }
    void operator()(const Capacitor& c) const {
        stamps.capacitance(unknown_of(c.a), unknown_of(c.b), c.capacitance);
    }
    /// v(a) − v(b) − d(L i)/dt = 0; the branch current leaves a and enters b.
    void operator()(const Inductor& l) const {
        stamps.branch(unknown_of(l.a), unknown_of(l.b), flat.branch);
        stamps.add_capacitance(flat.branch, flat.branch, -l.inductance);
    }
    void operator()(const VoltageSource& v) const {
        stamps.branch(unknown_of(v.plus), unknown_of(v.minus), flat.branch);
    }
    void operator()(const VoltageAmplifier& e) const {
        stamps.branch(unknown_of(e.plus), unknown_of(e.minus), flat.branch);
        stamps.add(flat.branch, unknown_of(e.control_plus), -e.gain);
        stamps.add(flat.branch, unknown_of(e.control_minus), e.gain);
    }
    void operator()(const Transconductor& g) const {
        stamps.transfer(unknown_of(g.plus), unknown_of(g.minus), unknown_of(g.control_plus),
                        unknown_of(g.control_minus), g.transconductance);
    }
    void operator()(const CurrentAmplifier& f) const {
        stamps.add(unknown_of(f.plus), flat.control, f.gain);
        stamps.add(unknown_of(f.minus), flat.control, -f.gain);
    }
    void operator()(const Transresistor& h) const {
        stamps.branch(unknown_of(h.plus), unknown_of(h.minus), flat.branch);
        stamps.add(flat.branch, flat.control, -h.transresistance);
    }
    void operator()(const BehaviouralSource& source) const {
        if (source.is_voltage) stamps.branch(unknown_of(source.plus), unknown_of(source.minus), flat.branch);
    }
    template <class Kind>
    void operator()(const Kind& /*changing, or without equations*/) const {}
};

/// A junction voltage that Newton proposes, limited against the one before.
double limited(const JunctionLaw& law, double proposed, double before) {
    const double emission = law.n * thermal_voltage();
    if (law.breakdown > 0.0 &&
        proposed < std::min(0.0, -law.breakdown + 10.0 * law.nbv * thermal_voltage())) {
        // Beyond the breakdown the exponential runs the other way.
        return -(limit_junction(-(proposed + law.breakdown), -(before + law.breakdown),
                                law.nbv * thermal_voltage(), law.critical_voltage()) +
                 law.breakdown);
    }
    return limit_junction(proposed, before, emission, law.critical_voltage());
}

struct MosBias {
    double vgs, vds, vbs;
    bool is_limited;
};

/// Voltages of a transistor, as an n-channel one, limited against those of the step before.
MosBias mos_bias(const MosLaw& law, const ElementState& state, double vgs, double vds, double vbs) {
    if (state.is_fresh) return {law.vbi + law.gamma * std::sqrt(law.phi), 0.0, -1.0, true};
    const auto [vgs_before, vds_before, vbs_before] = state.v;
    MosBias bias{vgs, vds, vbs, false};
    if (vds_before >= 0.0) {
        const double threshold = law.at(vgs_before, vds_before, vbs_before).threshold;
        bias.vgs = limit_gate(vgs, vgs_before, threshold);
        bias.vds = limit_drain(bias.vgs - (vgs - vds), vds_before);
    } else {
        const double threshold =
            law.at(vgs_before - vds_before, -vds_before, vbs_before - vds_before).threshold;
        const double vgd = limit_gate(vgs - vds, vgs_before - vds_before, threshold);
        bias.vds = -limit_drain(-(vgs - vgd), -vds_before);
        bias.vgs = vgd + bias.vds;
    }
    if (bias.vds >= 0.0) {
        bias.vbs = limited(law.source_junction, vbs, vbs_before);
    } else {
        bias.vbs = limited(law.drain_junction, vbs - bias.vds, vbs_before - vds_before) + bias.vds;
    }
    // Sums of the limited voltages differ from the proposed ones by rounding.
    const auto differs = [](double a, double c) { return std::abs(a - c) > 1e-13 * (1.0 + std::abs(c)); };
    if (differs(bias.vgs, vgs) || differs(bias.vds, vds) || differs(bias.vbs, vbs)) {
        bias.is_limited = true;
        return bias;
    }
    return {vgs, vds, vbs, false};
}

} // namespace

void NodalSystem::stamp_constant() {
    for (const FlatElement& flat : elements_) std::visit(ConstantStamp{constant_, flat}, flat.element->kind);
}

std::span<const TimedSource> NodalSystem::time_sources(const StimulusDefaults& defaults) {
    timed_.clear();
    for (const std::size_t place : sources_) {
        const ElementKind& kind = elements_[place].element->kind;
        if (const auto* v = std::get_if<VoltageSource>(&kind)) {
            timed_.emplace_back(v->stimulus, v->dc, defaults);
        } else if (const auto* i = std::get_if<CurrentSource>(&kind)) {
            timed_.emplace_back(i->stimulus, i->dc, defaults);
        }
    }
    return timed_;
}

double NodalSystem::source_value(std::size_t number, double dc, const CircuitDrive& drive) const {
    if (drive.time) return drive.source_factor * timed_[number].value(*drive.time);
    const auto found = swept_.empty() ? swept_.end() : swept_.find(elements_[sources_[number]].element);
    return drive.source_factor * (found == swept_.end() ? dc : found->second);
}

bool NodalSystem::linearise(std::span<const double> at, const CircuitDrive& drive) {
    changing_.begin(unknowns_);
    for (std::size_t k = 0; k < sources_.size(); ++k) {
        const FlatElement& flat = elements_[sources_[k]];
        if (const auto* v = std::get_if<VoltageSource>(&flat.element->kind)) {
            changing_.add_rhs(flat.branch, source_value(k, v->dc, drive));
        } else if (const auto* i = std::get_if<CurrentSource>(&flat.element->kind)) {
            changing_.current(unknown_of(i->plus), unknown_of(i->minus), source_value(k, i->dc, drive));
        }
    }
    return stamp_changing(at, drive);
}

bool NodalSystem::stamp_changing(std::span<const double> at, const CircuitDrive& drive) {
    bool is_limited = false;
    for (const std::size_t place : changing_elements_) {
        const FlatElement& flat = elements_[place];
        const ElementKind& kind = flat.element->kind;
        if (const auto* cell = std::get_if<Cell>(&kind)) {
            const Index a = unknown_of(cell->a), b = unknown_of(cell->b);
            const double v = value_of(at, a) - value_of(at, b);
            const CellPoint point = evaluate_cell(cell->law, cell->g, cell->shape, v);
            stamp_nonlinear(a, b, v, point.current, point.slope);
        } else if (const auto* sinh = std::get_if<SinhConductance>(&kind)) {
            const Index a = unknown_of(sinh->a), b = unknown_of(sinh->b);
            const double v = value_of(at, a) - value_of(at, b);
            stamp_nonlinear(a, b, v, sinh->g / sinh->alpha * std::sinh(sinh->alpha * v),
                            sinh->g * std::cosh(sinh->alpha * v));
        } else if (const auto* source = std::get_if<BehaviouralSource>(&kind)) {
            stamp_formula(*source, flat, at, drive);
        } else if (const auto* diode = std::get_if<Diode>(&kind)) {
            is_limited = stamp_device(*diode, flat, at) || is_limited;
        } else if (const auto* mosfet = std::get_if<Mosfet>(&kind)) {
            is_limited = stamp_device(*mosfet, flat, at, drive.moves) || is_limited;
        } else if (const auto* sw = std::get_if<Switch>(&kind)) {
            is_limited = stamp_device(*sw, flat, at, drive.moves) || is_limited;
        }
    }
    return is_limited;
}

void NodalSystem::stamp_formula(const BehaviouralSource& source, const FlatElement& flat,
                                std::span<const double> at, const CircuitDrive& drive) {
    const std::size_t count = flat.signals.size();
    std::vector<double> signals(count), slopes(count);
    for (std::size_t k = 0; k < count; ++k)
        signals[k] = value_of(at, flat.signals[k][0]) - value_of(at, flat.signals[k][1]);
    const double value = evaluate(source.value, {signals, drive.time.value_or(0.0)}, slopes);
    const Index p = unknown_of(source.plus), q = unknown_of(source.minus);
    double rest = value; // what the linearised formula is at 0
    for (std::size_t k = 0; k < count; ++k) {
        rest -= slopes[k] * signals[k];
        const auto [a, b] = flat.signals[k];
        if (source.is_voltage) {
            changing_.add(flat.branch, a, -slopes[k]);
            changing_.add(flat.branch, b, slopes[k]);
        } else {
            changing_.transfer(p, q, a, b, slopes[k]);
        }
    }
    if (source.is_voltage) {
        changing_.add_rhs(flat.branch, rest);
    } else {
        changing_.current(p, q, rest);
    }
}

bool NodalSystem::stamp_device(const Diode& diode, const FlatElement& flat, std::span<const double> at) {
    const DiodeLaw& law = diodes_[flat.law];
    const Index anode = flat.inner_a, cathode = unknown_of(diode.cathode);
    if (law.series > 0.0) changing_.conductance(unknown_of(diode.anode), anode, 1.0 / law.series);
    ElementState& state = states[flat.state];
    const double proposed = value_of(at, anode) - value_of(at, cathode);
    const double v =
        state.is_fresh ? law.junction.critical_voltage() : limited(law.junction, proposed, state.v[0]);
    const bool is_limited = std::exchange(state.is_fresh, false) || v != proposed;
    state.v[0] = v;
    stamp_junction(anode, cathode, 1.0, law.junction, v);
    return is_limited;
}

bool NodalSystem::stamp_device(const Mosfet& mosfet, const FlatElement& flat, std::span<const double> at,
                               bool moves) {
    const MosLaw& law = transistors_[flat.law];
    const Index d = flat.inner_a, s = flat.inner_b;
    const Index g = unknown_of(mosfet.gate), b = unknown_of(mosfet.bulk);
    if (law.drain_series > 0.0) changing_.conductance(unknown_of(mosfet.drain), d, 1.0 / law.drain_series);
    if (law.source_series > 0.0) changing_.conductance(unknown_of(mosfet.source), s, 1.0 / law.source_series);
    ElementState& state = states[flat.state];
    const double v_source = value_of(at, s);
    const auto [vgs, vds, vbs, is_limited] =
        mos_bias(law, state, law.type * (value_of(at, g) - v_source), law.type * (value_of(at, d) - v_source),
                 law.type * (value_of(at, b) - v_source));
    state.v = {vgs, vds, vbs};
    state.is_fresh = false;
    // With the drain below the source, the two change places.
    const bool is_forward = vds >= 0.0;
    const double vgs_channel = is_forward ? vgs : vgs - vds;
    const double vbs_channel = is_forward ? vbs : vbs - vds;
    const Index high = is_forward ? d : s, low = is_forward ? s : d;
    const ChannelPoint channel = law.at(vgs_channel, std::abs(vds), vbs_channel);
    stamp_channel(high, low, flat, g, b, channel);
    const double rest =
        channel.current - channel.gm * vgs_channel - channel.gds * std::abs(vds) - channel.gmb * vbs_channel;
    changing_.current(high, low, law.type * rest);
    stamp_junction(b, d, law.type, law.drain_junction, vbs - vds);
    stamp_junction(b, s, law.type, law.source_junction, vbs);
    const GateCapacitances gate = law.gate(vgs_channel, std::abs(vds), channel);
    state.gate.v = {vgs, vgs - vds, vgs - vbs};
    state.gate.c = {is_forward ? gate.source : gate.drain, is_forward ? gate.drain : gate.source, gate.bulk};
    const std::array<double, 3> overlaps{law.overlap_source, law.overlap_drain, law.overlap_bulk};
    stamp_gate({{{g, s}, {g, d}, {g, b}}}, law.type, overlaps, state, moves);
    return is_limited;
}

void NodalSystem::stamp_gate(const std::array<std::array<Index, 2>, 3>& places, double type,
                             const std::array<double, 3>& overlaps, ElementState& state, bool moves) {
    const GateCharges& before = state.gate_before;
    GateCharges& now = state.gate;
    for (std::size_t k = 0; k < places.size(); ++k) {
        // A capacitance has no charge of its own that its voltage alone would tell: it is counted on from the last
        // solution, with the mean of both capacitances.
        const double c = moves ? 0.5 * (before.c[k] + now.c[k]) : now.c[k];
        now.q[k] = moves ? before.q[k] + c * (now.v[k] - before.v[k]) : c * now.v[k];
        changing_.capacitance(places[k][0], places[k][1], c + overlaps[k], type * (now.q[k] - c * now.v[k]));
    }
}

void NodalSystem::stamp_channel(Index high, Index low, const FlatElement& flat, Index g, Index b,
                                const ChannelPoint& channel) {
    // The channel's slopes in both orientations, so that every place is stamped every time.
    const Index d = flat.inner_a, s = flat.inner_b;
    const bool is_forward = high == d && low == s;
    for (const bool forward : {true, false}) {
        const double share = forward == is_forward ? 1.0 : 0.0;
        const Index top = forward ? d : s, bottom = forward ? s : d;
        changing_.transfer(top, bottom, g, bottom, share * channel.gm);
        changing_.transfer(top, bottom, top, bottom, share * channel.gds);
        changing_.transfer(top, bottom, b, bottom, share * channel.gmb);
    }
}

bool NodalSystem::stamp_device(const Switch& sw, const FlatElement& flat, std::span<const double> at,
                               bool moves) {
    ElementState& state = states[flat.state];
    const SwitchLaw& law = switches_[flat.law];
    // Where it stands is known with the first voltages. In a transient it is thrown between steps.
    const bool was_fresh = std::exchange(state.is_fresh, false);
    const bool was_on = state.is_on;
    if (!was_fresh && !moves) {
        const double v =
            value_of(at, unknown_of(sw.control_plus)) - value_of(at, unknown_of(sw.control_minus));
        if (v > law.threshold + law.hysteresis) state.is_on = true;
        if (v < law.threshold - law.hysteresis) state.is_on = false;
    }
    changing_.conductance(unknown_of(sw.a), unknown_of(sw.b), state.is_on ? law.g_on : law.g_off);
    return was_fresh || state.is_on != was_on;
}

void NodalSystem::stamp_junction(Index anode, Index cathode, double type, const JunctionLaw& law, double v) {
    const JunctionPoint point = law.at(v, options_.gmin);
    changing_.conductance(anode, cathode, point.slope);
    changing_.current(anode, cathode, type * (point.current - point.slope * v));
    changing_.capacitance(anode, cathode, point.capacitance, type * (point.charge - point.capacitance * v));
}

void NodalSystem::stamp_nonlinear(Index a, Index b, double v, double current, double slope) {
    changing_.conductance(a, b, slope);
    changing_.current(a, b, current - slope * v);
}

} // namespace ohmloom
