#pragma once

#include "devicemodels/table/table_cell.hpp"

#include <filesystem>

namespace ohmloom {

/// Reads the currents of a device over voltage and state.
///
/// CSV: a line of headings, then one line per voltage: the voltage in V and the current of each state in A, separated by
/// commas; empty lines and lines that begin with # are passed over. HDF5 (any other name): `/v` [knots] V and
/// `/i` [states x knots] A, or a file of tables (src/lut/README.md) with one of kind `iv`.
/// @throws FileError if the file cannot be read; InputError, with file and line of a CSV, for what is no number, a line
/// of another length or a table that is no passive cell.
CurrentTable read_current_table(const std::filesystem::path& file);

} // namespace ohmloom
