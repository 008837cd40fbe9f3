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

/// Analyses wanted of one deck, as ngspice commands: "op", "dc v1 0 1 0.1", "ac dec 10 1 1meg", "tran 1n 1u".
struct NgspiceAnalyses {
    std::string deck; ///< SPICE text, title line first, `.end` last, without analysis cards
    std::vector<std::string> commands;
};

/// All vectors of one analysis.
struct NgspiceVectors {
    std::vector<std::string> names; ///< as ngspice has them: "out", "v1#branch", "time"
    std::size_t axis = 0;           ///< place of the axis among them, if `has_axis`
    bool has_axis = false;
    Matrix<double> values;    ///< [points x names]
    Matrix<double> imaginary; ///< [points x names] 0 where a vector is real
    bool completed = false;   ///< false: ngspice gave up before the end; the points are those until then
    std::string log;          ///< what ngspice said meanwhile, shortened in the middle if long
};

/// Runs analyses of a deck, one after another, and gives all their vectors. As solve_operating_points() otherwise.
/// @throws BackendError if ngspice is not installed, does not accept the deck or a command, or stops itself.
std::vector<NgspiceVectors> run_analyses(const NgspiceAnalyses& job);

} // namespace ohmloom
