#pragma once

#include "inference/mixed_readout.hpp"

namespace ohmloom {

class TomlTable;

/// Reads `[digital]` of a study into the digital part of a read-out; see README for the keys. The output is one bit wider than
/// the unit's input unless it says otherwise; `readout` must have its converters and their calibration.
/// @throws InputError naming file, line and key.
void read_digital(const TomlTable& digital, MixedReadout& readout);

} // namespace ohmloom
