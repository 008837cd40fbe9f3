#pragma once

#include "readout/neuron.hpp"
#include "readout/readout_stage.hpp"

#include <filesystem>

namespace ohmloom {

class TomlTable;

/// The stages of a `[readout]` table: their kind and what belongs to it, but for the gain of each layer and the seed.
/// @throws InputError naming file, line and key.
ReadoutStage read_stage(const TomlTable& readout);

/// The neuron of a `[readout]` table; a curve's file is relative to `folder`.
/// @throws InputError naming file, line and key; FileError if a curve cannot be read.
Neuron read_neuron(const TomlTable& readout, const std::filesystem::path& folder);

} // namespace ohmloom
