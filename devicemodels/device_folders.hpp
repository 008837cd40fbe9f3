#pragma once

#include "devicemodels/device_model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// A folder of devicemodels/ and the kinds of device it defines, by its function `<folder>_kinds()`.
struct DeviceFolder {
    std::string name;
    std::vector<DeviceKind> (*kinds)();
};

/// A card that is built into the program.
struct BuiltInCard {
    std::string name;      ///< "pcm/aihwkit"
    std::string file;      ///< "devicemodels/pcm/aihwkit.toml", for messages
    std::string_view text; ///< what stands in it
};

/// Both lists are written by CMake from what is in the folders (tools/cmake/OhmloomDevices.cmake).
std::vector<DeviceFolder> device_folders();
std::vector<BuiltInCard> built_in_cards();

} // namespace ohmloom
