#pragma once

#include "command_line.hpp"

#include <string>

namespace ohmloom::cli {

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
