#pragma once

#include "circuit/spice_deck.hpp"
#include "solver/circuit_solver.hpp"
#include "solver/device_equations.hpp"
#include "solver/klu_matrix.hpp"
#include "solver/nodal_stamps.hpp"
#include "solver/stimulus.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ohmloom {

/// Voltages gate to source, drain and bulk of a transistor, with the capacitances and charges there.
struct GateCharges {
    std::array<double, 3> v{}, c{}, q{}; ///< [V], [F], [C]
};

/// What a device needs between Newton steps: its voltages as limited, or whether it is on.
struct ElementState {
    std::array<double, 3> v{};
    bool is_on = false;
    bool is_fresh = true;              ///< not linearised yet: starts from voltages of its own
    GateCharges gate_before{}, gate{}; ///< at the last solution in time, and where it was linearised last
};

/// An element with its unknowns and laws worked out.
struct FlatElement {
    const Element* element = nullptr;
    Index branch = no_unknown;                 ///< current, if it has one
    Index control = no_unknown;                ///< controlling current, if it has one
    Index inner_a = no_unknown;                ///< inner anode, or inner drain
    Index inner_b = no_unknown;                ///< inner source
    std::size_t law = 0;                       ///< of a diode, transistor or switch, among those of its kind
    std::size_t state = 0;                     ///< of a diode, transistor or switch
    std::vector<std::array<Index, 2>> signals; ///< unknowns of a formula's voltages and currents
};

/// What a circuit is driven with while it is linearised.
struct CircuitDrive {
    double source_factor = 1.0;
    double node_gmin = 0.0;       ///< [S] from every node to ground
    std::optional<double> time{}; ///< [s] of the sources' waveforms; none: their DC values
    bool holds_initial = false;   ///< nodes with an initial voltage are kept there
    bool moves = false;           ///< in a transient: gate charges are counted from the last solution in time
};

struct NewtonResult {
    bool converged = false;
    int iterations = 0;
};

/// A flat circuit as equations, d(C·x + q)/dt + G·x = b around any x, and the point it is at.
///
/// Elements that are the same at every x are stamped once (`constant`), the others at every linearisation (`changing`).
/// What all analyses share: unknowns, states of devices, Newton at rest, names of signals.
class NodalSystem {
public:
    /// @throws InputError as CircuitSolver.
    NodalSystem(const Circuit& circuit, const CircuitSolveOptions& options);
    NodalSystem(const NodalSystem&) = delete;
    NodalSystem& operator=(const NodalSystem&) = delete;

    [[nodiscard]] const Circuit& circuit() const { return circuit_; }
    [[nodiscard]] const CircuitSolveOptions& options() const { return options_; }
    [[nodiscard]] std::span<const FlatElement> elements() const { return elements_; }
    [[nodiscard]] Index nodes() const { return nodes_; }       ///< the first unknowns: their voltages
    [[nodiscard]] Index unknowns() const { return unknowns_; } ///< then currents and inner nodes
    [[nodiscard]] bool is_current(Index unknown) const {
        return is_current_[static_cast<std::size_t>(unknown)];
    }
    /// Whether an unknown is the current of an inductor.
    [[nodiscard]] bool has_flux(Index unknown) const { return has_flux_[static_cast<std::size_t>(unknown)]; }
    [[nodiscard]] const DiodeLaw& diode(const FlatElement& flat) const { return diodes_[flat.law]; }
    [[nodiscard]] const MosLaw& mos(const FlatElement& flat) const { return transistors_[flat.law]; }
    [[nodiscard]] bool has_switches() const { return !switches_.empty(); }
    [[nodiscard]] const SwitchLaw& switch_of(const FlatElement& flat) const { return switches_[flat.law]; }

    /// What people see: every node's voltage and every branch current.
    [[nodiscard]] std::span<const std::string> signals() const { return signals_; }
    [[nodiscard]] std::span<const Index> signal_unknowns() const { return signal_unknowns_; }
    /// "node out" or "the current of v1", for messages.
    [[nodiscard]] std::string describe(Index unknown) const;

