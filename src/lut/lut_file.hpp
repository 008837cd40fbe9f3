#pragma once

#include "lut/lut.hpp"

#include <filesystem>

namespace ohmloom {

/// Most numbers that the arrays and axes of one file may hold together: 1 GiB.
inline constexpr Index max_lut_numbers = Index{1} << 27;

/// Writes tables as HDF5 (schema "ohmloom-lut-1", README.md of this folder), complete or not at all. Equal content gives equal
/// bytes; tables, arrays and errors come back in alphabetical order.
/// @throws InputError if the tables are not valid; FileError.
void write_luts(const std::filesystem::path& file, const LutFile& luts);

/// Reads tables, and checks everything: checksum, version, names, units, shapes, finite numbers, axes that increase. Memory stays
/// within the size of the file.
/// @throws FileError in one line naming file and data set.
LutFile read_luts(const std::filesystem::path& file);

/// Puts tables into the order in which a file holds them, so that what is written and read compares equal.
LutFile in_file_order(LutFile luts);

} // namespace ohmloom
