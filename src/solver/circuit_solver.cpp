#include "solver/circuit_solver.hpp"

#include "base/errors.hpp"
#include "circuit/flat_circuit.hpp"
#include "solver/complex_klu_matrix.hpp"
#include "solver/device_equations.hpp"
#include "solver/klu_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <unordered_map>
#include <utility>

namespace ohmloom {

namespace {

/// An unknown: a node voltage or a branch current; ground is none.
constexpr Index no_unknown = -1;

Index unknown_of(NodeId node) {
    return static_cast<Index>(node) - 1;
}

/// The linear system under construction: real parts, factors of j omega, and right-hand side.
///
/// Elements stamp the same places in the same order every time, so the places are looked up once.
class Stamps {
public:
    void begin(Index unknowns) {
        real_.clear();
        reactive_.clear();
        rhs_.assign(static_cast<std::size_t>(unknowns), 0.0);
    }

    void add(Index row, Index col, double value) { put(real_, row, col, value); }
    void add_reactive(Index row, Index col, double value) { put(reactive_, row, col, value); }
    void add_rhs(Index row, double value) {
        if (row != no_unknown) rhs_[static_cast<std::size_t>(row)] += value;
    }

    /// Current (v(a) − v(b))·g from p to q.
    void transfer(Index p, Index q, Index a, Index b, double g) {
        add(p, a, g);
        add(p, b, -g);
        add(q, a, -g);
        add(q, b, g);
    }
    void conductance(Index a, Index b, double g) { transfer(a, b, a, b, g); }
    void capacitance(Index a, Index b, double c) {
        add_reactive(a, a, c);
        add_reactive(a, b, -c);
        add_reactive(b, a, -c);
        add_reactive(b, b, c);
    }
    /// Current `i` from p to q.
    void current(Index p, Index q, double i) {
        add_rhs(p, -i);
        add_rhs(q, i);
    }

    struct Entry {
        Index row, col;
        double value;
    };
    [[nodiscard]] const std::vector<Entry>& real() const { return real_; }
    [[nodiscard]] const std::vector<Entry>& reactive() const { return reactive_; }
    [[nodiscard]] std::vector<double>& rhs() { return rhs_; }

private:
    static void put(std::vector<Entry>& entries, Index row, Index col, double value) {
        if (row != no_unknown && col != no_unknown) entries.push_back({row, col, value});
    }
    std::vector<Entry> real_, reactive_;
    std::vector<double> rhs_;
};

/// What an element needs between Newton steps: its voltages as limited, or whether it is on.
struct DeviceState {
    std::array<double, 3> v{};
    bool is_on = false;
    bool is_fresh = true; ///< not linearised yet: starts from voltages of its own
};

/// An element with its unknowns and laws worked out.
struct FlatElement {
    const Element* element = nullptr;
    Index branch = no_unknown;  ///< current, if it has one
    Index control = no_unknown; ///< controlling current, if it has one
    Index inner_a = no_unknown; ///< inner anode, or inner drain
    Index inner_b = no_unknown; ///< inner source
    DiodeLaw diode{};
    MosLaw mos{};
    SwitchLaw sw{};
    std::vector<std::array<Index, 2>> signals; ///< unknowns of a formula's voltages and currents
    std::size_t state = 0;
};

double at(std::span<const double> x, Index unknown) {
    return unknown == no_unknown ? 0.0 : x[static_cast<std::size_t>(unknown)];
}

/// How a Newton iteration is to be run.
struct Drive {
    double source_factor = 1.0;
    double node_gmin = 0.0; ///< [S] from every node to ground
};

struct NewtonResult {
    bool converged = false;
    int iterations = 0;
};

} // namespace

class CircuitSolver::System {
public:
    System(const Circuit& circuit, const CircuitSolveOptions& options)
        : circuit_(flatten(circuit)), options_(options), nodes_(circuit_.node_count() - 1),
          unknowns_(nodes_) {
        place_elements();
        x_.assign(static_cast<std::size_t>(unknowns_), 0.0);
        stamp(x_, {}, false);
        make_matrix();
        name_signals();
    }

    Waveforms operating_point() {
        Waveforms waveforms = make_waveforms("op", "point", "1", {0.0});
        solve_point(waveforms, 0);
        return waveforms;
    }

