#pragma once

#include "circuit/spice_deck.hpp"
#include "circuit/spice_dialect.hpp"
#include "lut/lut.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// A file to be: its name and all of its text.
struct ExportedFile {
    std::string name;
    std::string text;
};

/// A Verilog-A module per array over axes, which looks itself up by `$table_model`, and its `.tbl` (Verilog-AMS LRM 2.4, 9.21). Axes in V or A
/// are ports, others parameters of the module. Beyond an axis that refuses it goes on straight, since simulators try such points on their way.
/// @throws InputError for axes of steps, which no control string of the standard has, or if there is nothing to export.
std::vector<ExportedFile> export_verilog_a(const Lut& table);

/// A subcircuit per array over one or two linear, step or node axes, with B sources alone, and a deck that sweeps it and that ngspice and
/// `ohmloom spice` run. See table_circuit().
/// @throws InputError if there is nothing to export.
std::vector<ExportedFile> export_spice(const Lut& table, SpiceDialect dialect = SpiceDialect::ngspice);

/// One CSV per array: a column per dimension and one of values, a line per number.
std::vector<ExportedFile> export_csv(const Lut& table);

/// `mem_states.csv` (header states,mean,std: a line per level, 2^bits of them, in S) of a table of kind levels, and `output_noise.csv` (header
/// output,mean,std: a line per ideal output code from 0 to 2^bits, in codes) of one of kind output_noise, as NeuroSim 1.5 reads them
/// (`--mem_states_file`; `--output_noise -1 --output_noise_file`).
/// @throws InputError if the file has neither, or levels are no power of two.
std::vector<ExportedFile> export_neurosim(const LutFile& luts);

/// An array of a table as a subcircuit: a port per axis, then `out`; a table of kind iv has the ports top, bottom and its state.
///
/// Voltages stand for arguments: 1 V for `port_unit` of the axis. The output is an ideal voltage source of value/port_unit; a current [A] goes
/// from top to bottom, or from ground into `out`. Beyond an axis that refuses it goes on straight.
struct TableCircuit {
    Subcircuit circuit;
    std::vector<double> port_units; ///< [unit of the axis per V] per axis; 1 for axes in V and A
    double output_unit = 1.0;       ///< [unit of the array per V]
};
TableCircuit table_circuit(const Lut& table, std::string_view array);

/// A deck around it: sources at the arguments, swept along the first axis (and the second, where there is one).
SpiceDeck table_deck(const Lut& table, std::string_view array);

} // namespace ohmloom
