#pragma once

#include "inference/tile_table.hpp"
#include "lut/lut.hpp"
#include "surrogate/surrogate_fit.hpp"

#include <string>

namespace ohmloom {

/// A tile's table as a file keeps it (kinds `tile` and `tile_map`, src/lut/README.md). The caller names it and says how far it is from its circuit.
Lut lut_of(const TileTable& table, const std::string& fingerprint);

/// The table that a file keeps. @throws InputError naming table and part if its arrays do not fit each other.
TileTable tile_table_of(const Lut& lut);

/// All tile tables of a file; tables of other kinds are passed over.
/// @throws FileError; InputError if there are none.
TileTables read_tile_tables(const std::filesystem::path& file);

} // namespace ohmloom
