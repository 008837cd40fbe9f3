#pragma once

#include "inference/mixed_readout.hpp"

#include <filesystem>
#include <optional>

namespace ohmloom {

class TomlTable;

/// Reads `[adc]`, `[dac]` and `[digital]` of a study: the read-out of a mixed-signal network, or none without `[adc]`. See README for the
/// keys. File names are relative to `folder`.
/// @throws InputError naming file, line and key, for `[dac]` or `[digital]` without `[adc]` too.
std::optional<MixedReadout> read_mixed(const TomlTable& study, const std::filesystem::path& folder,
                                       std::uint64_t seed);

} // namespace ohmloom
