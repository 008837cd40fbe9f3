#pragma once

#include <string>
#include <vector>

namespace ohmloom::benchmarks {

/// What a program used, and what it said.
struct ProcessUse {
    int status = 0;      ///< exit status; 128 + number of the signal that ended it
    double wall_s = 0.0; ///< from start to end, loading included
    double cpu_s = 0.0;  ///< of all its threads
    std::string output;  ///< standard output
};

/// Runs a program (looked up in PATH) with its arguments and waits for its end.
/// @throws BackendError if it cannot be started.
ProcessUse run_measured(const std::vector<std::string>& command);

/// Most memory the calling program ever had in RAM [bytes]. Asked from within, because what wait4() reports of a child
/// includes what its parent had when it was started.
double peak_memory();

/// Path of the running program.
std::string own_path();

} // namespace ohmloom::benchmarks