    Waveforms sweep(const DcAnalysis& analysis) {
        std::vector<double> inner = sweep_values(analysis.sweeps.front());
        std::vector<double> outer{0.0};
        const bool is_nested = analysis.sweeps.size() > 1;
        if (is_nested) outer = sweep_values(analysis.sweeps[1]);
        std::vector<double> axis, outer_axis;
        for (const double value : outer) {
            axis.insert(axis.end(), inner.begin(), inner.end());
            if (is_nested) outer_axis.insert(outer_axis.end(), inner.size(), value);
        }
        const char unit = analysis.sweeps.front().source.front() == 'v' ? 'V' : 'A';
        Waveforms waveforms = make_waveforms("dc", "sweep", std::string(1, unit), axis);
        waveforms.outer = outer_axis;
        std::vector<std::optional<double>> before;
        for (const SourceSweep& sweep : analysis.sweeps) {
            before.push_back(set_source(sweep.source, std::nullopt));
        }
        forget();
        for (std::size_t p = 0; p < axis.size(); ++p) {
            set_source(analysis.sweeps[0].source, axis[p]);
            if (is_nested) set_source(analysis.sweeps[1].source, outer_axis[p]);
            solve_point(waveforms, static_cast<Index>(p));
        }
        for (std::size_t s = 0; s < analysis.sweeps.size(); ++s)
            set_source(analysis.sweeps[s].source, before[s]);
        forget();
        return waveforms;
    }

    Waveforms small_signal(const AcAnalysis& analysis) {
        const std::vector<double> axis = frequencies(analysis);
        Waveforms waveforms = make_waveforms("ac", "frequency", "Hz", axis);
        waveforms.imaginary = waveforms.values;
        Waveforms bias = operating_point();
        waveforms.message = bias.message;
        if (!bias.all_converged()) return waveforms;
        stamp(x_, {}, true);
        std::vector<std::pair<Index, Index>> places;
        for (const auto* entries : {&stamps_.real(), &stamps_.reactive()}) {
            for (const auto& entry : *entries) places.emplace_back(entry.row, entry.col);
        }
        ComplexKluMatrix matrix(unknowns_, std::move(places));
        const std::vector<std::complex<double>> phasors = source_phasors();
        for (std::size_t p = 0; p < axis.size(); ++p) {
            const double omega = 2.0 * std::numbers::pi * axis[p];
            std::fill(matrix.values().begin(), matrix.values().end(), 0.0);
            for (const auto& entry : stamps_.real()) {
                matrix.values()[matrix.slot(entry.row, entry.col)] += entry.value;
            }
            for (const auto& entry : stamps_.reactive()) {
                matrix.values()[matrix.slot(entry.row, entry.col)] +=
                    std::complex<double>(0.0, omega * entry.value);
            }
            std::vector<std::complex<double>> x = phasors;
            try {
                matrix.factorise();
            } catch (const BackendError& error) {
                waveforms.message = error.what();
                continue;
            }
            matrix.solve(x);
            for (std::size_t s = 0; s < signal_unknowns_.size(); ++s) {
                const std::complex<double> value = x[static_cast<std::size_t>(signal_unknowns_[s])];
                waveforms.values(static_cast<Index>(p), static_cast<Index>(s)) = value.real();
                waveforms.imaginary(static_cast<Index>(p), static_cast<Index>(s)) = value.imag();
            }
            waveforms.converged[p] = true;
        }
        return waveforms;
    }

    [[nodiscard]] std::vector<DeviceReport> report() const {
        std::vector<DeviceReport> reports;
        for (const FlatElement& flat : elements_) {
            if (auto device = report_of(flat)) reports.push_back(std::move(*device));
        }
        return reports;
    }

private:
    // ---- building ----

