#pragma once

#include <cstddef>
#include <filesystem>

namespace ohmloom {

/// Size [bytes] of the seal at the head of a file: a user block of HDF5, which readers of HDF5 pass over.
inline constexpr std::size_t seal_size = 512;

/// Writes the seal into the first 512 bytes of a file, which must be free for it: the line
/// "ohmloom-seal-1 sha256 <64 hexadecimal digits>" over all bytes behind them, filled up with line breaks.
/// @throws FileError
void seal_file(const std::filesystem::path& file);

/// Checks that a file begins with its seal and that no byte of it has changed since. So a damaged file is found before a
/// library parses it.
/// @throws FileError naming the file, if there is no seal or it does not agree.
void require_sealed(const std::filesystem::path& file);

} // namespace ohmloom
