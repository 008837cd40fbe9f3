#include "verbs.hpp"

namespace {

using namespace ohmloom;

void add_verbs(cli::CommandLine& line) {
    cli::add_run_verb(line);
    cli::add_sweep_verb(line);
    cli::add_merge_verb(line);
    cli::add_compare_verb(line);
    cli::add_report_verb(line);
    cli::add_solve_verb(line);
    cli::add_transient_verb(line);
    cli::add_write_verb(line);
    cli::add_netlist_verb(line);
    cli::add_spice_verb(line);
    cli::add_data_verb(line);
    cli::add_device_verb(line);
    cli::add_adc_verb(line);
    cli::add_charge_verb(line);
    cli::add_lut_verb(line);
    cli::add_resistance_sum_verb(line);
    cli::add_train_verb(line);
    cli::add_doctor_verb(line);
}

} // namespace

int main(int argc, char** argv) {
    return cli::run_program(argc, argv, add_verbs);
}