    void place_elements() {
        std::unordered_map<std::string, Index> branches;
        for (const Element& element : circuit_.elements()) {
            FlatElement flat;
            flat.element = &element;
            if (has_branch_current(element.kind)) branches.emplace(element.name, flat.branch = unknowns_++);
            if (const auto* diode = std::get_if<Diode>(&element.kind)) {
                flat.diode = diode_law(*circuit_.find_model(diode->model), *diode);
                flat.inner_a = flat.diode.series > 0.0 ? unknowns_++ : unknown_of(diode->anode);
            }
            if (const auto* mosfet = std::get_if<Mosfet>(&element.kind)) {
                flat.mos = mos_law(*circuit_.find_model(mosfet->model), *mosfet);
                flat.inner_a = flat.mos.drain_series > 0.0 ? unknowns_++ : unknown_of(mosfet->drain);
                flat.inner_b = flat.mos.source_series > 0.0 ? unknowns_++ : unknown_of(mosfet->source);
            }
            if (const auto* sw = std::get_if<Switch>(&element.kind)) {
                flat.sw = switch_law(*circuit_.find_model(sw->model));
            }
            flat.state = elements_.size();
            elements_.push_back(std::move(flat));
        }
        for (FlatElement& flat : elements_) {
            const ElementKind& kind = flat.element->kind;
            if (const auto* f = std::get_if<CurrentAmplifier>(&kind)) flat.control = branches.at(f->control);
            if (const auto* h = std::get_if<Transresistor>(&kind)) flat.control = branches.at(h->control);
            const auto* source = std::get_if<BehaviouralSource>(&kind);
            if (source == nullptr) continue;
            for (const ExpressionStep& step : source->value.steps) {
                if (step.operation == Operation::current)
                    flat.signals.push_back({branches.at(step.plus), no_unknown});
                if (step.operation == Operation::voltage) {
                    flat.signals.push_back({unknown_of(*circuit_.find_node(step.plus)),
                                            unknown_of(*circuit_.find_node(step.minus))});
                }
            }
        }
        forget();
    }

    void make_matrix() {
        std::vector<std::pair<Index, Index>> places;
        for (const auto& entry : stamps_.real()) places.emplace_back(entry.row, entry.col);
        if (unknowns_ == 0) return;
        matrix_.emplace(unknowns_, std::move(places));
        for (const auto& entry : stamps_.real()) slots_.push_back(matrix_->slot(entry.row, entry.col));
        for (Index i = 0; i < nodes_; ++i) diagonal_.push_back(matrix_->slot(i, i));
    }

    void name_signals() {
        for (Index node = 0; node < nodes_; ++node) {
            signals_.push_back(
                fmt::format("v({})", circuit_.node_name(NodeId{static_cast<std::int32_t>(node + 1)})));
            signal_unknowns_.push_back(node);
        }
        for (const FlatElement& flat : elements_) {
            if (flat.branch == no_unknown) continue;
            signals_.push_back(fmt::format("i({})", flat.element->name));
            signal_unknowns_.push_back(flat.branch);
        }
    }

    Waveforms make_waveforms(std::string analysis, std::string axis, std::string unit,
                             std::vector<double> values) {
        Waveforms waveforms;
        waveforms.analysis = std::move(analysis);
        waveforms.axis_name = std::move(axis);
        waveforms.axis_unit = std::move(unit);
        waveforms.signals = signals_;
        const auto points = static_cast<Index>(values.size());
        waveforms.values = Matrix<double>(points, static_cast<Index>(signals_.size()),
                                          std::numeric_limits<double>::quiet_NaN());
        waveforms.converged.assign(values.size(), false);
        waveforms.iterations.assign(values.size(), 0);
        waveforms.axis = std::move(values);
        return waveforms;
    }

    /// Replaces the DC value of a source (nothing: its own) and returns what replaced it before.
    std::optional<double> set_source(const std::string& name, std::optional<double> value) {
        const Element* element = circuit_.find_element(name);
        if (element == nullptr || (!std::holds_alternative<VoltageSource>(element->kind) &&
                                   !std::holds_alternative<CurrentSource>(element->kind))) {
            throw InputError(fmt::format(
                "DC analysis sweeps {}: expected a voltage or current source of the circuit", name));
        }
        const auto found = swept_.find(element);
        const std::optional<double> before =
            found == swept_.end() ? std::nullopt : std::optional(found->second);
        if (value) {
            swept_[element] = *value;
        } else {
            swept_.erase(element);
        }
        return before;
    }

    // ---- Newton ----

    /// Forgets the last operating point: the next one starts from nothing.
    void forget() {
        std::fill(x_.begin(), x_.end(), 0.0);
        states_.assign(elements_.size(), {});
        for (const FlatElement& flat : elements_) {
            const auto* sw = std::get_if<Switch>(&flat.element->kind);
            if (sw != nullptr) states_[flat.state].is_on = sw->is_on;
        }
    }

