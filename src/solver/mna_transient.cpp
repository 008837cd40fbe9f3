#include "solver/mna_transient.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "circuit/array_netlist.hpp"
#include "solver/circuit_solver.hpp"
#include "solver/transient_drive.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// A terminal of the array: its source, and how its current is counted.
struct Terminal {
    std::string source;
    VoltageCurve v; ///< [s], [V] times rising
    double sign = 1.0;
    std::size_t current = 0, charge = 0; ///< places among the waveforms' signals
};

/// A capacitor to ground, whose charge the terminals brought.
struct Stored {
    double capacitance = 0.0;
    std::string signal;
    double initial = 0.0; ///< [V]
};

/// One run as a circuit in time.
class CircuitRun {
public:
    CircuitRun(const Crossbar& crossbar, const TransientDrive& drive, const TransientOptions& options,
               Index k, TransientSolution& solution)
        : crossbar_(crossbar), drive_(drive), options_(options), k_(k), solution_(solution),
          stop_(options.times.back() > 0.0 ? options.times.back() : shortest_stop),
          v_largest_(std::max(largest_potentials(drive)[at(k)], smallest_potential)) {}

    void run() {
        make_scale();
        make_times();
        const ArrayNetlist netlist = expand();
        make_terminals(netlist);
        const Circuit circuit = in_time(netlist);
        CircuitTransientOptions exactness;
        exactness.relative = std::min(options_.tolerance, 0.1);
        exactness.voltage = 1e-3 * options_.tolerance * v_largest_;
        exactness.current = 1e-3 * options_.tolerance * i_scale_;
        exactness.max_steps = options_.max_steps;
        waveforms_ =
            CircuitSolver(circuit).transient({.step = stop_, .stop = stop_, .from_initial = true}, exactness);
        place_signals();
        for (std::size_t i = 0; i < options_.times.size(); ++i) record(i);
        measure();
        solution_.status[at(k_)] =
            waveforms_.all_converged() ? SolveStatus::converged : SolveStatus::not_converged;
    }
    [[nodiscard]] TransientWork work() const { return waveforms_.work.value_or(TransientWork{}); }

private:
    static constexpr double shortest_stop = 1e-15, smallest_potential = 1e-9, smallest_current = 1e-15;
    static constexpr double jump_share = 1e-9; ///< of the run

    /// The largest line current at the largest potentials that the rows take.
    void make_scale() {
        Matrix<double> heights(1, crossbar_.rows());
        for (Index r = 0; r < heights.cols(); ++r) {
            double largest = 0.0;
            for (const double v : row_curve(r).v) largest = std::max(largest, std::abs(v));
            heights(0, r) = largest * drive_.v_row(k_, r);
        }
        const ArraySolution most = solve_array(crossbar_, {heights, drive_.v_col}, {.tolerance = 1e-6});
        i_scale_ = smallest_current;
        for (const auto* currents : {&most.i_col, &most.i_row}) {
            for (const double i : currents->values()) i_scale_ = std::max(i_scale_, std::abs(i));
        }
    }

    [[nodiscard]] const VoltageCurve& row_curve(Index r) const {
        return drive_.curves[at(drive_.curve.empty() ? 0 : drive_.curve(k_, r))];
    }

    /// All bends and instants, those that are meant to be the same once.
    void make_times() {
        std::set<double> all(options_.times.begin(), options_.times.end());
        for (const DriveEvent& event : events_of(drive_)) {
            if (event.time <= stop_) all.insert(event.time);
        }
        all.insert(0.0);
        all.insert(stop_);
        for (const double t : all) {
            if (times_.empty() || t - times_.back() > 4.0 * jump_share * stop_) times_.push_back(t);
        }
    }

    /// A terminal's potential: a factor times a curve, or the factor alone.
    [[nodiscard]] VoltageCurve potential(double factor, const VoltageCurve* curve) const {
        if (curve == nullptr) return {{0.0, stop_}, {factor, factor}};
        VoltageCurve v;
        const auto put = [&](double t, double value) {
            v.t.push_back(t);
            v.v.push_back(factor * value);
        };
        for (const double t : times_) {
            const double before = value_before(*curve, t), after = value_after(*curve, t);
            if (t > 0.0) put(t, before);
            if (t == 0.0) put(t, after); // the operating point before it stands in the capacitors
            if (t > 0.0 && before != after) put(t + jump_share * stop_, after);
        }
        return v;
    }

