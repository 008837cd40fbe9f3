#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ohmloom {

/// Checks that a file is there and may be read, so that every reader refuses one that is not in the same words.
/// @param kind what is expected there, such as "an HDF5 file"
/// @throws FileError if there is no such file, if it is a folder, or if it may not be read.
void require_readable(const std::filesystem::path& file, std::string_view kind);

/// A file's bytes. What a missing file means is the caller's: it is empty here, see require_readable().
std::string read_text_file(const std::filesystem::path& file);

} // namespace ohmloom
