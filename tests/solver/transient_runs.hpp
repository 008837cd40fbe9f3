#pragma once

#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "solver/deck_solver.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

inline SpiceDeck transient_deck(const std::string& cards) {
    return parse_spice("title\n" + cards, "deck.cir");
}

inline Waveforms run_transient(const std::string& cards, const TransientAnalysis& analysis,
                               const CircuitTransientOptions& options = {}) {
    CircuitSolver solver(transient_deck(cards).circuit);
    Waveforms waveforms = solver.transient(analysis, options);
    CAPTURE(waveforms.message);
    CHECK(waveforms.all_converged());
    return waveforms;
}

inline std::vector<double> signal_of(const Waveforms& waveforms, const std::string& name) {
    const auto place = std::find(waveforms.signals.begin(), waveforms.signals.end(), name);
    REQUIRE(place != waveforms.signals.end());
    std::vector<double> values;
    for (Index p = 0; p < waveforms.values.rows(); ++p)
        values.push_back(waveforms.values(p, place - waveforms.signals.begin()));
    return values;
}

/// Largest distance of a signal from what it should be, over all points.
template <class Exact>
double largest_error(const Waveforms& waveforms, const std::string& name, Exact&& exact) {
    const std::vector<double> values = signal_of(waveforms, name);
    double largest = 0.0;
    for (std::size_t p = 0; p < values.size(); ++p)
        largest = std::max(largest, std::abs(values[p] - exact(waveforms.axis[p])));
    return largest;
}

/// mna against ngspice on the transients of a deck, in parts of full scale, and on all measures.
inline void check_transient_against_ngspice(const std::string& cards, double within = 1e-3) {
    const SpiceDeck deck = transient_deck(cards);
    const DeckSolution native = solve_deck_mna(deck), golden = solve_deck_ngspice(deck);
    for (const Waveforms& waveforms : native.analyses) {
        CAPTURE(waveforms.message);
        CHECK(waveforms.all_converged());
    }
    for (const WaveformDifference& difference : compare(native, golden)) {
        CAPTURE(difference.signal);
        CAPTURE(difference.axis);
        CAPTURE(difference.absolute);
        CHECK(difference.comparable);
        CHECK(difference.relative < within);
    }
    const std::vector<MeasuredValue> ours = take_measures(deck, native), theirs = take_measures(deck, golden);
    for (std::size_t k = 0; k < ours.size(); ++k) {
        CAPTURE(ours[k].name);
        CAPTURE(ours[k].problem);
        REQUIRE(ours[k].value.has_value());
        REQUIRE(theirs[k].value.has_value());
        CHECK(*ours[k].value == testing::approx(*theirs[k].value).epsilon(within));
    }
}

} // namespace ohmloom::testing
