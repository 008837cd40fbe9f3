#pragma once

#include <filesystem>
#include <string>

namespace ohmloom {

/// Where a program of that name lies if it is in the folder of the running one, where the build puts all of ours; it may not be there.
std::filesystem::path program_beside(const std::string& name);

} // namespace ohmloom
