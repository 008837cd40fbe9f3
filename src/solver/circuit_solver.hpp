#pragma once

#include "circuit/spice_deck.hpp"
#include "solver/circuit_transient_options.hpp"
#include "solver/waveforms.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ohmloom {

/// How close is close enough for Newton, and what stands in parallel with every junction.
struct CircuitSolveOptions {
    double relative = 1e-9; ///< of a voltage or current between two steps
    double voltage = 1e-12; ///< [V] that does not matter
    double current = 1e-12; ///< [A] that does not matter
    double gmin = 1e-12;    ///< [S] across every junction, as in SPICE
    int max_iterations = 200;
};

/// One device at its operating point.
struct DeviceReport {
    struct Value {
        std::string name, unit;
        double value = 0.0;
    };
    std::string name; ///< as in flatten()
    std::vector<Value> values;
    std::string region; ///< of a transistor or switch: "off", "linear", "saturated", "on"; else ""
};

class NodalSystem;

/// Operating points, DC sweeps, small-signal responses and transients of any circuit: modified nodal analysis on KLU.
///
/// Unknowns are the node voltages and the currents of voltage sources, inductors and controlled voltage sources.
/// Newton on the linearised elements:
///
///     linearise at the voltages, junctions limited -> J x_new = b -> done if x_new is x within the tolerances
///
/// If that does not converge, a conductance from every node to ground is stepped down to none (gmin stepping); if
/// that does not, all sources are stepped up from nothing. The pattern is analysed once for all steps, points and
/// frequencies.
/// Transients: TR-BDF2 with control of the local error, on charges; see time_step.hpp and circuit_transient.hpp.
/// Limits: 27 degrees Celsius. Gate charges are Meyer's, counted on from step to step, as in SPICE: their sum over the
/// terminals is 0 at any time, but over a cycle of voltages a little charge may be left on the gate.
class CircuitSolver {
public:
    /// @throws InputError if an element refers to nothing or a parameter is out of range.
    explicit CircuitSolver(const Circuit& circuit, const CircuitSolveOptions& options = {});
    ~CircuitSolver();
    CircuitSolver(CircuitSolver&&) noexcept;
    CircuitSolver& operator=(CircuitSolver&&) noexcept;

    [[nodiscard]] Waveforms operating_point();
    /// @throws InputError if a swept source is none of the circuit's.
    [[nodiscard]] Waveforms sweep(const DcAnalysis& analysis);
    [[nodiscard]] Waveforms small_signal(const AcAnalysis& analysis);

    /// The response in time; see circuit_transient.hpp. Afterwards the operating point found last is still there.
    /// @throws InputError if the analysis or an option is out of range.
    [[nodiscard]] Waveforms transient(const TransientAnalysis& analysis,
                                      const CircuitTransientOptions& options = {});

    /// The devices at the operating point found last.
    [[nodiscard]] std::vector<DeviceReport> report() const;

private:
    std::unique_ptr<NodalSystem> system_;
};

/// Values that a sweep takes.
std::vector<double> sweep_values(const SourceSweep& sweep);

/// Frequencies of an AC analysis. [Hz]
std::vector<double> frequencies(const AcAnalysis& analysis);

} // namespace ohmloom
