#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

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
    std::string command{}; ///< as it was typed, for the provenance of files
};

/// Check of an option: a whole number of at least `least`.
CLI::Validator at_least(long least);

/// Check of an option: a number above 0 and below 1.
CLI::Validator fraction();

/// Check of an option: a number above 0.
CLI::Validator positive();

/// The command that gets a known data set.
std::string command_that_gets(const std::string& data_set);

void add_adc_verb(CommandLine& line);
void add_charge_verb(CommandLine& line);
void add_compare_verb(CommandLine& line);
void add_data_verb(CommandLine& line);
void add_device_verb(CommandLine& line);
void add_doctor_verb(CommandLine& line);
void add_lut_verb(CommandLine& line);
void add_netlist_verb(CommandLine& line);
void add_report_verb(CommandLine& line);
void add_resistance_sum_verb(CommandLine& line);
void add_run_verb(CommandLine& line);
void add_solve_verb(CommandLine& line);
void add_spice_verb(CommandLine& line);
void add_merge_verb(CommandLine& line);
void add_sweep_verb(CommandLine& line);
void add_train_verb(CommandLine& line);
void add_transient_verb(CommandLine& line);
void add_write_verb(CommandLine& line);

} // namespace ohmloom::cli
