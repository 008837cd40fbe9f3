#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

/// How a job given to ngspice ended.
enum class NgspiceEnd {
    finished,  ///< all was tried; a point or an analysis may still have no solution
    refused,   ///< ngspice does not accept the deck or a command, or does not know an input or output
    stopped,   ///< ngspice ended itself
    crashed,   ///< its process died
    timed_out, ///< one analysis took longer than allowed, or gave more values than may be kept
};

/// What is to be said of a job. Whatever becomes of ngspice is found here, never in an exception.
struct NgspiceReport {
    NgspiceEnd end = NgspiceEnd::finished;
    std::string problem; ///< in one line, with the telling lines of the log; "" if finished
    std::string log;     ///< what ngspice said, shortened in the middle if long
};

/// What a job may take. ngspice is then ended; what it gave until then is kept.
struct NgspiceLimits {
    double time = 3600.0;                      ///< [s] for loading the deck and for each analysis, of waiting
    std::size_t values = std::size_t{1} << 27; ///< numbers kept of one job, 1 GiB
};

/// Operating points wanted of one deck.
struct NgspiceJob {
    std::string deck;                 ///< SPICE text, title line first, `.end` last; no analysis cards needed
    std::vector<std::string> inputs;  ///< names of V or I sources whose DC value changes from point to point
    Matrix<double> input_values;      ///< [points x inputs] [V or A]
    std::vector<std::string> outputs; ///< node names for voltages, "i(name)" for branch currents of sources
    NgspiceLimits limits{};
};

/// What ngspice answers.
struct [[nodiscard]] NgspiceAnswer {
    Matrix<double> values;       ///< [points x outputs] [V or A]; NaN where there is no solution
    std::vector<bool> converged; ///< [points]
    std::vector<int> iterations; ///< [points] Newton iterations of ngspice, its own fallbacks included
    NgspiceReport report;
};

/// Solves the operating points of a deck with the ngspice shared library: the deck is loaded once, then its
/// sources are altered for each point.
///
/// The library is one global state and may exit, crash or hang, so it lives in a process of its own (the program
/// ohmloom-ngspice, beside the running one). Threads may ask at once: each gets a process, and processes are used again.
/// A process that died, or had to be ended, concerns its job alone. Start-up files of ngspice (spinit, .spiceinit) are
/// read as usual.
/// @throws InputError if the job's shapes do not fit; BackendError if ngspice or its program is not installed.
NgspiceAnswer solve_operating_points(const NgspiceJob& job);

/// Analyses wanted of one deck, as ngspice commands: "op", "dc v1 0 1 0.1", "ac dec 10 1 1meg", "tran 1n 1u".
struct NgspiceAnalyses {
    std::string deck; ///< SPICE text, title line first, `.end` last, without analysis cards
    std::vector<std::string> commands;
    NgspiceLimits limits{};
};

/// All vectors of one analysis.
struct NgspiceVectors {
    std::vector<std::string> names; ///< as ngspice has them: "out", "v1#branch", "time"
    std::size_t axis = 0;           ///< place of the axis among them, if `has_axis`
    bool has_axis = false;
    Matrix<double> values;    ///< [points x names]
    Matrix<double> imaginary; ///< [points x names] of an AC analysis; else empty
    bool completed = false;   ///< false: it ended too early; the points are those until then
    int iterations = 0;       ///< Newton iterations
};

/// What ngspice answers to a list of analyses.
struct [[nodiscard]] NgspiceRun {
    std::vector<NgspiceVectors> analyses; ///< one per command; those not come to are empty
    NgspiceReport report;
};

/// Runs analyses of a deck, one after another, and gives all their vectors. As solve_operating_points() otherwise.
/// @throws BackendError if ngspice or its program is not installed.
NgspiceRun run_analyses(const NgspiceAnalyses& job);

/// The `.options` card that brings ngspice's operating points to the last digits.
///
/// Newton converges quadratically: a last step below these tolerances leaves an error near rounding. Tighter
/// ones would only ask for less than the rounding of a voltage over a small wire resistance. gmin is left
/// alone: it reaches semiconductor junctions, of which an array has none, and ngspice's fallback steps it
/// down to zero.
std::string precise_options_card(int max_iterations);

/// Writes deck and log of a job as NUMBER.cir and NUMBER.log to a folder that is made for this process among the
/// temporary files of the system, and gives the deck's path; the 100th and later ones are not kept.
/// @returns "" if nothing was kept: too many, or no place to write to.
std::filesystem::path keep_deck_and_log(const std::string& deck, const std::string& log);

/// One line that says where keep_deck_and_log() put a failed job: " (deck and log: …)"; "" if nowhere.
std::string kept_as(const std::string& deck, const std::string& log);

/// What is installed of ngspice.
struct NgspiceAbout {
    std::string version; ///< as "39"
    bool xspice = false; ///< event-driven and code models
    bool cider = false;  ///< numerical devices
    bool openmp = false;
    bool osdi = false; ///< compiled Verilog-A models
    bool klu = false;  ///< the KLU matrix package beside its own
};

/// Asks the installed ngspice what it is and can do. @throws BackendError if it is not installed or does not start.
NgspiceAbout about_ngspice();

/// Path of the program that ngspice runs in, whether or not it is there.
std::filesystem::path ngspice_program();

} // namespace ohmloom
