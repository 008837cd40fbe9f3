#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// Exit status of the program, the same for every verb.
enum ExitStatus : int {
    exit_good = 0,
    exit_not_converged = 1, ///< a result did not converge, or a check failed
    exit_bad_input = 2,
};

/// The command line under construction. A verb adds its subcommand and, when the user chose it, puts its body
/// in `chosen`; the body returns an ExitStatus.
struct CommandLine {
    CLI::App& app;
    std::function<int()> chosen;
    std::vector<std::string> words{}; ///< that the user gave, the program's name left out
    std::string command{};            ///< as it was typed, for the provenance of files
};

/// Check of an option: a whole number of at least `least`.
CLI::Validator at_least(long least);

/// Check of an option: a number above 0 and below 1.
CLI::Validator fraction();

/// Check of an option: a number above 0.
CLI::Validator positive();

/// What a program of ours does: its verbs are added, the user's words decide which of them works, and what it throws becomes one line
/// on standard error. Returns the program's exit status.
int run_program(int argc, char** argv, void (*add_verbs)(CommandLine&));

} // namespace ohmloom::cli