    void solve_point(Waveforms& waveforms, Index point) {
        const auto p = static_cast<std::size_t>(point);
        const std::vector<double> x_before = x_;
        const std::vector<DeviceState> states_before = states_;
        NewtonResult result = newton({});
        int iterations = result.iterations;
        const auto try_next = [&](const char* what, auto&& method) {
            if (result.converged) return;
            x_ = x_before;
            states_ = states_before;
            result = method();
            iterations += result.iterations;
            if (result.converged) waveforms.message = fmt::format("{} was needed", what);
        };
        try_next("gmin stepping", [&] { return step_gmin(); });
        try_next("source stepping", [&] { return step_sources(); });
        waveforms.iterations[p] = iterations;
        waveforms.converged[p] = result.converged;
        if (!result.converged) {
            waveforms.message =
                failure_.empty() ? "Newton does not converge, even with gmin and source stepping" : failure_;
            x_ = x_before;
            states_ = states_before;
            return;
        }
        for (std::size_t s = 0; s < signal_unknowns_.size(); ++s) {
            waveforms.values(point, static_cast<Index>(s)) = at(x_, signal_unknowns_[s]);
        }
    }

    /// A conductance from every node to ground, from strong to none; smaller steps where they are needed.
    NewtonResult step_gmin() {
        forget();
        NewtonResult total;
        double factor = 10.0, gmin = 1e-2;
        constexpr double least = 1e-13;
        std::vector<double> x = x_;
        std::vector<DeviceState> states = states_;
        bool has_point = false;
        double reached = gmin;
        while (gmin > least) {
            const NewtonResult result = newton({1.0, gmin});
            total.iterations += result.iterations;
            if (result.converged) {
                x = x_;
                states = states_;
                reached = gmin;
                has_point = true;
                factor = std::min(10.0, factor * factor);
            } else {
                if (!has_point || factor < 1.01) return total;
                x_ = x;
                states_ = states;
                factor = std::sqrt(factor);
            }
            gmin = reached / factor;
        }
        const NewtonResult last = newton({});
        return {last.converged, total.iterations + last.iterations};
    }

    /// All sources from 0 to their values.
    NewtonResult step_sources() {
        forget();
        NewtonResult total;
        double reached = 0.0, step = 0.1;
        NewtonResult result = newton({0.0, 0.0});
        total.iterations += result.iterations;
        if (!result.converged) return total;
        while (reached < 1.0) {
            const std::vector<double> x = x_;
            const std::vector<DeviceState> states = states_;
            const double next = std::min(1.0, reached + step);
            result = newton({next, 0.0});
            total.iterations += result.iterations;
            if (result.converged) {
                reached = next;
                step *= 2.0;
            } else {
                x_ = x;
                states_ = states;
                step *= 0.25;
                if (step < 1e-7) return total;
            }
        }
        total.converged = true;
        return total;
    }

    NewtonResult newton(const Drive& drive) {
        NewtonResult result;
        failure_.clear();
        if (unknowns_ == 0) return {true, 0};
        std::vector<double> next;
        while (result.iterations < options_.max_iterations) {
            ++result.iterations;
            const bool is_limited = stamp(x_, drive, false);
            std::fill(matrix_->values().begin(), matrix_->values().end(), 0.0);
            for (std::size_t k = 0; k < slots_.size(); ++k)
                matrix_->values()[slots_[k]] += stamps_.real()[k].value;
            for (const std::size_t slot : diagonal_) matrix_->values()[slot] += drive.node_gmin;
            next = stamps_.rhs();
            try {
                matrix_->factorise();
                matrix_->solve_refined(next);
            } catch (const BackendError& error) {
                failure_ =
                    fmt::format("{}: is there a node without a path to ground, or a loop of voltage sources?",
                                error.what());
                return result;
            }
            if (!std::all_of(next.begin(), next.end(), [](double value) { return std::isfinite(value); })) {
                return result;
            }
            const bool is_still = !is_limited && is_close(next);
            x_ = next;
            if (is_still) {
                result.converged = true;
                return result;
            }
        }
        return result;
    }

    [[nodiscard]] bool is_close(const std::vector<double>& next) const {
        for (std::size_t i = 0; i < next.size(); ++i) {
            const double floor = static_cast<Index>(i) < nodes_ ? options_.voltage : options_.current;
            const double scale = std::max(std::abs(next[i]), std::abs(x_[i]));
            if (std::abs(next[i] - x_[i]) > options_.relative * scale + floor) return false;
        }
        return true;
    }

    // ---- stamping ----

    /// Linearises everything at x; true if a device was not taken at x itself, so that x cannot be the solution.
    bool stamp(std::span<const double> x, const Drive& drive, bool with_capacitances) {
        stamps_.begin(unknowns_);
        drive_ = drive;
        with_capacitances_ = with_capacitances;
        bool is_limited = false;
        for (const FlatElement& flat : elements_) {
            is_limited = std::visit([&](const auto& kind) { return stamp_element(kind, flat, x); },
                                    flat.element->kind) ||
                         is_limited;
        }
        return is_limited;
    }

