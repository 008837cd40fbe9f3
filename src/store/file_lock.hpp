#pragma once

#include "base/errors.hpp"

#include <filesystem>
#include <string>

namespace ohmloom {

/// Another process holds the lock.
class HeldError : public InputError {
public:
    using InputError::InputError;
};

/// A lock that processes hold on a file, also on file systems that several machines share; it ends with the process, however that ends.
/// The file tells who holds it, for messages.
class FileLock {
public:
    enum class Kind {
        shared, ///< with others of this kind
        alone,
    };

    /// @throws HeldError at once if others hold it, naming them; FileError if the file cannot be made.
    FileLock(const std::filesystem::path& file, Kind kind);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int handle_;
};

/// "host node7, process 4711"
std::string this_process();

} // namespace ohmloom
