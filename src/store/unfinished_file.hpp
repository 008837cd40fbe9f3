#pragma once

#include <filesystem>
#include <string_view>

namespace ohmloom {

/// A file under construction. It is written under a temporary name beside its target and takes the target's
/// name only in `commit()`, in one step, so that nobody ever finds half a file under that name. Whatever was
/// not committed is removed.
class UnfinishedFile {
public:
    /// Creates the empty temporary file.
    /// @throws FileError naming the target, if its folder does not exist or cannot be written, or if the
    ///         target is there and no regular file, which a rename would replace.
    explicit UnfinishedFile(std::filesystem::path target);
    ~UnfinishedFile();
    UnfinishedFile(UnfinishedFile&& other) noexcept;
    UnfinishedFile& operator=(UnfinishedFile&&) = delete;
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;

    [[nodiscard]] const std::filesystem::path& target() const { return target_; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; } ///< where to write meanwhile

    /// Brings the content to the disk and gives the file its name, replacing what was there. The writer must
    /// have closed it. @throws FileError naming the target.
    void commit();

private:
    std::filesystem::path target_;
    std::filesystem::path path_; ///< empty once committed
    int slot_;                   ///< where remove_unfinished_files() finds it
};

/// Writes a file of these bytes, complete or not at all. @throws FileError naming it.
void write_text_file(const std::filesystem::path& file, std::string_view text);

/// Checks, before long work whose result will go there, that a file can be written; leaves nothing behind.
/// @throws FileError as UnfinishedFile.
void require_writable(const std::filesystem::path& target);

/// Removes the temporary file of every UnfinishedFile of this process. For a signal handler that is about to end the process,
/// where no destructor runs: it does nothing that POSIX forbids there.
void remove_unfinished_files() noexcept;

} // namespace ohmloom