    bool stamp_element(const Resistor& r, const FlatElement&, std::span<const double>) {
        stamps_.conductance(unknown_of(r.a), unknown_of(r.b), 1.0 / r.resistance);
        return false;
    }
    bool stamp_element(const Capacitor& c, const FlatElement&, std::span<const double>) {
        stamps_.capacitance(unknown_of(c.a), unknown_of(c.b), c.capacitance);
        return false;
    }
    /// v(a) − v(b) = j omega L i; the branch current leaves a and enters b.
    bool stamp_element(const Inductor& l, const FlatElement& flat, std::span<const double>) {
        stamp_branch(unknown_of(l.a), unknown_of(l.b), flat.branch);
        stamps_.add_reactive(flat.branch, flat.branch, -l.inductance);
        return false;
    }
    bool stamp_element(const VoltageSource& v, const FlatElement& flat, std::span<const double>) {
        stamp_branch(unknown_of(v.plus), unknown_of(v.minus), flat.branch);
        stamps_.add_rhs(flat.branch, drive_.source_factor * source_value(flat.element, v.dc));
        return false;
    }
    bool stamp_element(const CurrentSource& i, const FlatElement& flat, std::span<const double>) {
        stamps_.current(unknown_of(i.plus), unknown_of(i.minus),
                        drive_.source_factor * source_value(flat.element, i.dc));
        return false;
    }
    bool stamp_element(const VoltageAmplifier& e, const FlatElement& flat, std::span<const double>) {
        stamp_branch(unknown_of(e.plus), unknown_of(e.minus), flat.branch);
        stamps_.add(flat.branch, unknown_of(e.control_plus), -e.gain);
        stamps_.add(flat.branch, unknown_of(e.control_minus), e.gain);
        return false;
    }
    bool stamp_element(const Transconductor& g, const FlatElement&, std::span<const double>) {
        stamps_.transfer(unknown_of(g.plus), unknown_of(g.minus), unknown_of(g.control_plus),
                         unknown_of(g.control_minus), g.transconductance);
        return false;
    }
    bool stamp_element(const CurrentAmplifier& f, const FlatElement& flat, std::span<const double>) {
        stamps_.add(unknown_of(f.plus), flat.control, f.gain);
        stamps_.add(unknown_of(f.minus), flat.control, -f.gain);
        return false;
    }
    bool stamp_element(const Transresistor& h, const FlatElement& flat, std::span<const double>) {
        stamp_branch(unknown_of(h.plus), unknown_of(h.minus), flat.branch);
        stamps_.add(flat.branch, flat.control, -h.transresistance);
        return false;
    }
    bool stamp_element(const SinhConductance& cell, const FlatElement&, std::span<const double> x) {
        const Index a = unknown_of(cell.a), b = unknown_of(cell.b);
        const double v = at(x, a) - at(x, b);
        const double slope = cell.g * std::cosh(cell.alpha * v);
        stamp_nonlinear(a, b, v, cell.g / cell.alpha * std::sinh(cell.alpha * v), slope);
        return false;
    }
    bool stamp_element(const Cell& cell, const FlatElement&, std::span<const double> x) {
        const Index a = unknown_of(cell.a), b = unknown_of(cell.b);
        const double v = at(x, a) - at(x, b);
        const CellPoint point = evaluate_cell(cell.law, cell.g, cell.shape, v);
        stamp_nonlinear(a, b, v, point.current, point.slope);
        return false;
    }
    bool stamp_element(const SubcircuitCall&, const FlatElement&, std::span<const double>) { return false; }

    bool stamp_element(const BehaviouralSource& source, const FlatElement& flat, std::span<const double> x) {
        const std::size_t count = flat.signals.size();
        std::vector<double> signals(count), slopes(count);
        for (std::size_t k = 0; k < count; ++k)
            signals[k] = at(x, flat.signals[k][0]) - at(x, flat.signals[k][1]);
        const double value = evaluate(source.value, {signals, 0.0}, slopes);
        const Index p = unknown_of(source.plus), q = unknown_of(source.minus);
        double rest = value; // what the linearised formula is at 0
        for (std::size_t k = 0; k < count; ++k) {
            rest -= slopes[k] * signals[k];
            const auto [a, b] = flat.signals[k];
            if (source.is_voltage) {
                stamps_.add(flat.branch, a, -slopes[k]);
                stamps_.add(flat.branch, b, slopes[k]);
            } else {
                stamps_.transfer(p, q, a, b, slopes[k]);
            }
        }
        if (source.is_voltage) {
            stamp_branch(p, q, flat.branch);
            stamps_.add_rhs(flat.branch, rest);
        } else {
            stamps_.current(p, q, rest);
        }
        return false;
    }