    /// The circuit with the potentials right before t = 0.
    [[nodiscard]] ArrayNetlist expand() const {
        ArrayNetlistOptions sources;
        const auto before = [&](const VoltageCurve& curve) { return value_before(curve, 0.0); };
        for (Index r = 0; r < crossbar_.rows(); ++r)
            sources.v_row.push_back(drive_.v_row(k_, r) * before(row_curve(r)));
        for (std::size_t l = 0; l < drive_.v_col.size(); ++l) {
            sources.v_col.push_back(drive_.v_col[l] * (drive_.col_curve.empty()
                                                           ? 1.0
                                                           : before(drive_.curves[at(drive_.col_curve[l])])));
        }
        return expand_array(crossbar_, sources);
    }

    void make_terminals(const ArrayNetlist& netlist) {
        for (Index r = 0; r < crossbar_.rows(); ++r)
            terminals_.push_back(
                {netlist.row_sources[at(r)], potential(drive_.v_row(k_, r), &row_curve(r)), -1.0});
        for (Index l = 0; l < crossbar_.lines(); ++l) {
            const double v = drive_.v_col.empty() ? 0.0 : drive_.v_col[at(l)];
            const VoltageCurve* curve =
                drive_.col_curve.empty() ? nullptr : &drive_.curves[at(drive_.col_curve[at(l)])];
            terminals_.push_back({netlist.sense_sources[at(l)], potential(v, curve), 1.0});
        }
    }

    /// The circuit with sources that move, charged capacitors, and one more for the charge of every source.
    [[nodiscard]] Circuit in_time(const ArrayNetlist& netlist) {
        const Circuit& still = netlist.circuit;
        std::vector<double> v(at(still.node_count()), 0.0);
        if (!options_.from_zero) {
            const Waveforms point = CircuitSolver(still).operating_point();
            std::map<std::string, double> values;
            for (std::size_t s = 0; s < point.signals.size(); ++s)
                values[point.signals[s]] = point.values(0, static_cast<Index>(s));
            for (Index n = 1; n < still.node_count(); ++n) v[at(n)] = values[signal(still, n)];
        }
        Circuit circuit;
        for (Index n = 1; n < still.node_count(); ++n)
            circuit.node(still.node_name(NodeId{static_cast<std::int32_t>(n)}));
        std::map<std::string, const Terminal*> of_source;
        std::set<std::int32_t> held{0};
        for (const Terminal& terminal : terminals_) {
            of_source[terminal.source] = &terminal;
            held.insert(index(std::get<VoltageSource>(still.find_element(terminal.source)->kind).plus));
        }
        for (const Element& element : still.elements()) {
            ElementKind kind = element.kind;
            if (auto* source = std::get_if<VoltageSource>(&kind);
                source != nullptr && of_source.contains(element.name)) {
                const VoltageCurve& curve = of_source[element.name]->v;
                source->dc = curve.v.front();
                source->stimulus.waveform.kind = WaveformKind::pwl;
                for (std::size_t i = 0; i < curve.t.size(); ++i) {
                    source->stimulus.waveform.arguments.push_back(curve.t[i]);
                    source->stimulus.waveform.arguments.push_back(curve.v[i]);
                }
            }
            if (auto* capacitor = std::get_if<Capacitor>(&kind)) {
                const std::int32_t a = index(capacitor->a), b = index(capacitor->b);
                if (held.contains(a) && held.contains(b)) continue;
                capacitor->initial = v[static_cast<std::size_t>(a)] - v[static_cast<std::size_t>(b)];
                for (const auto& [node, other] : {std::pair(a, b), std::pair(b, a)}) {
                    if (held.contains(other) && node != 0)
                        stored_.push_back(
                            {capacitor->capacitance, signal(still, node), v[static_cast<std::size_t>(node)]});
                }
            }
            circuit.add(element.name, std::move(kind));
        }
        const double c = i_scale_ * stop_ / v_largest_;
        for (const Terminal& terminal : terminals_) {
            const NodeId charge = circuit.node("charge_" + terminal.source);
            circuit.add("f_" + terminal.source,
                        CurrentAmplifier{NodeId{0}, charge, terminal.source, terminal.sign});
            circuit.add("c_" + terminal.source, Capacitor{charge, NodeId{0}, c, 0.0});
        }
        charge_capacitance_ = c;
        return circuit;
    }

    [[nodiscard]] static std::int32_t index(NodeId node) { return static_cast<std::int32_t>(node); }
    [[nodiscard]] static std::string signal(const Circuit& circuit, Index node) {
        return "v(" + circuit.node_name(NodeId{static_cast<std::int32_t>(node)}) + ")";
    }

