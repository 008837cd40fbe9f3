#pragma once

#include "inference/layer_arrays.hpp"
#include "mapping/plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

class TomlTable;

/// The cells that a study's networks are built of.
struct StudyDevice {
    std::string name;         ///< label of the results
    ConductanceWindow window; ///< that weights are laid into
    DeviceUse use;            ///< without a model: ohmic cells that have exactly what is asked
};

/// Reads `[device]`, or every `[[device]]` of a study; see README for the keys. Card files are relative to `folder`.
/// @throws InputError naming file, line and key.
std::vector<StudyDevice> read_devices(const TomlTable& root, const std::filesystem::path& folder,
                                      std::uint64_t seed);

} // namespace ohmloom
