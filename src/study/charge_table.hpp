#pragma once

#include "inference/charge_tiles.hpp"

#include <cstdint>
#include <optional>

namespace ohmloom {

class TomlTable;

/// The `[charge]` table of a study whose `[array]` has kind = "charge"; none for another one. Its keys are those of `ohmloom charge`, with an
/// underscore for a dash. Refuses what such arrays do not have: wires, devices, read-out stages, an engine, converters' own sampling capacitors.
/// @throws InputError naming file, line and key.
std::optional<ChargeTiles> read_charge(const TomlTable& root, const TomlTable& array, std::uint64_t seed);

} // namespace ohmloom