    [[nodiscard]] std::size_t place(const std::string& signal) const {
        const auto found = std::ranges::find(waveforms_.signals, signal);
        OHMLOOM_ASSERT(found != waveforms_.signals.end());
        return static_cast<std::size_t>(found - waveforms_.signals.begin());
    }
    void place_signals() {
        for (Terminal& terminal : terminals_) {
            terminal.current = place("i(" + terminal.source + ")");
            terminal.charge = place("v(charge_" + terminal.source + ")");
        }
    }
    [[nodiscard]] double current(const Terminal& terminal, Index point) const {
        return terminal.sign * waveforms_.values(point, static_cast<Index>(terminal.current));
    }
    [[nodiscard]] double charge(const Terminal& terminal, Index point) const {
        return charge_capacitance_ * waveforms_.values(point, static_cast<Index>(terminal.charge));
    }

    void record(std::size_t instant) {
        const double t = options_.times[instant];
        const auto nearest =
            std::ranges::min_element(waveforms_.axis, {}, [&](double axis) { return std::abs(axis - t); });
        if (nearest == waveforms_.axis.end()) return;
        const Index point = nearest - waveforms_.axis.begin();
        for (Index r = 0; r < crossbar_.rows(); ++r) {
            solution_.i_row[instant](k_, r) = current(terminals_[at(r)], point);
            solution_.charge_row[instant](k_, r) = charge(terminals_[at(r)], point);
        }
        for (Index l = 0; l < crossbar_.lines(); ++l) {
            const Terminal& terminal = terminals_[at(crossbar_.rows() + l)];
            solution_.i_col[instant](k_, l) = current(terminal, point);
            solution_.charge_col[instant](k_, l) = charge(terminal, point);
        }
    }

    /// Settling, energy and the balance of charge, over all points.
    void measure() {
        double largest = 0.0;
        for (const double i : solution_.i_final.row(k_)) largest = std::max(largest, std::abs(i));
        const double within =
            options_.settled_current > 0.0 ? options_.settled_current : options_.settled_within * largest;
        const auto points = static_cast<Index>(waveforms_.axis.size());
        for (Index l = 0; l < crossbar_.lines(); ++l) {
            const Terminal& terminal = terminals_[at(crossbar_.rows() + l)];
            const auto off = [&](Index p) {
                return std::abs(current(terminal, p) - solution_.i_final(k_, l));
            };
            Index last = points - 1;
            while (last >= 0 && off(last) <= within) --last;
            double& settled = solution_.settled(k_, l);
            if (last < 0) {
                settled = 0.0;
            } else if (last + 1 == points) {
                settled = std::numeric_limits<double>::infinity();
            } else {
                const double share = (off(last) - within) / (off(last) - off(last + 1));
                settled = std::lerp(waveforms_.axis[at(last)], waveforms_.axis[at(last + 1)], share);
            }
        }
        double energy = 0.0, imbalance = 0.0;
        for (Index p = 0; p < points; ++p) {
            double brought = 0.0;
            for (const Terminal& terminal : terminals_) {
                // Rows deliver what columns take in.
                const double sign = -terminal.sign, q = charge(terminal, p);
                brought += sign * q;
                if (p == 0) continue;
                const double v = 0.5 * (voltage_at(terminal.v, waveforms_.axis[at(p)]) +
                                        voltage_at(terminal.v, waveforms_.axis[at(p - 1)]));
                energy += sign * v * (q - charge(terminal, p - 1));
            }
            for (const Stored& stored : stored_)
                brought -= stored.capacitance *
                           (waveforms_.values(p, static_cast<Index>(place(stored.signal))) - stored.initial);
            imbalance = std::max(imbalance, std::abs(brought));
        }
        solution_.energy[at(k_)] = energy;
        solution_.residual[at(k_)] = imbalance / (i_scale_ * stop_);
    }

    const Crossbar& crossbar_;
    const TransientDrive& drive_;
    const TransientOptions& options_;
    Index k_;
    TransientSolution& solution_;
    double stop_, v_largest_; ///< [s], [V]
    double i_scale_ = 0.0;    ///< [A]
    double charge_capacitance_ = 0.0;
    std::vector<double> times_;
    std::vector<Terminal> terminals_; ///< rows, then lines
    std::vector<Stored> stored_;
    Waveforms waveforms_;
};

} // namespace

void solve_transient_mna(TransientSolution& solution, const Crossbar& crossbar, const TransientDrive& drive,
                         const TransientOptions& options) {
    const Index batch = drive.v_row.rows();
    std::vector<TransientWork> work(at(batch));
    parallel_for(batch, [&](Index k) {
        CircuitRun run(crossbar, drive, options, k, solution);
        run.run();
        work[at(k)] = run.work();
    });
    for (Index k = 0; k < batch; ++k) {
        solution.steps = std::max(solution.steps, static_cast<int>(work[at(k)].steps));
        solution.rejected = std::max(solution.rejected, static_cast<int>(work[at(k)].rejected));
        solution.fallbacks.push_back(k);
    }
    solution.engine = Engine::mna;
}

} // namespace ohmloom
