#pragma once

#include "base/matrix.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// Operating points wanted of one deck: plain values in, plain values out, so that the job can just as well
/// be done in another process.
struct NgspiceJob {
    std::string deck;                 ///< SPICE text, title line first, `.end` last; no analysis cards needed
    std::vector<std::string> inputs;  ///< names of V or I sources whose DC value changes from point to point
    Matrix<double> input_values;      ///< [points x inputs] [V or A]
    std::vector<std::string> outputs; ///< node names for voltages, "i(name)" for branch currents of sources
};

/// What ngspice answers.
struct [[nodiscard]] NgspiceAnswer {
    Matrix<double> values;       ///< [points x outputs] [V or A]; NaN where a point did not converge
    std::vector<bool> converged; ///< [points]
    std::vector<int> iterations; ///< [points] Newton iterations of ngspice, its own fallbacks included
    std::string log;             ///< what ngspice said, shortened in the middle if long
};

/// Solves the operating points of a deck with the ngspice shared library: the deck is loaded once, then its
/// sources are altered for each point.
///
/// The library is one global state: calls from several threads wait for each other. It is loaded when first
/// needed, and loaded afresh after it gave up on a deck (it then asks its host to exit, which never happens
/// here). A crash or a hang of ngspice is not contained. Start-up files of ngspice (spinit, .spiceinit) are
/// read as usual.
/// @throws InputError if the job's shapes do not fit; BackendError if ngspice is not installed, does not
/// accept the deck, stops itself, or does not know an input or output, with the telling lines of its log.
NgspiceAnswer solve_operating_points(const NgspiceJob& job);

} // namespace ohmloom
