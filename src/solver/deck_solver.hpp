#pragma once

#include "circuit/spice_deck.hpp"
#include "solver/circuit_solver.hpp"
#include "solver/waveforms.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// What an engine makes of a deck: one entry per analysis.
struct DeckSolution {
    std::vector<Waveforms> analyses; ///< in the order of the deck
    std::vector<DeviceReport>
        devices; ///< at the operating point found last; empty if the engine does not tell
    [[nodiscard]] bool all_converged() const;
};

/// Runs the analyses of a deck with CircuitSolver. Of its options, `gmin` counts, in transients `reltol`, `vntol` and `abstol`
/// as the error of a step, and `temp` and `tnom` must be 27.
/// @param noise  of the resistors, in transients; none: they have no noise
/// @throws InputError if the deck has no analysis, or as CircuitSolver.
DeckSolution solve_deck_mna(const SpiceDeck& deck, const std::optional<ThermalNoise>& noise = {});

/// Runs the analyses of a deck with ngspice: static ones with tolerances for the last digits, transients as the deck's
/// options say. An analysis that ngspice refuses, does not finish within `time_limit` [s], or dies of, has the points until
/// then, none of them converged, and a message. @throws InputError if the deck has no analysis; BackendError if ngspice is
/// not installed.
DeckSolution solve_deck_ngspice(const SpiceDeck& deck, double time_limit = 3600.0);

/// Result of one measure; no value if what it looks for is not there.
struct MeasuredValue {
    std::string name;
    std::string analysis;
    std::optional<double> value;
    std::string unit;    ///< "V", "A", "s", "Hz", "dB", "rad" or a product such as "V*s"; "1" of a formula
    std::string problem; ///< why there is no value; "" if there is
};

/// Takes the measures of a deck from its waveforms: of the last analysis of each kind. Between points, signals are
/// straight lines.
std::vector<MeasuredValue> take_measures(const SpiceDeck& deck, const DeckSolution& solution);

/// The place where two engines differ most.
struct WaveformDifference {
    double relative =
        0.0; ///< difference over the larger value, or over 1e-6 of the largest value of its unit; in
             ///< transients, over the signal's full scale, or 1e-3 of the largest of its unit
    double absolute = 0.0; ///< [V or A] there
    std::string analysis;
    std::string signal;
    double axis = 0.0; ///< where on the axis
    std::string axis_unit;
    bool comparable = true; ///< false: other numbers of points or signals, or a point that did not converge
};

/// Compares analysis by analysis. Differences below the tolerances that both engines are given, 1e-11 V and 1e-14 A,
/// count as none. Transients are compared at the instants that the deck asks for, as straight lines between points.
std::vector<WaveformDifference> compare(const DeckSolution& first, const DeckSolution& second);

} // namespace ohmloom
