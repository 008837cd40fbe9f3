#pragma once

#include "base/matrix.hpp"
#include "circuit/circuit.hpp"
#include "circuit/spice_writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// A quantity that a deck measures.
struct DeckOutput {
    std::string name;   ///< of its measure: "o_3"
    std::string signal; ///< "v(o_3)" or "i(vcol_3)"
    std::string unit;   ///< "V", "A" or "W"
};

/// A circuit to be simulated for one image, as one point of a DC analysis, or for a stream of images, as a transient.
///
/// In a stream image k is there from k·T to (k + 1)·T; inputs go to its values within the first hundredth of T, and it is
/// measured a hundredth before its end.
struct Deck {
    std::string title;
    std::vector<std::string> provenance; ///< one comment line each
    std::vector<std::string> includes;   ///< files beside the deck
    Matrix<double> v;                    ///< [images x inputs] [V] of sources vin_k from in_k to ground
    Circuit circuit;                     ///< everything else
    std::vector<DeckOutput> outputs;
    Matrix<double> expected;   ///< [images x outputs] native answer; empty: not known
    double sample_time = 1e-9; ///< [s] T

    [[nodiscard]] bool is_stream() const { return v.rows() > 1; }
};

/// One `.measure` card.
struct DeckMeasure {
    std::string name;     ///< "o_3"; of image 2 of a stream "o_3_2"; "settle_3", "p_mean"
    std::string analysis; ///< "dc" or "tran"
    std::string signal, unit;
    std::optional<double> at;      ///< [s] where in a transient the signal is read
    std::optional<double> value{}; ///< native answer, if there is one
    std::string card;              ///< behind the name
};

/// The measures of a deck: every output for every image; of a stream also the mean power and, where the native answer is
/// known, how long after the beginning of its sample each output of the last image first comes within 1 % of its step.
std::vector<DeckMeasure> measures_of(const Deck& deck);

/// Writes a deck in the writer's dialect. @throws InputError if a line would hold a line break; FileError.
void write_deck(SpiceWriter& writer, const Deck& deck);

} // namespace ohmloom
