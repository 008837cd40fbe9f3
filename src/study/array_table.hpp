#pragma once

#include "inference/tile_response.hpp"

#include <optional>
#include <string_view>

namespace ohmloom {

class TomlTable;

/// A number above 0. @throws InputError naming file, line and key.
double read_positive(const TomlTable& table, std::string_view key, double fallback, std::string_view unit);

/// The `[array]` table of a study but for the largest tile: wires, their capacitances, drivers, ends.
struct ArrayKeys {
    double r_row = 0.0, r_col = 0.0; ///< [Ohm] one segment
    double r_source = 0.0;           ///< [Ohm]
    TiedEnds row_ends = TiedEnds::first, col_ends = TiedEnds::last;
    double cell_area = 0.0; ///< [m²] of one device; 0 where wires are given by their resistance
    std::optional<ArrayCapacitance> given;    ///< what `array.capacitance` says, if it is there
    std::optional<ArrayCapacitance> geometry; ///< of wires that are given by their geometry
};

/// @throws InputError naming file, line and key.
ArrayKeys read_array_keys(const TomlTable& array);

} // namespace ohmloom