    /// Where the circuit is.
    std::vector<double> x;
    std::vector<ElementState> states;
    /// Forgets it: the next operating point starts from nothing.
    void forget();

    /// Replaces the DC value of a source (nothing: its own) and returns what replaced it before.
    /// @throws InputError if there is no such source.
    std::optional<double> set_source(const std::string& name, std::optional<double> value);

    /// Completes the sources' waveforms for an analysis in time, and gives them.
    std::span<const TimedSource> time_sources(const StimulusDefaults& defaults);

    /// Linearises everything at `at`; true if a device was not taken at `at` itself, so that it cannot be the
    /// solution.
    bool linearise(std::span<const double> at, const CircuitDrive& drive);
    [[nodiscard]] const Stamps& constant() const { return constant_; }
    [[nodiscard]] const Stamps& changing() const { return changing_; }

    /// Newton at rest, from x and the states; both are where it got to.
    NewtonResult newton(const CircuitDrive& drive);
    /// Why the last call of newton() could not go on; "" if it just did not converge.
    [[nodiscard]] const std::string& failure() const { return failure_; }

    /// Waveforms of all signals without values, none of which has converged.
    [[nodiscard]] Waveforms make_waveforms(std::string analysis, std::string axis, std::string unit,
                                           std::vector<double> values) const;

private:
    void place_elements();
    void place_signals();
    void make_matrix();
    void name_signals();
    [[nodiscard]] bool is_close(const std::vector<double>& next) const;
    [[nodiscard]] double source_value(std::size_t number, double dc, const CircuitDrive& drive) const;

    // Stamping, in nodal_elements.cpp; true if the element was not taken at x itself.
    void stamp_constant();
    bool stamp_changing(std::span<const double> at, const CircuitDrive& drive);
    bool stamp_device(const Diode& diode, const FlatElement& flat, std::span<const double> at);
    bool stamp_device(const Mosfet& mosfet, const FlatElement& flat, std::span<const double> at, bool moves);
    bool stamp_device(const Switch& sw, const FlatElement& flat, std::span<const double> at, bool moves);
    void stamp_formula(const BehaviouralSource& source, const FlatElement& flat, std::span<const double> at,
                       const CircuitDrive& drive);
    void stamp_channel(Index high, Index low, const FlatElement& flat, Index g, Index b,
                       const ChannelPoint& channel);
    void stamp_junction(Index anode, Index cathode, double type, const JunctionLaw& law, double v);
    void stamp_nonlinear(Index a, Index b, double v, double current, double slope);
    void stamp_gate(const std::array<std::array<Index, 2>, 3>& places, double type,
                    const std::array<double, 3>& overlaps, ElementState& state, bool moves);

    Circuit circuit_; ///< without subcircuits; elements_ point into it
    CircuitSolveOptions options_;
    Index nodes_;
    Index unknowns_;
    std::vector<bool> is_current_, has_flux_;
    std::vector<FlatElement> elements_;
    std::vector<std::size_t> sources_, changing_elements_; ///< places among elements_
    std::vector<DiodeLaw> diodes_;
    std::vector<MosLaw> transistors_;
    std::vector<SwitchLaw> switches_;
    std::size_t state_count_ = 0;
    std::vector<TimedSource> timed_; ///< of sources_; empty before the first analysis in time
    std::unordered_map<const Element*, double> swept_;
    Stamps constant_, changing_;
    std::optional<KluMatrix> matrix_;
    std::vector<double> constant_values_; ///< of the matrix
    std::vector<std::size_t> slots_;      ///< of the changing stamps, in their order
    std::vector<std::size_t> diagonal_;   ///< of the nodes
    std::vector<std::string> signals_;
    std::vector<Index> signal_unknowns_;
    std::string failure_;
};

} // namespace ohmloom