    bool stamp_element(const Diode& diode, const FlatElement& flat, std::span<const double> x) {
        const Index anode = flat.inner_a, cathode = unknown_of(diode.cathode);
        if (flat.diode.series > 0.0)
            stamps_.conductance(unknown_of(diode.anode), anode, 1.0 / flat.diode.series);
        DeviceState& state = states_[flat.state];
        const JunctionLaw& law = flat.diode.junction;
        const double proposed = at(x, anode) - at(x, cathode);
        const double v = state.is_fresh ? law.critical_voltage() : limited(law, proposed, state.v[0]);
        const bool is_limited =
            with_capacitances_ ? false : std::exchange(state.is_fresh, false) || v != proposed;
        state.v[0] = v;
        stamp_junction(anode, cathode, 1.0, law, v);
        return is_limited;
    }

    bool stamp_element(const Mosfet& mosfet, const FlatElement& flat, std::span<const double> x) {
        const MosLaw& law = flat.mos;
        const Index d = flat.inner_a, s = flat.inner_b;
        const Index g = unknown_of(mosfet.gate), b = unknown_of(mosfet.bulk);
        if (law.drain_series > 0.0) stamps_.conductance(unknown_of(mosfet.drain), d, 1.0 / law.drain_series);
        if (law.source_series > 0.0)
            stamps_.conductance(unknown_of(mosfet.source), s, 1.0 / law.source_series);
        DeviceState& state = states_[flat.state];
        const auto [vgs, vds, vbs, is_limited] = mos_bias(flat, x);
        state.v = {vgs, vds, vbs};
        state.is_fresh = false;
        // With the drain below the source, the two change places.
        const bool is_forward = vds >= 0.0;
        const double vgs_channel = is_forward ? vgs : vgs - vds;
        const double vbs_channel = is_forward ? vbs : vbs - vds;
        const Index high = is_forward ? d : s, low = is_forward ? s : d;
        const ChannelPoint channel = law.at(vgs_channel, std::abs(vds), vbs_channel);
        stamp_channel(high, low, d, s, g, b, channel);
        const double rest = channel.current - channel.gm * vgs_channel - channel.gds * std::abs(vds) -
                            channel.gmb * vbs_channel;
        stamps_.current(high, low, law.type * rest);
        stamp_junction(b, d, law.type, law.drain_junction, vbs - vds);
        stamp_junction(b, s, law.type, law.source_junction, vbs);
        const GateCapacitances gate = law.gate(vgs_channel, std::abs(vds), channel);
        stamps_.capacitance(g, s, law.overlap_source + (is_forward ? gate.source : gate.drain));
        stamps_.capacitance(g, d, law.overlap_drain + (is_forward ? gate.drain : gate.source));
        stamps_.capacitance(g, b, law.overlap_bulk + gate.bulk);
        return is_limited && !with_capacitances_;
    }

    /// The channel's slopes in both orientations, so that every place is stamped every time.
    void stamp_channel(Index high, Index low, Index d, Index s, Index g, Index b,
                       const ChannelPoint& channel) {
        const bool is_forward = high == d && low == s;
        for (const bool forward : {true, false}) {
            const double share = forward == is_forward ? 1.0 : 0.0;
            const Index top = forward ? d : s, bottom = forward ? s : d;
            stamps_.transfer(top, bottom, g, bottom, share * channel.gm);
            stamps_.transfer(top, bottom, top, bottom, share * channel.gds);
            stamps_.transfer(top, bottom, b, bottom, share * channel.gmb);
        }
    }

    struct MosBias {
        double vgs, vds, vbs;
        bool is_limited;
    };

    /// Voltages of a transistor, as an n-channel one, limited against those of the step before.
    [[nodiscard]] MosBias mos_bias(const FlatElement& flat, std::span<const double> x) const {
        const auto& mosfet = std::get<Mosfet>(flat.element->kind);
        const MosLaw& law = flat.mos;
        const DeviceState& state = states_[flat.state];
        if (state.is_fresh) return {law.vbi + law.gamma * std::sqrt(law.phi), 0.0, -1.0, true};
        const double v_source = at(x, flat.inner_b);
        const double vgs = law.type * (at(x, unknown_of(mosfet.gate)) - v_source);
        const double vds = law.type * (at(x, flat.inner_a) - v_source);
        const double vbs = law.type * (at(x, unknown_of(mosfet.bulk)) - v_source);
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

    bool stamp_element(const Switch& sw, const FlatElement& flat, std::span<const double> x) {
        DeviceState& state = states_[flat.state];
        const double v = at(x, unknown_of(sw.control_plus)) - at(x, unknown_of(sw.control_minus));
        bool is_on = state.is_on;
        if (!std::exchange(state.is_fresh, false)) {
            if (v > flat.sw.threshold + flat.sw.hysteresis) is_on = true;
            if (v < flat.sw.threshold - flat.sw.hysteresis) is_on = false;
        } else {
            // Where it stands is known with the first voltages.
            stamps_.conductance(unknown_of(sw.a), unknown_of(sw.b), is_on ? flat.sw.g_on : flat.sw.g_off);
            return true;
        }
        const bool has_toggled = std::exchange(state.is_on, is_on) != is_on;
        stamps_.conductance(unknown_of(sw.a), unknown_of(sw.b), is_on ? flat.sw.g_on : flat.sw.g_off);
        return has_toggled;
    }

    static double limited(const JunctionLaw& law, double proposed, double before) {
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

    /// A junction whose voltage, times `type`, is v.
    void stamp_junction(Index anode, Index cathode, double type, const JunctionLaw& law, double v) {
        const JunctionPoint point = law.at(v, options_.gmin);
        stamps_.conductance(anode, cathode, point.slope);
        stamps_.current(anode, cathode, type * (point.current - point.slope * v));
        stamps_.capacitance(anode, cathode, point.capacitance);
    }

    void stamp_nonlinear(Index a, Index b, double v, double current, double slope) {
        stamps_.conductance(a, b, slope);
        stamps_.current(a, b, current - slope * v);
    }

    /// The branch current leaves p and enters q; the branch's equation begins with v(p) − v(q).
    void stamp_branch(Index p, Index q, Index branch) {
        stamps_.add(p, branch, 1.0);
        stamps_.add(q, branch, -1.0);
        stamps_.add(branch, p, 1.0);
        stamps_.add(branch, q, -1.0);
    }

    double source_value(const Element* element, double dc) const {
        if (swept_.empty()) return dc;
        const auto found = swept_.find(element);
        return found == swept_.end() ? dc : found->second;
    }

    [[nodiscard]] std::vector<std::complex<double>> source_phasors() const {
        std::vector<std::complex<double>> phasors(static_cast<std::size_t>(unknowns_));
        const auto phasor = [](const Stimulus& stimulus) {
            return stimulus.ac_magnitude * std::polar(1.0, stimulus.ac_phase * std::numbers::pi / 180.0);
        };
        const auto add = [&](Index row, std::complex<double> value) {
            if (row != no_unknown) phasors[static_cast<std::size_t>(row)] += value;
        };
        for (const FlatElement& flat : elements_) {
            if (const auto* v = std::get_if<VoltageSource>(&flat.element->kind))
                add(flat.branch, phasor(v->stimulus));
            if (const auto* i = std::get_if<CurrentSource>(&flat.element->kind)) {
                add(unknown_of(i->plus), -phasor(i->stimulus));
                add(unknown_of(i->minus), phasor(i->stimulus));
            }
        }
        return phasors;
    }

    // ---- report ----

    [[nodiscard]] std::optional<DeviceReport> report_of(const FlatElement& flat) const {
        const Element& element = *flat.element;
        const DeviceState& state = states_[flat.state];
        if (const auto* v = std::get_if<VoltageSource>(&element.kind)) {
            const double i = at(x_, flat.branch);
            const double volts = at(x_, unknown_of(v->plus)) - at(x_, unknown_of(v->minus));
            return DeviceReport{
                element.name, {{"v", "V", volts}, {"i", "A", i}, {"p_delivered", "W", -volts * i}}, ""};
        }
        if (std::holds_alternative<Diode>(element.kind)) {
            const JunctionPoint point = flat.diode.junction.at(state.v[0], options_.gmin);
            return DeviceReport{element.name,
                                {{"vd", "V", state.v[0]},
                                 {"id", "A", point.current},
                                 {"gd", "S", point.slope},
                                 {"cd", "F", point.capacitance}},
                                ""};
        }
        if (std::holds_alternative<Mosfet>(element.kind)) return report_of_mos(flat, state);
        if (std::holds_alternative<Switch>(element.kind)) {
            return DeviceReport{element.name,
                                {{"g", "S", state.is_on ? flat.sw.g_on : flat.sw.g_off}},
                                state.is_on ? "on" : "off"};
        }
        return std::nullopt;
    }

    [[nodiscard]] static DeviceReport report_of_mos(const FlatElement& flat, const DeviceState& state) {
        const MosLaw& law = flat.mos;
        const auto [vgs, vds, vbs] = state.v;
        const bool is_forward = vds >= 0.0;
        const ChannelPoint channel =
            law.at(is_forward ? vgs : vgs - vds, std::abs(vds), is_forward ? vbs : vbs - vds);
        const double sign = law.type * (is_forward ? 1.0 : -1.0);
        const char* region = channel.v_dsat == 0.0             ? "off"
                             : std::abs(vds) >= channel.v_dsat ? "saturated"
                                                               : "linear";
        return {flat.element->name,
                {{"vgs", "V", law.type * vgs},
                 {"vds", "V", law.type * vds},
                 {"vbs", "V", law.type * vbs},
                 {"vth", "V", law.type * channel.threshold},
                 {"vdsat", "V", law.type * channel.v_dsat},
                 {"id", "A", sign * channel.current},
                 {"gm", "S", channel.gm},
                 {"gds", "S", channel.gds},
                 {"gmb", "S", channel.gmb}},
                region};
    }

    Circuit circuit_; ///< without subcircuits; elements_ point into it
    CircuitSolveOptions options_;
    Index nodes_;
    Index unknowns_;
    std::vector<FlatElement> elements_;
    std::vector<DeviceState> states_;
    std::unordered_map<const Element*, double> swept_;
    std::vector<double> x_;
    Stamps stamps_;
    Drive drive_;
    bool with_capacitances_ = false;
    std::optional<KluMatrix> matrix_;
    std::vector<std::size_t> slots_;    ///< of the stamps, in their order
    std::vector<std::size_t> diagonal_; ///< of the nodes
    std::vector<std::string> signals_;
    std::vector<Index> signal_unknowns_;
    std::string failure_;
};

CircuitSolver::CircuitSolver(const Circuit& circuit, const CircuitSolveOptions& options)
    : system_(std::make_unique<System>(circuit, options)) {}
CircuitSolver::~CircuitSolver() = default;
CircuitSolver::CircuitSolver(CircuitSolver&&) noexcept = default;
CircuitSolver& CircuitSolver::operator=(CircuitSolver&&) noexcept = default;

Waveforms CircuitSolver::operating_point() {
    return system_->operating_point();
}
Waveforms CircuitSolver::sweep(const DcAnalysis& analysis) {
    return system_->sweep(analysis);
}
Waveforms CircuitSolver::small_signal(const AcAnalysis& analysis) {
    return system_->small_signal(analysis);
}
std::vector<DeviceReport> CircuitSolver::report() const {
    return system_->report();
}

std::vector<double> sweep_values(const SourceSweep& sweep) {
    const auto steps = static_cast<std::size_t>(std::floor((sweep.stop - sweep.start) / sweep.step + 1e-9));
    std::vector<double> values;
    for (std::size_t k = 0; k <= steps; ++k)
        values.push_back(sweep.start + static_cast<double>(k) * sweep.step);
    return values;
}

std::vector<double> frequencies(const AcAnalysis& analysis) {
    std::vector<double> values;
    if (analysis.spacing == FrequencySpacing::linear) {
        const double step =
            analysis.points > 1 ? (analysis.stop - analysis.start) / (analysis.points - 1) : 0.0;
        for (int k = 0; k < analysis.points; ++k) values.push_back(analysis.start + k * step);
        return values;
    }
    const double base = analysis.spacing == FrequencySpacing::decade ? 10.0 : 2.0;
    const double intervals = std::log(analysis.stop / analysis.start) / std::log(base) * analysis.points;
    const auto count = static_cast<std::size_t>(std::floor(intervals + 1e-6));
    for (std::size_t k = 0; k <= count; ++k) {
        values.push_back(analysis.start * std::pow(base, static_cast<double>(k) / analysis.points));
    }
    return values;
}

} // namespace ohmloom
